"""Takes apart what msgspec says about a value that is not as it should be."""

import re
from typing import NamedTuple

_PATH = re.compile(r" - at (?:`key` in )?`\$\.?(?P<path>[^`]*)`$")


class WrongValue(NamedTuple):
    """Where something is wrong, and what."""

    path: str
    """Within what was decoded, such as `packages.installed[3]`; empty if it is all of that."""
    problem: str


def wrong_value(message: str) -> WrongValue:
    """Take apart the text of a `msgspec.ValidationError`."""
    match = _PATH.search(message)
    return WrongValue(match["path"], message[: match.start()]) if match else WrongValue("", message)
