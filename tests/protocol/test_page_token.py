import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden.errors import CallerError
from patchwarden.protocol.page_token import (
    MAX_PAYLOAD_BYTES,
    InvalidPageToken,
    PageTokens,
)

TOKENS = PageTokens(bytes(range(32)))
ALPHABET = string.ascii_letters + string.digits + "-_"


def seal(payload: bytes = b"after KB1", nonce: bytes = b"n" * 12) -> str:
    return TOKENS.seal(payload, binding=b"request", expires_at=1000.0, nonce=nonce)


def refuse(token: str, *, binding: bytes = b"request", now: float = 999.0) -> None:
    with pytest.raises(InvalidPageToken, match=r"^The specified token isn't valid\.$"):
        TOKENS.open(token, binding=binding, now=now)


@given(st.binary(max_size=MAX_PAYLOAD_BYTES), st.binary(), st.binary(min_size=12, max_size=12))
def test_what_is_sealed_is_opened(payload: bytes, binding: bytes, nonce: bytes) -> None:
    token = TOKENS.seal(payload, binding=binding, expires_at=1000.0, nonce=nonce)
    assert set(token) <= set(ALPHABET)
    assert TOKENS.open(token, binding=binding, now=999.9) == payload


def test_the_longest_payload_is_opened() -> None:
    token = seal(bytes(MAX_PAYLOAD_BYTES))
    assert TOKENS.open(token, binding=b"request", now=0.0) == bytes(MAX_PAYLOAD_BYTES)


def test_an_invalid_token_is_the_callers_mistake() -> None:
    assert issubclass(InvalidPageToken, CallerError)


def test_a_token_expires_at_its_instant() -> None:
    assert TOKENS.open(seal(), binding=b"request", now=999.999) == b"after KB1"
    refuse(seal(), now=1000.0)


def test_a_token_of_another_request_is_refused() -> None:
    refuse(seal(), binding=b"another request")


def test_a_token_of_another_key_is_refused() -> None:
    foreign = PageTokens(bytes(32)).seal(
        b"after KB1", binding=b"request", expires_at=1000.0, nonce=b"n" * 12
    )
    refuse(foreign)


# With and without unused bits in the last character.
@pytest.mark.parametrize("payload", [b"a", b"ab", b"abc"])
def test_every_other_character_at_any_place_is_refused(payload: bytes) -> None:
    token = seal(payload)
    for place, character in enumerate(token):
        for other in ALPHABET + "+/= \n\u00e9":
            if other != character:
                refuse(token[:place] + other + token[place + 1 :])


@pytest.mark.parametrize(
    "token",
    ["", "=", "A", "AA", "A" * 47, "A" * 48, "\u00e9" * 60, "\ud800" * 60, " ", "null", "*" * 60],
)
def test_what_was_never_a_token_is_refused(token: str) -> None:
    refuse(token)


def test_a_token_has_one_spelling_only() -> None:
    token = seal(b"ab")
    for spelling in (token + "=", token + "==", token + "\n", " " + token, token + "A", token[:-1]):
        refuse(spelling)


def test_a_token_that_no_payload_can_have_is_refused_for_its_length() -> None:
    refuse("A" * 100_000)
    refuse(seal(bytes(MAX_PAYLOAD_BYTES)) + "AAAA")


def test_the_payload_cannot_be_read_from_the_token() -> None:
    token = seal(b"after KB1")
    assert b"KB1" not in base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


def test_the_same_position_gives_another_token_with_another_nonce() -> None:
    assert seal(nonce=b"a" * 12) != seal(nonce=b"b" * 12)


@given(st.text(max_size=200) | st.text(ALPHABET, max_size=200))
def test_no_text_raises_anything_else(token: str) -> None:
    refuse(token)
