"""Numbers inside versions, of any length, as a part of sort keys."""

_LENGTHS = tuple(bytes((length,)) for length in range(255))


def number_key(digits: bytes) -> bytes:
    """Give bytes that sort as the number does: its length, then what is left without zeros.

    No key is the beginning of another. `digits` are ASCII; none at all count as 0.
    """
    digits = digits.lstrip(b"0")
    length = len(digits)
    if length < len(_LENGTHS):
        return _LENGTHS[length] + digits
    return b"\xff" + length.to_bytes(8) + digits
