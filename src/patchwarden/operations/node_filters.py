"""The filters of DescribeInstanceInformation (contract 6.2)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from patchwarden.operations.context import Request
from patchwarden.operations.errors import (
    InvalidFilterKeyError,
    InvalidInstanceIdError,
    InvalidInstanceInformationFilterValueError,
    RequestValidationError,
)

_MEMBERS = {
    "InstanceIds": "InstanceId",
    "AgentVersion": "AgentVersion",
    "PingStatus": "PingStatus",
    "PlatformTypes": "PlatformType",
    # Some published texts have this spelling, and clients follow them.
    "PlatformType": "PlatformType",
    "ActivationIds": "ActivationId",
    "IamRole": "IamRole",
    "ResourceType": "ResourceType",
    "AssociationStatus": "AssociationStatus",
    "SourceIds": "SourceId",
    "SourceTypes": "SourceType",
}
"""Filter key → the member of an answer's item that it looks at."""
_POSSIBLE_VALUES = {
    "PingStatus": frozenset({"Online", "ConnectionLost", "Inactive"}),
    "PlatformType": frozenset({"Windows", "Linux", "MacOS"}),
    "ResourceType": frozenset({"EC2Instance", "ManagedInstance"}),
    "AssociationStatus": frozenset({"Success", "Pending", "Failed"}),
}
_INSTANCE_ID = re.compile(r"i-(\w{8}|\w{17})|mi-\w{17}", re.ASCII)
_TAG_PREFIX = "tag:"
_ANY_TAG = "tag-key"


@dataclass(frozen=True, slots=True)
class NodeFilters:
    """Filters made ready: all must match, each by any of its values."""

    members: tuple[tuple[str, frozenset[str]], ...]
    """Member of an item, and the values asked for."""
    tags: tuple[tuple[str, frozenset[str]], ...]
    """Tag key, and the values asked for."""
    tag_keys: tuple[frozenset[str], ...]

    @property
    def instance_ids(self) -> frozenset[str] | None:
        """The only nodes that can match, if the filters name some."""
        named = [values for member, values in self.members if member == "InstanceId"]
        return frozenset.intersection(*named) if named else None

    def match(self, item: Mapping[str, object], tags: Mapping[str, str]) -> bool:
        """Say whether a node matches; values are compared exactly."""
        return (
            all(item.get(member) in values for member, values in self.members)
            and all(tags.get(key) in values for key, values in self.tags)
            and all(not keys.isdisjoint(tags) for keys in self.tag_keys)
        )


def parse_node_filters(request: Request) -> NodeFilters:
    """Read the members `Filters` and `InstanceInformationFilterList` of a request.

    Raises RequestValidationError if both are given or tags are mixed with other keys,
    InvalidFilterKeyError, InvalidInstanceInformationFilterValueError, InvalidInstanceIdError.
    """
    filters = _given(request)
    members = tuple(_member(key, values) for key, values in filters if not _is_about_tags(key))
    if members and len(members) < len(filters):
        raise RequestValidationError("Filters on tags cannot be combined with other filters.")
    return NodeFilters(
        members=members,
        tags=tuple(
            (key.removeprefix(_TAG_PREFIX), values)
            for key, values in filters
            if key.startswith(_TAG_PREFIX)
        ),
        tag_keys=tuple(values for key, values in filters if key == _ANY_TAG),
    )


def _given(request: Request) -> Sequence[tuple[str, frozenset[str]]]:
    filters = request.get("Filters", ())
    legacy = request.get("InstanceInformationFilterList", ())
    if filters and legacy:
        raise RequestValidationError(
            "Use either Filters or InstanceInformationFilterList, not both."
        )
    return [
        *((each["Key"], frozenset(each["Values"])) for each in filters),
        *((each["key"], frozenset(each["valueSet"])) for each in legacy),
    ]


def _is_about_tags(key: str) -> bool:
    return key == _ANY_TAG or key.startswith(_TAG_PREFIX)


def _member(key: str, values: frozenset[str]) -> tuple[str, frozenset[str]]:
    member = _MEMBERS.get(key)
    if member is None:
        raise InvalidFilterKeyError(f"Filter key {key} is invalid.")
    if member == "InstanceId":
        _check_instance_ids(values)
    possible = _POSSIBLE_VALUES.get(member, values)
    for value in sorted(values - possible):
        raise InvalidInstanceInformationFilterValueError(
            f"Filter value {value} is invalid for {key}; valid are: {', '.join(sorted(possible))}."
        )
    return member, values


def _check_instance_ids(values: Iterable[str]) -> None:
    for value in values:
        if not _INSTANCE_ID.fullmatch(value):
            raise InvalidInstanceIdError(f"{value} is not the id of a managed node.")
