"""The service model: every operation that can be asked for, and the shapes of its data.

Names, types, constraints and errors come from the model that botocore ships and from two of our
own in the same format (`models/`). All are read once, when the server starts.
"""

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Literal, Self

import msgspec

Kind = Literal[
    "structure",
    "list",
    "map",
    "string",
    "integer",
    "long",
    "float",
    "double",
    "boolean",
    "timestamp",
    "blob",
]

# Package and path of each model. Where two declare the same target, the later one counts.
_MODELS = (
    ("patchwarden.protocol", "models/patchwarden/2026-11-24/service-2.json"),
    ("patchwarden.protocol", "models/ssm-agent/2014-11-06/service-2.json"),
    ("botocore", "data/ssm/2014-11-06/service-2.json.gz"),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shape:
    """The type of one piece of data and what a value of it must satisfy.

    Two shapes are equal only if they are the same object: shapes refer to each other in rings.
    """

    name: str
    kind: Kind
    members: Mapping[str, "Shape"] = field(repr=False)
    """Of a structure: its members by wire name, in the model's order. Of a list: `member`. Of a
    map: `key` and `value`."""
    required: tuple[str, ...] = ()
    """The members that a structure cannot do without."""
    minimum: float | None = None
    """The least value of a number; the least length of anything else."""
    maximum: float | None = None
    pattern: str | None = None
    """A Java regular expression that the whole string must match."""
    enum: tuple[str, ...] = ()
    """The only values of a string, if there are any."""
    is_sensitive: bool = False
    """Whether values must not appear in messages and logs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorShape:
    """How an error that an operation declares looks on the wire."""

    code: str
    message_member: str | None
    """`Message` or `message`; None for the errors that carry no text (contract 1.3)."""
    http_status: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Operation:
    """One operation of the API."""

    name: str
    target: str
    """The value of X-Amz-Target, such as `AmazonSSM.DescribeInstancePatches`."""
    signing_name: str
    """The service that the credential scope of a request must name."""
    input: Shape
    output: Shape
    errors: Mapping[str, ErrorShape] = field(repr=False)
    """The declared errors by code."""
    is_signed: bool = True
    idempotency_token: str | None = None
    """The member of the input that makes a repeated request harmless, if there is one."""


@dataclass(frozen=True, slots=True)
class ServiceModel:
    """All operations by target."""

    operations: Mapping[str, Operation] = field(repr=False)

    @classmethod
    def load(cls) -> Self:
        """Read the models that are installed; about 30 ms, to be done once."""
        models = [_read(package, path) for package, path in _MODELS]
        return cls({each.target: each for model in models for each in _operations(model)})

    def operation(self, target: str) -> Operation | None:
        """Give the operation that X-Amz-Target names, if there is one."""
        return self.operations.get(target)


# The format of service-2.json, as far as we need it; msgspec skips the rest, documentation above
# all, without making objects of it.


class _Reference(msgspec.Struct, frozen=True, rename={"idempotency_token": "idempotencyToken"}):
    shape: str
    idempotency_token: bool = False


class _ErrorTraits(msgspec.Struct, frozen=True, rename={"http_status": "httpStatusCode"}):
    code: str | None = None
    http_status: int | None = None


class _RawShape(msgspec.Struct, frozen=True, rename={"minimum": "min", "maximum": "max"}):
    type: Kind
    members: dict[str, _Reference] = msgspec.field(default_factory=dict)
    member: _Reference | None = None
    key: _Reference | None = None
    value: _Reference | None = None
    required: tuple[str, ...] = ()
    minimum: int | float | None = None
    maximum: int | float | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    sensitive: bool = False
    fault: bool = False
    error: _ErrorTraits = _ErrorTraits()


class _RawOperation(msgspec.Struct, frozen=True):
    name: str
    input: _Reference | None = None
    output: _Reference | None = None
    errors: tuple[_Reference, ...] = ()
    authtype: str = "v4"


class _Metadata(msgspec.Struct, frozen=True, rename="camel"):
    endpoint_prefix: str
    target_prefix: str
    signing_name: str | None = None


class _Model(msgspec.Struct, frozen=True):
    metadata: _Metadata
    operations: dict[str, _RawOperation]
    shapes: dict[str, _RawShape]


def _read(package: str, path: str) -> _Model:
    content = resources.files(package).joinpath(path).read_bytes()
    if path.endswith(".gz"):
        content = gzip.decompress(content)
    return msgspec.json.decode(content, type=_Model)


def _operations(model: _Model) -> Iterator[Operation]:
    metadata = model.metadata
    shapes = _shapes(model.shapes)
    for raw in model.operations.values():
        errors = (_error(each.shape, model.shapes[each.shape]) for each in raw.errors)
        yield Operation(
            name=raw.name,
            target=f"{metadata.target_prefix}.{raw.name}",
            signing_name=metadata.signing_name or metadata.endpoint_prefix,
            input=_resolve(raw.input, shapes),
            output=_resolve(raw.output, shapes),
            errors={error.code: error for error in errors},
            is_signed=raw.authtype != "none",
            idempotency_token=_idempotency_token(raw.input, model.shapes),
        )


def _shapes(raws: Mapping[str, _RawShape]) -> dict[str, Shape]:
    # Shapes refer to each other in rings, so they are made first and joined afterwards.
    members: dict[str, dict[str, Shape]] = {name: {} for name in raws}
    shapes = {
        name: Shape(
            name=name,
            kind=raw.type,
            members=members[name],
            required=raw.required,
            minimum=raw.minimum,
            maximum=raw.maximum,
            pattern=raw.pattern,
            enum=raw.enum,
            is_sensitive=raw.sensitive,
        )
        for name, raw in raws.items()
    }
    for name, raw in raws.items():
        parts = {"member": raw.member, "key": raw.key, "value": raw.value, **raw.members}
        members[name].update(
            (part, shapes[reference.shape]) for part, reference in parts.items() if reference
        )
    return shapes


def _error(name: str, raw: _RawShape) -> ErrorShape:
    return ErrorShape(
        code=raw.error.code or name,
        message_member=next((each for each in raw.members if each.lower() == "message"), None),
        http_status=raw.error.http_status or (500 if raw.fault else 400),
    )


def _resolve(reference: _Reference | None, shapes: Mapping[str, Shape]) -> Shape:
    if reference is None:
        return Shape(name="Unit", kind="structure", members={})
    return shapes[reference.shape]


def _idempotency_token(reference: _Reference | None, shapes: Mapping[str, _RawShape]) -> str | None:
    members = shapes[reference.shape].members if reference else {}
    return next((name for name, member in members.items() if member.idempotency_token), None)
