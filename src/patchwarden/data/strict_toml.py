"""Reads a shipped TOML file into a record that says which keys it has."""

import tomllib
from typing import TypeVar

import msgspec

from patchwarden.errors import InstallationError

Record = TypeVar("Record", bound=msgspec.Struct)


def decode(text: str, file: str, record: type[Record]) -> Record:
    """Read `text`, the content of `file`, as `record`, which should forbid unknown fields.

    Raises InstallationError, naming `file` and the key, if the text is not TOML or a key is
    unknown, missing or of the wrong type.
    """
    try:
        return msgspec.convert(tomllib.loads(text), record)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InstallationError(
            f"The shipped file {file} is damaged ({error}); install Patchwarden again."
        ) from error
