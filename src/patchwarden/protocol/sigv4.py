"""Signature Version 4: who signed a request, and whether the signature vouches for it.

Only the Authorization header is read; a signature in the query (a presigned URL) counts as none.
Errors and their texts are contract 1.4.
"""

import functools
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias

from patchwarden.protocol.canonical_form import (
    canonical_headers,
    canonical_path,
    canonical_query,
    header_values,
)
from patchwarden.protocol.errors import (
    incomplete_signature,
    invalid_signature,
    missing_authentication_token,
)

MAX_SKEW_S = 300
"""How far the client's clock may be off, in either direction."""

_ALGORITHM = "AWS4-HMAC-SHA256"
_TERMINATOR = "aws4_request"
_BASIC_FORMAT = "%Y%m%dT%H%M%SZ"
# AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261124/us-east-1/ssm/aws4_request,
#   SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=5d672d79c15b1316...
_USUAL_CLAIMS = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/([0-9]{8})/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request,"
    r" ?SignedHeaders=([a-z0-9;-]+), ?"
)
_MAX_USUAL_LENGTH = 512
"""Of the claims in a header that are remembered: anybody may send any number of others."""
_INSTANT = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_REGION = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
# Temporary credentials are not issued here, and some clients add the token after signing.
_NEED_NOT_BE_SIGNED = b"x-amz-security-token"


class HttpRequest(NamedTuple):
    """A request as it came over the wire."""

    method: str
    path: str
    """As sent: still percent-encoded."""
    query: str
    """As sent, without the question mark."""
    headers: Sequence[tuple[bytes, bytes]]
    """Names in lower case, in the order sent."""
    body: bytes

    def __repr__(self) -> str:
        return f"HttpRequest(method={self.method!r}, path={self.path!r})"


class Authorization(NamedTuple):
    """What the Authorization header claims; nothing of it is proven before `verify`."""

    access_key_id: str
    date: str
    """The day of the credential scope, such as `20261124`."""
    region: str
    service: str
    signed_headers: tuple[bytes, ...]
    signature: str
    signed_at: str
    """When the client signed, by its own clock, such as `20261124T103319Z`."""
    headers: Mapping[bytes, bytes]
    """The values of all headers of the request."""

    def __repr__(self) -> str:
        return (
            f"Authorization(access_key_id={self.access_key_id!r}, date={self.date!r},"
            f" region={self.region!r}, service={self.service!r},"
            f" signed_headers={self.signed_headers!r}, signed_at={self.signed_at!r})"
        )


def read_authorization(request: HttpRequest) -> Authorization:
    """Read the claims of a signed request.

    Raises MissingAuthenticationTokenException and IncompleteSignatureException.
    """
    headers = header_values(request.headers)
    date = headers.get(b"x-amz-date") or headers.get(b"date") or b""
    header = headers.get(b"authorization", b"").decode("latin-1")
    claims = _usual_claims(header) if date else None
    if claims is None:
        claims = _read_closely(request, has_date=bool(date))
    return Authorization(*claims, _signed_at(date.decode("latin-1")), headers)


def verify(
    request: HttpRequest,
    authorization: Authorization,
    secret: str,
    *,
    service: str,
    now: float,
) -> None:
    """Return if `request` is what the owner of `secret` signed for `service`, at most 5 min ago.

    `authorization` is what `read_authorization` gave for the request. Raises
    InvalidSignatureException.
    """
    _check_scope(authorization, service)
    _check_clock(authorization.signed_at, now)
    values = authorization.headers
    signed_headers = authorization.signed_headers
    _check_signed_headers(signed_headers, values)
    expected = _signature(
        authorization, secret, _canonical_request(request, signed_headers, values)
    )
    if not hmac.compare_digest(expected, authorization.signature.encode("latin-1")):
        raise invalid_signature()


_Claims: TypeAlias = tuple[str, str, str, str, tuple[bytes, ...], str]
"""Access key id, day, region, service, signed headers and signature."""


def _usual_claims(header: str) -> _Claims | None:
    claimed, _, signature = header.rpartition("Signature=")
    # A signature of letters and digits holds no separator, so nothing comes behind it.
    if len(claimed) > _MAX_USUAL_LENGTH or not signature.isalnum():
        return None
    claims = _claims_before_signature(claimed)
    return None if claims is None else (*claims, signature)


