"""What is scanned: this machine, another root directory, or a dpkg status file alone."""

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from patchwarden_agent.errors import UnreadableFileError

_THIS_MACHINE = Path("/")


@dataclass(frozen=True)
class Target:
    """The file system that a scan reads from."""

    root: Optional[Path] = _THIS_MACHINE
    """None if there is a status file and nothing else."""
    dpkg_status: Optional[Path] = None
    """A status file that takes the place of the root's own."""

    @property
    def is_this_machine(self) -> bool:
        """Whether the running kernel and network are those of what is scanned."""
        return self.root == _THIS_MACHINE and self.dpkg_status is None

    def path(self, inside: str) -> Path:
        """Give the path of the file or directory `inside` the root, symbolic links followed.

        Raises UnreadableFileError if there is no root, or if a link leads out of it.
        """
        if self.root is None:
            raise UnreadableFileError(f"A status file alone has no /{inside}.")
        named = self.root / inside
        try:
            real = named.resolve()
            is_inside = real.is_relative_to(self.root.resolve())
        except (OSError, RuntimeError, ValueError) as error:
            raise UnreadableFileError(f"Cannot follow {named}: {error}.") from error
        if not is_inside:
            raise UnreadableFileError(f"{named} is a link out of {self.root}; it is not followed.")
        return real

    def read(self, inside: str, limit_bytes: int) -> bytes:
        """Read the plain file `inside` the root; raise UnreadableFileError as `read_file` does."""
        return read_file(self.path(inside), limit_bytes)

    def has(self, inside: str) -> bool:
        """Say whether the root has a file or directory of this name."""
        try:
            return self.path(inside).exists()
        except (UnreadableFileError, OSError):
            return False


def read_file(path: Path, limit_bytes: int) -> bytes:
    """Read a plain file of at most `limit_bytes`.

    Raises UnreadableFileError if it is anything else, is larger or cannot be read.
    """
    try:
        # A pipe would block at open(), a device has no end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnreadableFileError(f"{path} is not a plain file; name one that is.")
        with path.open("rb") as file:
            content = file.read(limit_bytes + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableFileError(f"Cannot read {path}: {reason}.") from error
    if len(content) > limit_bytes:
        raise UnreadableFileError(f"{path} is larger than {limit_bytes} bytes; it is not read.")
    return content
