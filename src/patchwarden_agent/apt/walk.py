"""The program that asks apt's own library; the system's Python runs it, not the agent's.

python3-apt belongs to `/usr/bin/python3`, whatever version that is, so this file must stand alone:
no import of the agent, nothing newer than Python 3.7. `apt` hands its text to that Python with
apt's options as JSON in the first argument, and reads the JSON that it writes.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from typing import Any

# The status by which it says that there is no python3-apt.
ABSENT = 4
# python3-apt has no types that a checker could read.
AptModule = Any
AptPackage = Any
AptVersion = Any
AptDependency = Any
_PHASED = re.compile(r"^Phased-Update-Percentage:\s*(\d{1,3})\s*$", re.MULTILINE)


def main() -> None:
    """Walk apt's cache, and write what it holds."""
    options = json.loads(sys.argv[1])
    try:
        apt_pkg = importlib.import_module("apt_pkg")
    except ImportError:
        sys.exit(ABSENT)
    apt_pkg.init_config()
    for name, value in options:
        apt_pkg.config.set(name, value)
    apt_pkg.init_system()
    json.dump(Walk(apt_pkg).result(), sys.stdout)


class Walk:
    """apt's cache, and what dist-upgrade would do with it."""

    def __init__(self, apt_pkg: AptModule) -> None:
        self.apt_pkg = apt_pkg
        self.cache = apt_pkg.Cache(None)
        self.marks = apt_pkg.DepCache(self.cache)
        self.records = apt_pkg.PackageRecords(self.cache)
        self.origins: dict[int, int] = {}
        self.origin_fields: list[list[str]] = []

    def result(self) -> dict[str, Any]:
        """Give all candidates, and counts of the packages that are not installed.

        It is `{origins: [[archive, codename, label, origin, component, site], …],
        candidates: [{…}, …], not_installed: [[priority, section, [origin, …], count], …]}`,
        where an origin is a position in `origins`.
        """
        installed: list[tuple[AptPackage, AptVersion]] = []
        absent: dict[tuple[str, str, tuple[int, ...]], int] = {}
        for package in self.cache.packages:
            if not package.has_versions:
                continue
            candidate = self.marks.get_candidate_ver(package)
            if candidate is None:
                continue
            if package.current_ver:
                installed.append((package, candidate))
            else:
                # Not self.positions(): this is done for every package of the archive.
                lists = tuple([file.id for file, _ in candidate.file_list])
                key = (candidate.priority_str or "", candidate.section or "", lists)
                absent[key] = absent.get(key, 0) + 1
        # Not before: where it keeps a package back, it makes the installed version the candidate.
        self.marks.upgrade(True)  # noqa: FBT003 - it takes no keyword
        # In the order of the files: their lists are compressed, and going back costs the most.
        installed.sort(key=lambda pair: _place(pair[1]))
        self.note_origins()
        return {
            "candidates": [self.candidate(*pair) for pair in installed],
            "not_installed": [
                [
                    priority,
                    section,
                    sorted({self.origins[f] for f in lists if f in self.origins}),
                    n,
                ]
                for (priority, section, lists), n in absent.items()
            ],
            "origins": self.origin_fields,
        }

    def note_origins(self) -> None:
        """Number the package lists; dpkg's status file is none."""
        for file in self.cache.file_list:
            if not file.not_source:
                self.origins[file.id] = len(self.origin_fields)
                self.origin_fields.append(
                    [
                        file.archive or "",
                        file.codename or "",
                        file.label or "",
                        file.origin or "",
                        file.component or "",
                        file.site or "",
                    ]
                )

    def candidate(self, package: AptPackage, candidate: AptVersion) -> dict[str, Any]:
        """Give one candidate; its record is read only if it would replace the installed version."""
        found = {
            "name": package.name,
            "architecture": package.architecture,
            "version": candidate.ver_str,
            "origins": sorted(
                {
                    self.origins[file.id]
                    for file, _ in candidate.file_list
                    if file.id in self.origins
                }
            ),
            "priority": candidate.priority_str,
            "section": candidate.section,
        }
        if candidate != package.current_ver:
            found.update(self.record(package, candidate))
            if not (self.marks.marked_upgrade(package) or self.marks.marked_downgrade(package)):
                found["kept_back"] = self.why_kept_back(package, candidate)
        return found

    def record(self, package: AptPackage, candidate: AptVersion) -> dict[str, Any]:
        """Give what only the text of the package list has."""
        lists = [place for place in candidate.file_list if not place[0].not_source]
        if not lists or not self.records.lookup(lists[0]):
            return {}
        phased = _PHASED.search(self.records.record)
        return {
            # Empty where it is the same as the binary's.
            "source": self.records.source_pkg or package.name,
            "source_version": self.records.source_ver or candidate.ver_str,
            "phased_percentage": min(int(phased.group(1)), 100) if phased else None,
        }

    def why_kept_back(self, package: AptPackage, candidate: AptVersion) -> str:
        """Say why dist-upgrade would not take `candidate`."""
        if package.selected_state == self.apt_pkg.SELSTATE_HOLD:
            return "held"
        dependencies = candidate.depends_list
        for kind in ("PreDepends", "Depends"):
            for alternatives in dependencies.get(kind, []):
                targets = [version for each in alternatives for version in each.all_targets()]
                if any(self.will_be_installed(version) for version in targets):
                    continue
                needed = " | ".join(_dependency(each) for each in alternatives)
                return f"needs {needed}, which {self.why_not(targets)}"
        return "taking it would break or remove another package"

    def why_not(self, targets: list[AptVersion]) -> str:
        """Say why none of the versions that would do gets installed."""
        if not targets:
            return "no package list offers"
        if any(
            version.parent_pkg.selected_state == self.apt_pkg.SELSTATE_HOLD for version in targets
        ):
            return "is held"
        return "cannot be installed"

    def will_be_installed(self, version: AptVersion) -> bool:
        """Say whether `version` is there once dist-upgrade is done."""
        package = version.parent_pkg
        if self.marks.marked_delete(package):
            return False
        if self.marks.marked_install(package) or self.marks.marked_upgrade(package):
            return bool(self.marks.get_candidate_ver(package) == version)
        return bool(package.current_ver == version)


def _place(version: AptVersion) -> tuple[int, int]:
    return min(((file.id, offset) for file, offset in version.file_list), default=(-1, -1))


def _dependency(dependency: AptDependency) -> str:
    name = str(dependency.target_pkg.name)
    if not dependency.target_ver:
        return name
    return f"{name} ({dependency.comp_type_deb} {dependency.target_ver})"


if __name__ == "__main__":
    main()