# All that a client sends in one day differs in the signature only.
@functools.lru_cache(maxsize=4096)
def _claims_before_signature(claimed: str) -> tuple[str, str, str, str, tuple[bytes, ...]] | None:
    usual = _USUAL_CLAIMS.fullmatch(claimed)
    if usual is None:
        return None
    access_key_id, day, region, service, signed_headers = usual.groups()
    return access_key_id, day, region, service, _names(signed_headers)


def _names(signed_headers: str) -> tuple[bytes, ...]:
    return tuple(signed_headers.encode("latin-1").split(b";"))


def _read_closely(request: HttpRequest, *, has_date: bool) -> _Claims:
    """Take a header apart piece by piece, to say what is wrong with it."""
    header = _authorization_header(request)
    parameters = _parameters(header)
    _refuse_missing_pieces(header, parameters, has_date=has_date)
    credential = _credential(parameters["Credential"])
    return (*credential, _names(parameters["SignedHeaders"]), parameters["Signature"])


def _authorization_header(request: HttpRequest) -> str:
    headers = [value for name, value in request.headers if name == b"authorization"]
    if not any(headers):
        raise missing_authentication_token()
    if len(headers) > 1:
        message = "The request must have exactly one Authorization header."
        raise incomplete_signature(message, message)
    return headers[0].decode("latin-1")


def _parameters(header: str) -> dict[str, str]:
    algorithm, _, rest = header.partition(" ")
    parameters: dict[str, str] = {}
    for part in rest.replace(",", " ").split():
        name, equals, value = part.partition("=")
        if not equals:
            raise incomplete_signature(
                f"'{part}' not a valid key=value pair (missing equal-sign)"
                f" in Authorization header: '{header}'.",
                "A part of the Authorization header has no equal-sign.",
            )
        if name in parameters:
            raise incomplete_signature(
                f"Authorization header has more than one '{name}' parameter."
                f" Authorization={header}",
                "A parameter of the Authorization header is given twice.",
            )
        parameters[name] = value
    if algorithm != _ALGORITHM:
        raise incomplete_signature(
            f"Unsupported AWS 'algorithm': '{algorithm}'; sign the request with {_ALGORITHM}.",
            "The algorithm in the Authorization header is not supported.",
        )
    return parameters


def _refuse_missing_pieces(header: str, parameters: Mapping[str, str], *, has_date: bool) -> None:
    missing = [
        f"Authorization header requires '{name}' parameter. "
        for name in ("Credential", "Signature", "SignedHeaders")
        if not parameters.get(name)
    ]
    if not has_date:
        missing.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        )
    if missing:
        text = "".join(missing)
        raise incomplete_signature(f"{text}Authorization={header}", text.rstrip())


def _credential(credential: str) -> tuple[str, str, str, str]:
    parts = credential.split("/")
    if len(parts) != 5:
        raise incomplete_signature(
            "Credential must have exactly 5 slash-delimited elements,"
            f" e.g. keyid/date/region/service/term, got '{credential}'",
            "The Credential of the Authorization header has not 5 elements.",
        )
    access_key_id, day, region, service, terminator = parts
    if terminator != _TERMINATOR:
        raise invalid_signature(
            f"Credential should be scoped with a valid terminator: '{_TERMINATOR}'. "
        )
    return access_key_id, day, region, service


def _signed_at(date: str) -> str:
    try:
        signed_at = date if _INSTANT.fullmatch(date) else _from_http_date(date)
        _epoch_s(signed_at)
    except (ValueError, OverflowError):
        raise incomplete_signature(
            f"Date must be in ISO-8601 'basic format'. Got '{date}'.",
            "The date of the request is not in ISO 8601's basic format.",
        ) from None
    return signed_at


# Tue, 24 Nov 2026 10:33:19 GMT, with -0000 at the end if botocore sent it.
def _from_http_date(date: str) -> str:
    numeric = date.replace(" GMT", " +0000")
    sent_at = datetime.strptime(numeric, "%a, %d %b %Y %H:%M:%S %z")
    return sent_at.astimezone(UTC).strftime(_BASIC_FORMAT)


