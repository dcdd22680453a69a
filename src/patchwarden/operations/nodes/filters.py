"""The filters of DescribeInstanceInformation and DescribeInstanceProperties (contract 6.2)."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from patchwarden.operations.context import Request
from patchwarden.operations.errors import (
    InvalidActivationIdError,
    InvalidDocumentError,
    InvalidFilterKeyError,
    InvalidInstanceIdError,
    InvalidInstanceInformationFilterValueError,
    InvalidInstancePropertyFilterValueError,
    OperationError,
    RequestValidationError,
)
from patchwarden.operations.filters import satisfies

_INFORMATION_MEMBERS = {
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
_PROPERTY_MEMBERS = {
    **_INFORMATION_MEMBERS,
    # No item has this member: nodes have no documents here, so that none matches.
    "DocumentName": "DocumentName",
    # The model leaves the keys of FiltersWithOperator open; its operators fit these members.
    **{
        member: member
        for member in (
            *("Architecture", "AvailabilityZone", "ComputerName", "IPAddress", "InstanceId"),
            *("Name", "PlatformName", "PlatformVersion", "SourceLocation"),
        )
    },
}
_POSSIBLE_VALUES = {
    "PingStatus": frozenset({"Online", "ConnectionLost", "Inactive"}),
    "PlatformType": frozenset({"Windows", "Linux", "MacOS"}),
    "ResourceType": frozenset({"EC2Instance", "ManagedInstance"}),
    "AssociationStatus": frozenset({"Success", "Pending", "Failed"}),
}
_VERSIONS = frozenset({"AgentVersion", "PlatformVersion"})
_Numbers = tuple[tuple[int, str], ...]
_NUMBER = re.compile(r"0*([0-9]+)")
_ORDERED: Mapping[str | None, Callable[[_Numbers, _Numbers], bool]] = {
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
}
_NOT_EQUAL = "NotEqual"
_WHOLE_VALUES = frozenset({None, "Equal", _NOT_EQUAL})
_TAG_PREFIX = "tag:"
_ANY_TAG = "tag-key"


class Condition(NamedTuple):
    """One filter, made ready."""

    subject: str
    """A member of an item, or a tag's key."""
    comparison: str | None
    """An operator of DescribeInstanceProperties; None is `Equal`."""
    values: tuple[str, ...]

    def holds_for(self, value: str | None) -> bool:
        """Say whether a value, None if there is none, compares to any of `values`."""
        ordered = _ORDERED.get(self.comparison)
        if ordered is None or value is None or self.subject not in _VERSIONS:
            return satisfies(value, self.comparison, self.values)
        return any(ordered(_numbers(value), _numbers(each)) for each in self.values)

    def holds_for_any(self, values: Iterable[str]) -> bool:
        """Say whether it holds for one of `values`; if it excludes, whether for all of them."""
        each_holds = map(self.holds_for, values)
        return all(each_holds) if self.comparison == _NOT_EQUAL else any(each_holds)


@dataclass(frozen=True, slots=True)
class NodeFilters:
    """Filters made ready: all must match."""

    members: tuple[Condition, ...]
    tags: tuple[Condition, ...]
    tag_keys: tuple[Condition, ...]

    @property
    def are_any(self) -> bool:
        """Whether a node might not match."""
        return bool(self.members or self.tags or self.tag_keys)

    @property
    def instance_ids(self) -> frozenset[str] | None:
        """The only nodes that can match, if the filters name some."""
        named = [
            frozenset(condition.values)
            for condition in self.members
            if condition.subject == "InstanceId" and condition.comparison in {None, "Equal"}
        ]
        return frozenset.intersection(*named) if named else None

    def match(self, item: Mapping[str, object], tags: Mapping[str, str]) -> bool:
        """Say whether a node matches, by its item in an answer and its tags."""
        return (
            all(condition.holds_for(_text(item, condition.subject)) for condition in self.members)
            and all(condition.holds_for(tags.get(condition.subject)) for condition in self.tags)
            and all(condition.holds_for_any(tags) for condition in self.tag_keys)
        )


class _Form(NamedTuple):
    """What the values of a member look like, and the error of one that does not."""

    pattern: re.Pattern[str]
    error: type[OperationError]
    sentence: str


