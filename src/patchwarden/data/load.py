"""Gives the shipped facts, read once."""

import functools
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Annotated

import msgspec

from patchwarden.data.operating_system_file import parse_operating_system
from patchwarden.data.strict_toml import decode
from patchwarden.domain.os_rules import OperatingSystemRules
from patchwarden.errors import InstallationError


@functools.cache
def operating_systems() -> Mapping[str, OperatingSystemRules]:
    """Give the rules of every operating system, by its name in the service model.

    Raises InstallationError if a shipped file is damaged.
    """
    folder = _shipped() / "operating_systems"
    every = (_read_rules(file) for file in folder.iterdir() if file.name.endswith(".toml"))
    return MappingProxyType(
        {
            rules.operating_system: rules
            for rules in sorted(every, key=lambda rules: rules.operating_system)
        }
    )


def predefined_baseline_owner(region: str) -> str:
    """Give the account that owns the predefined baselines in `region`.

    For a region that is not known it is the owner in us-east-1.
    """
    shipped = _owners()
    return shipped.owners.get(region) or shipped.owners[shipped.fallback_region]


def predefined_baseline_arn(region: str, baseline_id: str) -> str:
    """Give the ARN by which a predefined baseline is addressed in `region` (contract 4.8)."""
    owner = predefined_baseline_owner(region)
    return f"arn:aws:ssm:{region}:{owner}:patchbaseline/{baseline_id}"


Account = Annotated[str, msgspec.Meta(pattern="^[0-9]{12}$")]


class OwnersFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The format of predefined_baseline_owners.toml."""

    fallback_region: str
    owners: dict[str, Account]

    def __post_init__(self) -> None:
        if self.fallback_region not in self.owners:
            raise ValueError(f"`fallback_region` {self.fallback_region} is not among `owners`")


@functools.cache
def _owners() -> OwnersFile:
    file = _shipped() / "predefined_baseline_owners.toml"
    return decode(file.read_text(encoding="utf-8"), file.name, OwnersFile)


def _read_rules(file: Traversable) -> OperatingSystemRules:
    rules = parse_operating_system(file.read_text(encoding="utf-8"), file.name)
    if file.name != f"{rules.operating_system.lower()}.toml":
        raise InstallationError(
            f"The shipped file {file.name} is about {rules.operating_system}; "
            "install Patchwarden again."
        )
    return rules


def _shipped() -> Traversable:
    return files("patchwarden.data")
