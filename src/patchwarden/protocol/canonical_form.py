"""The canonical form of a request: what its signature vouches for, in one spelling.

All of this runs before the signature is known to be good: whatever is sent, the work is in
proportion to its size.
"""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote, unquote_to_bytes


def header_values(headers: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Give the value of each header; those of a repeated header are joined by commas, in order."""
    values = dict(headers)
    if len(values) == len(headers):
        return values
    values.clear()
    repeated: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        if name in values:
            repeated.setdefault(name, [values[name]]).append(value)
        else:
            values[name] = value
    for name, several in repeated.items():
        values[name] = b",".join(each.strip() for each in several)
    return values


def canonical_path(path: str) -> bytes:
    """Give the path without dot segments and empty ones, encoded once more than it was sent."""
    if path == "/":
        return b"/"
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in {"", "."}:
            parts.append(part)
    slash = "/" if parts and path.endswith("/") else ""
    return quote("/" + "/".join(parts) + slash, safe="/~", errors="surrogatepass").encode()


def canonical_query(query: str) -> bytes:
    """Give the query in order, with everything encoded that is not unreserved."""
    if not query:
        return b""
    pairs = (pair.partition("=") for pair in query.split("&"))
    encoded = sorted((_encoded(name), _encoded(value)) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded).encode()


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text.encode("utf-8", "surrogatepass")), safe="-_.~")


def canonical_headers(signed: Iterable[bytes], values: Mapping[bytes, bytes]) -> bytes:
    """Give a line for each signed header, with single spaces.

    Raises KeyError if a signed header did not arrive.
    """
    return b"".join([b"%b:%b\n" % (name, b" ".join(values[name].split())) for name in signed])
