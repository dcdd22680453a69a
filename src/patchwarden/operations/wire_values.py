"""Values that many operations read and write: times and tags."""

from collections.abc import Iterable, Mapping, Sequence

from patchwarden.operations.errors import RequestValidationError

MAX_TAGS = 50
"""Of one resource; the shape TagList would take 1000."""
_RESERVED = "aws:"


def wire_time(seconds: float) -> float:
    """Give an instant as the service sends it: to the millisecond (contract 1.2)."""
    return round(float(seconds), 3)


def without_absent(members: Mapping[str, object]) -> dict[str, object]:
    """Leave out the members that are None: an answer has no null (contract 1.1)."""
    return {name: value for name, value in members.items() if value is not None}


def read_tags(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Read a TagList; where a key comes twice, the last one counts (contract 6.6).

    Raises RequestValidationError if there are more than `MAX_TAGS` or a key is reserved.
    """
    read = {tag["Key"]: tag["Value"] for tag in tags}
    check_tag_keys(read)
    if len(read) > MAX_TAGS:
        raise RequestValidationError(
            f"A resource can have {MAX_TAGS} tags, not {len(read)}; leave some out."
        )
    return read


def check_tag_keys(keys: Iterable[str]) -> None:
    """Return if users may set and remove tags with these keys.

    Raises RequestValidationError.
    """
    for key in keys:
        if key.lower().startswith(_RESERVED):
            raise RequestValidationError(
                f"Tag keys that start with {_RESERVED} are reserved, and {key} does; use another."
            )


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Give tags as a TagList, by key."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]
