"""Asks apt through its commands, for nodes without python3-apt."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from patchwarden_agent.apt.dpkg_status import DpkgStatus
from patchwarden_agent.apt.options import Option, as_arguments
from patchwarden_agent.apt.policy import (
    PolicyCandidate,
    Record,
    read_package_files,
    read_policies,
    read_records,
)
from patchwarden_agent.apt.simulation import read_simulation
from patchwarden_agent.apt.view import AptView
from patchwarden_agent.command import Running, start
from patchwarden_agent.findings import Candidate, InstalledPackage, Origin, Slot

# Far below what Linux lets a command line hold, with names of 50 bytes.
_NAMES_AT_ONCE = 5000


@dataclass(frozen=True)
class _Apt:
    """The commands, with the options and the time limit that each is given."""

    arguments: Sequence[str]
    timeout_s: float

    def start_simulation(self) -> Running:
        return start("apt-get -s dist-upgrade", self._command("apt-get", "-s", "dist-upgrade"))

    def package_files(self) -> str:
        return self._run("apt-cache", "policy")

    def policies(self, names: Sequence[str]) -> str:
        return self._ask("policy", names)

    def records(self, names: Sequence[str]) -> str:
        return self._ask("show", names)

    def _ask(self, question: str, names: Sequence[str]) -> str:
        starts = range(0, len(names), _NAMES_AT_ONCE)
        return "\n".join(
            self._run("apt-cache", question, *names[start : start + _NAMES_AT_ONCE])
            for start in starts
        )

    def _run(self, program: str, question: str, *names: str) -> str:
        command = self._command(program, question, *names)
        return start(f"{program} {question}", command).text(self.timeout_s)

    def _command(self, program: str, *words: str) -> list[str]:
        return [f"/usr/bin/{program}", *self.arguments, *words]


def ask_commands(status: DpkgStatus, options: Sequence[Option], timeout_s: float) -> AptView:
    """Give the candidates of everything installed; raise CommandError if apt fails.

    `timeout_s` is for each command.
    """
    apt, native = _Apt(as_arguments(options), timeout_s), status.architecture
    installed = {package.slot(native): package for package in status.installed}
    with contextlib.closing(apt.start_simulation()) as simulation:
        origins = read_package_files(apt.package_files())
        asked = apt.policies([":".join(slot) for slot in installed])
        policies = [policy for policy in read_policies(asked, native) if policy.slot in installed]
        versions = [f"{':'.join(policy.slot)}={policy.version}" for policy in policies]
        records = read_records(apt.records(versions), native)
        upgrades = read_simulation(simulation.text(timeout_s), native)
    return AptView(
        evidence="apt-get",
        candidates={
            policy.slot: _candidate(policy, installed[policy.slot], origins, records, upgrades)
            for policy in policies
        },
        details={
            "not_installed": "Packages that could be installed and are not were not counted:"
            " that takes python3-apt."
        },
    )


def _candidate(
    policy: PolicyCandidate,
    package: InstalledPackage,
    origins: Mapping[str, Origin],
    records: Mapping[tuple[Slot, str], Record],
    upgrades: Mapping[Slot, str],
) -> Candidate:
    record = records.get((policy.slot, policy.version))
    is_taken = policy.version in (package.version, upgrades.get(policy.slot))
    return Candidate(
        version=policy.version,
        origins=tuple(sorted({origins[file] for file in policy.files if file in origins})),
        priority=record.priority if record else None,
        section=record.section if record else None,
        source=record.source if record else None,
        source_version=record.source_version if record else None,
        phased_percentage=record.phased_percentage if record else policy.phased_percentage,
        kept_back=None if is_taken else _why_kept_back(package),
    )


def _why_kept_back(package: InstalledPackage) -> str:
    return "held" if package.is_held else "apt-get dist-upgrade keeps it back"