_INSTANCE_ID = _Form(
    re.compile(r"i-(\w{8}|\w{17})|mi-\w{17}", re.ASCII),
    InvalidInstanceIdError,
    "{} is not the id of a managed node.",
)
_ACTIVATION_ID = _Form(
    re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    InvalidActivationIdError,
    "{} is not the id of an activation.",
)
_DOCUMENT_NAME = _Form(
    re.compile(r"[\w.:/-]{3,128}", re.ASCII),
    InvalidDocumentError,
    "{} is not the name of a document.",
)


class _Dialect(NamedTuple):
    """What one operation's filters may say."""

    members: Mapping[str, str]
    forms: Mapping[str, _Form]
    invalid_value: type[OperationError]


_INFORMATION = _Dialect(
    _INFORMATION_MEMBERS, {"InstanceId": _INSTANCE_ID}, InvalidInstanceInformationFilterValueError
)
_PROPERTIES = _Dialect(
    _PROPERTY_MEMBERS,
    {
        "InstanceId": _INSTANCE_ID,
        "ActivationId": _ACTIVATION_ID,
        "DocumentName": _DOCUMENT_NAME,
    },
    InvalidInstancePropertyFilterValueError,
)


def parse_information_filters(request: Request) -> NodeFilters:
    """Read the filters of DescribeInstanceInformation.

    Raises RequestValidationError if both members are given or tags are mixed with other keys,
    InvalidFilterKeyError, InvalidInstanceInformationFilterValueError, InvalidInstanceIdError.
    """
    filters = request.get("Filters", ())
    legacy = request.get("InstanceInformationFilterList", ())
    if filters and legacy:
        raise RequestValidationError(
            "Use either Filters or InstanceInformationFilterList, not both."
        )
    read = _read(_INFORMATION, filters, legacy)
    if read.members and (read.tags or read.tag_keys):
        raise RequestValidationError("Filters on tags cannot be combined with other filters.")
    return read


def parse_property_filters(request: Request) -> NodeFilters:
    """Read the filters of DescribeInstanceProperties; those of both members count.

    Raises InvalidFilterKeyError, InvalidInstancePropertyFilterValueError, InvalidInstanceIdError,
    InvalidActivationIdError, InvalidDocumentError.
    """
    filters = request.get("FiltersWithOperator", ())
    return _read(_PROPERTIES, filters, request.get("InstancePropertyFilterList", ()))


def _read(
    dialect: _Dialect,
    filters: Iterable[Mapping[str, Any]],
    legacy: Iterable[Mapping[str, Any]],
) -> NodeFilters:
    given = [
        *(Condition(each["Key"], each.get("Operator"), tuple(each["Values"])) for each in filters),
        *(Condition(each["key"], None, tuple(each["valueSet"])) for each in legacy),
    ]
    return NodeFilters(
        members=tuple(
            _about_member(dialect, each) for each in given if not _is_about_tags(each.subject)
        ),
        tags=tuple(
            each._replace(subject=each.subject.removeprefix(_TAG_PREFIX))
            for each in given
            if each.subject.startswith(_TAG_PREFIX)
        ),
        tag_keys=tuple(each for each in given if each.subject == _ANY_TAG),
    )


def _is_about_tags(key: str) -> bool:
    return key == _ANY_TAG or key.startswith(_TAG_PREFIX)


def _about_member(dialect: _Dialect, given: Condition) -> Condition:
    key, comparison, values = given
    member = dialect.members.get(key)
    if member is None:
        raise InvalidFilterKeyError(f"Filter key {key} is invalid.")
    if comparison in _WHOLE_VALUES:
        _check_values(dialect, key, member, values)
    return Condition(member, comparison, values)


def _check_values(dialect: _Dialect, key: str, member: str, values: Iterable[str]) -> None:
    form, possible = dialect.forms.get(member), _POSSIBLE_VALUES.get(member)
    for value in values:
        if form is not None and not form.pattern.fullmatch(value):
            raise form.error(form.sentence.format(value))
        if possible is not None and value not in possible:
            raise dialect.invalid_value(
                f"Filter value {value} is invalid for {key};"
                f" valid are: {', '.join(sorted(possible))}."
            )


def _text(item: Mapping[str, object], member: str) -> str | None:
    value = item.get(member)
    return value if isinstance(value, str) else None


def _numbers(version: str) -> _Numbers:
    # Compares like numbers, of any length: Python refuses to read those of many digits.
    return tuple((len(digits), digits) for digits in _NUMBER.findall(version))
