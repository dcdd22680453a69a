"""The program that asks dnf's own library; a Python that has it runs it, not the agent's.

python3-dnf belongs to the Python of the dnf command, whatever version that is, so this file must
stand alone: no import of the agent, nothing newer than Python 3.6. `library` hands its text to
that Python with its options as JSON in the first argument, and reads the JSON that it writes.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

# The status by which it says that there is no python3-dnf.
ABSENT = 4
EXCLUDED = "excluded in the configuration of the package manager"
LOCKED = "locked by versionlock"
_MAX_EXPLAINED = 50
# python3-dnf has no types that a checker could read.
Module = Any
Configuration = Any
Package = Any
Query = Any
Notice = Any


def main() -> None:
    """Walk the cached repositories, and write what they hold."""
    options = json.loads(sys.argv[1])
    try:
        dnf = importlib.import_module("dnf")
        hawkey = importlib.import_module("hawkey")
        for name in ("dnf.goal", "dnf.rpm", "dnf.selector", "dnf.subject", "dnf.yum.misc"):
            importlib.import_module(name)
    except ImportError:
        sys.exit(ABSENT)
    json.dump(Walk(dnf, hawkey, options).result(), sys.stdout)


class Walk:
    """dnf's view of a root, out of its cache alone."""

    def __init__(self, dnf: Module, hawkey: Module, options: "dict[str, Any]") -> None:
        self.dnf = dnf
        self.hawkey = hawkey
        self.base = dnf.Base(self.configuration(options))
        self.missing = self.load()
        self.sack = self.base.sack
        # Also what is excluded, but nothing of module streams that are not enabled.
        self.flags = getattr(hawkey, "IGNORE_REGULAR_EXCLUDES", hawkey.IGNORE_EXCLUDES)
        self.locked = self.lock(options["locks"])
        self.modules = self.module_streams()
        self.problem = ""

    def configuration(self, options: "dict[str, Any]") -> Configuration:
        """Read the configuration of the root, and let nothing be written outside of it."""
        root = Path(options["root"])
        # It would make a cache of its own for every user but root.
        self.dnf.yum.misc.getCacheDir = lambda *_, **__: options["scratch"]
        conf = self.dnf.conf.Conf()
        conf.installroot = str(root)
        # This is also where it looks for repositories, beside their own files.
        conf.config_file_path = str(root / "etc/dnf/dnf.conf")
        conf.read(conf.config_file_path)
        conf.installroot = str(root)
        conf.cachedir = str(root / "var/cache/dnf")
        conf.logdir = conf.persistdir = options["scratch"]
        conf.reposdir = [str(root / each) for each in options["repositories"]]
        conf.cacheonly = True
        conf.plugins = conf.debug_solver = conf.gpgkey_dns_verification = False
        # A package that cannot be updated must not keep all others back.
        conf.best = False
        substitutions = conf.substitutions
        if options["architecture"]:
            substitutions["arch"] = options["architecture"]
            substitutions["basearch"] = self.dnf.rpm.basearch(options["architecture"])
        release = self.dnf.rpm.detect_releasever(str(root))
        substitutions["releasever"] = release or options["release"]
        variables = tuple("/%s/" % each for each in options["variables"])
        substitutions.update_from_etc(str(root), varsdir=variables)
        return conf

    def load(self) -> "list[str]":
        """Load what is installed and the cached repositories; give the ids of those not cached."""
        self.base.read_all_repos()
        enabled = list(self.base.repos.iter_enabled())
        for repository in enabled:
            repository.skip_if_unavailable = True
        if hasattr(self.base, "fill_sack_from_repos_in_cache"):
            self.base.fill_sack_from_repos_in_cache()
        else:
            self.base.fill_sack()
        return sorted(repository.id for repository in enabled if not repository.enabled)

    def lock(self, patterns: "list[str]") -> Query:
        """Exclude what the locks of versionlock exclude, and give it."""
        locked = self.everything().filterm(empty=True)
        banned = self.everything().filterm(empty=True)
        for pattern in patterns:
            subject = self.dnf.subject.Subject(pattern.lstrip("!"))
            matching = subject.get_best_query(
                self.sack, with_nevra=True, with_provides=False, with_filenames=False
            )
            if pattern.startswith("!"):
                banned = banned.union(matching)
            else:
                locked = locked.union(matching)
        names = sorted({package.name for package in locked})
        others = self.everything().filterm(name=names).difference(locked) if names else banned
        excluded = others.union(banned)
        if excluded:
            self.sack.add_excludes(excluded)
        return excluded

    def everything(self) -> Query:
        """Give all packages, excluded ones too."""
        return self.sack.query(flags=self.flags)

    def module_streams(self) -> "dict[str, str]":
        """Give the stream of each package that an enabled module stream has."""
        container = getattr(self.base, "_moduleContainer", None)  # type: Any
        streams = {}
        for module in container.getModulePackages() if container else ():
            if container.isModuleActive(module):
                name = "%s:%s" % (module.getName(), module.getStream())
                for artifact in module.getArtifacts():
                    streams[artifact] = name
        return streams

    def result(self) -> "dict[str, Any]":
        """Give everything.

        It is `{repositories: [{id, directory}, …], missing: [id, …],
        offers: [{…}, …], advisories: [{…}, …], named: [[advisory, name, architecture, evr], …],
        not_installed: [[[advisory, …], [repository, …], count], …], problem: ""}`, where an
        advisory is its id.
        """
        installed = self.newest_installed()
        names = sorted({name for name, _ in installed})
        offers = [
            package
            for package in self.everything().available().filterm(name=names)
            if self.is_of_interest(package, installed)
        ]
        advisories = {}  # type: dict[str, dict[str, Any]]
        named = self.named(
            self.everything().installed(), self.hawkey.GT | self.hawkey.EQ, advisories
        )
        absent = self.not_installed(installed, advisories)
        kept_back = self.kept_back(offers, installed)
        return {
            "repositories": [
                # There is no public name for it.
                {"id": each.id, "directory": each._repo.getCachedir()}  # noqa: SLF001
                for each in self.base.repos.iter_enabled()
            ],
            "missing": self.missing,
            "offers": [self.offer(each, kept_back.get(_key(each))) for each in offers],
            "advisories": list(advisories.values()),
            "named": [[advisory, *key] for advisory, key in named],
            "not_installed": absent,
            "problem": self.problem,
        }

    def newest_installed(self) -> "dict[tuple[str, str], Package]":
        """Give the newest installed package of each name and architecture."""
        query = self.everything().installed()
        return {(each.name, each.arch): each for each in query.latest(1)}

    def is_of_interest(self, package: Package, installed: "dict[Any, Package]") -> bool:
        """Say whether an available package is the installed version or newer."""
        current = installed.get((package.name, package.arch))
        return current is not None and self.sack.evr_cmp(package.evr, current.evr) >= 0

    def offer(self, package: Package, kept_back: "str | None") -> "dict[str, Any]":
        """Give one available package."""
        full = "%s-%d:%s-%s.%s" % (
            package.name,
            package.epoch,
            package.version,
            package.release,
            package.arch,
        )
        return {
            "name": package.name,
            "architecture": package.arch,
            "version": package.evr,
            "repository": package.reponame,
            "built_at": float(package.buildtime),
            "source_file": package.sourcerpm or "",
            "module": self.modules.get(full, ""),
            "kept_back": kept_back,
        }

    def named(
        self, query: Query, comparison: int, advisories: "dict[str, dict[str, Any]]"
    ) -> "list[tuple[str, tuple[str, str, str]]]":
        """Give which advisory names which version of the packages of `query`."""
        found = []
        for package in query.get_advisory_pkgs(comparison):
            notice = package.get_advisory(self.sack)
            if notice.id not in advisories:
                advisories[notice.id] = self.advisory(notice)
            found.append((notice.id, (package.name, package.arch, package.evr)))
        return found

    def advisory(self, notice: Notice) -> "dict[str, Any]":
        """Give what the library knows of an advisory."""
        hawkey = self.hawkey
        types = {
            hawkey.ADVISORY_BUGFIX: "bugfix",
            hawkey.ADVISORY_ENHANCEMENT: "enhancement",
            hawkey.ADVISORY_NEWPACKAGE: "newpackage",
            hawkey.ADVISORY_SECURITY: "security",
        }
        references = notice.references
        updated = notice.updated
        return {
            "id": notice.id,
            "classification": types.get(notice.type, ""),
            "severity": notice.severity or "",
            "title": notice.title or "",
            # It is in UTC, without saying so.
            "updated": updated.strftime("%Y-%m-%d %H:%M:%S") if updated else "",
            "cve_ids": [each.id for each in references if each.type == hawkey.REFERENCE_CVE],
            "bugzilla_ids": [
                each.id for each in references if each.type == hawkey.REFERENCE_BUGZILLA
            ],
        }

    def not_installed(
        self, installed: "dict[Any, Package]", advisories: "dict[str, dict[str, Any]]"
    ) -> "list[Any]":
        """Count the packages that could be installed, by the advisories of their newest version."""
        newest = self.sack.query().available().latest(1)
        by_key = {}  # type: dict[tuple[str, str, str], set[str]]
        for advisory, key in self.named(newest, self.hawkey.EQ, advisories):
            by_key.setdefault(key, set()).add(advisory)
        repositories = {}  # type: dict[tuple[str, str, str], set[str]]
        for package in newest:
            if (package.name, package.arch) not in installed:
                key = (package.name, package.arch, package.evr)
                repositories.setdefault(key, set()).add(package.reponame)
        counts = {}  # type: dict[Any, int]
        for key, offering in repositories.items():
            group = (tuple(sorted(by_key.get(key, ()))), tuple(sorted(offering)))
            counts[group] = counts.get(group, 0) + 1
        return [[*group, count] for group, count in sorted(counts.items())]

    def kept_back(
        self, offers: "list[Package]", installed: "dict[Any, Package]"
    ) -> "dict[Any, str]":
        """Say of each package that dnf upgrade would pass over why that is."""
        names = sorted({package.name for package in offers})
        visible = {_key(each) for each in self.sack.query().available().filterm(name=names)}
        locked = {_key(package) for package in self.locked}
        taken = self.taken()
        reasons = {}  # type: dict[Any, str]
        for package in offers:
            key = _key(package)
            if key in locked:
                reasons[key] = LOCKED
            elif key not in visible:
                reasons[key] = EXCLUDED
            elif taken is not None:
                current = taken.get(key[:2]) or installed[key[:2]]
                if self.sack.evr_cmp(package.evr, current.evr) > 0:
                    reasons[key] = (
                        self.why_not(package) if len(reasons) < _MAX_EXPLAINED else _UNEXPLAINED
                    )
        return reasons

    def taken(self) -> "dict[Any, Any] | None":
        """Give what dnf upgrade would install; None if it would fail."""
        try:
            self.base.upgrade_all()
            self.base.resolve()
        except self.dnf.exceptions.Error as error:
            self.problem = str(error)
            return None
        transaction = self.base.transaction or ()
        return {(each.name, each.arch): each for each in getattr(transaction, "install_set", ())}

    def why_not(self, package: Package) -> str:
        """Say why dnf upgrade does not take a package."""
        goal = self.dnf.goal.Goal(self.sack)
        selector = self.dnf.selector.Selector(self.sack)
        selector.set(pkg=[package])
        goal.install(select=selector)
        if goal.run():
            return _UNEXPLAINED
        problems = {sentence for problem in goal.problem_rules() for sentence in problem}
        return "; ".join(sorted(problems - {"conflicting requests"})) or _UNEXPLAINED


_UNEXPLAINED = "dnf upgrade passes it over"


def _key(package: Package) -> "tuple[str, str, str, str]":
    return package.name, package.arch, package.evr, package.reponame


if __name__ == "__main__":
    main()