# Most requests that come in a second were signed in the same one.
@functools.lru_cache(maxsize=1024)
def _epoch_s(signed_at: str) -> int:
    return int(datetime.strptime(signed_at, _BASIC_FORMAT).replace(tzinfo=UTC).timestamp())


def _check_scope(authorization: Authorization, service: str) -> None:
    day = authorization.signed_at[:8]
    problems: list[str] = []
    if not _REGION.fullmatch(authorization.region):
        problems.append("Credential should be scoped to a valid region. ")
    if authorization.service != service:
        problems.append(f"Credential should be scoped to correct service: '{service}'. ")
    if authorization.date != day:
        problems.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from"
            f" HTTP: '{authorization.date}' != '{day}', from '{authorization.signed_at}'. "
        )
    if problems:
        raise invalid_signature("".join(problems))


def _check_clock(signed_at: str, now: float) -> None:
    now_s = int(now)
    age_s = now_s - _epoch_s(signed_at)
    minutes = MAX_SKEW_S // 60
    if age_s > MAX_SKEW_S:
        raise invalid_signature(
            f"Signature expired: {signed_at} is now earlier than {_basic(now_s - MAX_SKEW_S)}"
            f" ({_basic(now_s)} - {minutes} min.)"
        )
    if age_s < -MAX_SKEW_S:
        raise invalid_signature(
            f"Signature not yet current: {signed_at} is still later than"
            f" {_basic(now_s + MAX_SKEW_S)} ({_basic(now_s)} + {minutes} min.)"
        )


def _basic(epoch_s: int) -> str:
    return datetime.fromtimestamp(epoch_s, UTC).strftime(_BASIC_FORMAT)


def _check_signed_headers(signed_headers: Sequence[bytes], values: Mapping[bytes, bytes]) -> None:
    signed = frozenset(signed_headers)
    if len(signed) < len(signed_headers):
        raise invalid_signature()
    if b"host" not in signed:
        raise invalid_signature("'Host' must be a 'SignedHeader' in the AWS Authorization. ")
    for name in values:
        if name not in signed and name.startswith(b"x-amz-") and name != _NEED_NOT_BE_SIGNED:
            text = name.decode("latin-1")
            raise invalid_signature(f"'{text}' must be a 'SignedHeader' in the AWS Authorization. ")


def _canonical_request(
    request: HttpRequest, signed: Sequence[bytes], values: Mapping[bytes, bytes]
) -> bytes:
    try:
        header_lines = canonical_headers(signed, values)
    except KeyError:
        raise invalid_signature() from None
    return b"\n".join(
        (
            request.method.encode("utf-8", "surrogatepass"),
            canonical_path(request.path),
            canonical_query(request.query),
            header_lines,
            b";".join(signed),
            _body_hash(request.body, values),
        )
    )


def _body_hash(body: bytes, values: Mapping[bytes, bytes]) -> bytes:
    computed = hashlib.sha256(body).hexdigest().encode()
    claimed = values.get(b"x-amz-content-sha256", computed)
    if claimed != computed:
        raise invalid_signature(
            "The value of 'X-Amz-Content-SHA256' is not the hash of the body."
            " Bodies must be signed: UNSIGNED-PAYLOAD is not accepted."
        )
    return computed


def _signature(authorization: Authorization, secret: str, canonical_request: bytes) -> bytes:
    day, region, service = authorization.date, authorization.region, authorization.service
    digest = hashlib.sha256(canonical_request).hexdigest()
    text = (
        f"{_ALGORITHM}\n{authorization.signed_at}\n{day}/{region}/{service}/{_TERMINATOR}\n{digest}"
    )
    return _keyed(secret, day, region, service).hexdigest(text.encode())


# Deriving the key takes as long as the rest of a verification; a key serves for a day.
@functools.lru_cache(maxsize=4096)
def _keyed(secret: str, day: str, region: str, service: str) -> "_Keyed":
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, _TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return _Keyed(key)


class _Keyed:
    """HMAC-SHA-256 with one key (RFC 2104).

    Its two hashes have taken the key in already: to copy them takes half as long as `HMAC.copy`.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        """Take a key that is no longer than a block."""
        block = key.ljust(hashlib.sha256().block_size, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def hexdigest(self, message: bytes) -> bytes:
        """Give the code that vouches for a message."""
        inner = self._inner.copy()
        inner.update(message)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.hexdigest().encode()
