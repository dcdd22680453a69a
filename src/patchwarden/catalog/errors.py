"""What is wrong with a file that should go into the catalog."""

from patchwarden.errors import CallerError

_MAX_PROBLEM = 200


class InvalidCatalogFileError(CallerError):
    """A file has no known format, or something in it is wrong; the sentence says where."""

    code = "InvalidCatalogFile"

    @classmethod
    def at(cls, name: str, where: str, problem: str) -> "InvalidCatalogFileError":
        """Say what is wrong with the file `name`; `where` is a place in it, or empty."""
        place = f" at {shown(where, _MAX_PROBLEM)}" if where else ""
        return cls(f"{name} is wrong{place}: {shown(problem, _MAX_PROBLEM)}.")


def shown(text: str, longest: int) -> str:
    """Give a text that a file has, fit for a terminal: cut off, control characters escaped."""
    short = text if len(text) <= longest else f"{text[:longest]}..."
    return short if short.isprintable() else ascii(short)
