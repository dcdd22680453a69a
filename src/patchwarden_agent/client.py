"""Calls an operation of the server: AWS JSON 1.1 over HTTP or HTTPS.

Certificates are always verified; SSL_CERT_FILE names another authority. HTTPS_PROXY, HTTP_PROXY
and NO_PROXY are honoured.
"""

import http.client
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import IO, Any, NoReturn, Optional

from patchwarden_agent import __version__
from patchwarden_agent.errors import AgentError, RequestError, UnreachableError
from patchwarden_agent.signing import SigningKey, signed_headers

TIMEOUT_S = 60.0
"""For connecting, and for each wait for data."""
_MAX_ANSWER_BYTES = 16 * 1024 * 1024
_THROTTLING = frozenset(
    {
        "LimitExceededException",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_ADVICE: Mapping[str, str] = {
    "AccessDeniedException": "check that the key may do this",
    "InvalidActivation": "check the activation code, or create a new activation",
    "InvalidActivationId": "check the activation ID, or create a new activation",
    "InvalidInstanceId": "register the node again",
    "InvalidSignatureException": "check the clock of this machine, or register the node again",
    "UnrecognizedClientException": "the key is not valid any more: register the node again",
}


@dataclass(frozen=True)
class Operation:
    """What is called: `{target_prefix}.{name}` in X-Amz-Target."""

    target_prefix: str
    name: str


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Take a redirection for an error: a signature holds for one host and one path."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> None:
        """Follow none."""


def call(
    endpoint: str,
    operation: Operation,
    members: Mapping[str, Any],
    key: Optional[SigningKey],
    *,
    timeout_s: float = TIMEOUT_S,
) -> dict[str, Any]:
    """Send `members`, signed with `key` if there is one, and give the members of the answer.

    Raises RequestError for an answer that is an error, UnreachableError if none comes.
    """
    url, host = _parse_endpoint(endpoint)
    body = json.dumps(members, separators=(",", ":")).encode("utf-8")
    headers = {
        "Host": host,
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"{operation.target_prefix}.{operation.name}",
    }
    if key is not None:
        headers = signed_headers(url, headers, body, key, datetime.now(timezone.utc))
    headers["User-Agent"] = f"patchwarden-agent/{__version__}"
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    return _decoded(_send(request, operation, endpoint, timeout_s), endpoint)


def _parse_endpoint(endpoint: str) -> tuple[str, str]:
    """Give the URL to send to, and the Host header."""
    try:
        parts = urllib.parse.urlsplit(endpoint)
        port = parts.port
    except ValueError as error:
        raise AgentError(f"The endpoint {endpoint!r} is no URL: {error}.") from error
    has_extras = parts.username or parts.password or parts.query or parts.fragment
    if parts.scheme not in ("http", "https") or not parts.hostname or has_extras:
        raise AgentError(
            "The endpoint must be a URL such as https://patchwarden.example.com:8440,"
            " without user, query or fragment."
        )
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    host = name if port is None else f"{name}:{port}"
    path = urllib.parse.quote(parts.path or "/", safe="/~%")
    return urllib.parse.urlunsplit((parts.scheme, host, path, "", "")), host


def _send(
    request: urllib.request.Request, operation: Operation, endpoint: str, timeout_s: float
) -> bytes:
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(request, timeout=timeout_s) as answer:
            content: bytes = answer.read(_MAX_ANSWER_BYTES)
            if answer.length:
                # http.client says nothing where less came than the server meant to send.
                raise http.client.IncompleteRead(content, answer.length)
            return content
    except urllib.error.HTTPError as error:
        with error:
            _raise_request_error(operation, error.code, _read_some(error))
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise UnreachableError(f"No answer from {endpoint}: {_reason(error)}.") from error


def _read_some(answer: IO[bytes]) -> bytes:
    try:
        return answer.read(_MAX_ANSWER_BYTES)
    except (OSError, http.client.HTTPException):
        return b""


def _raise_request_error(operation: Operation, status: int, content: bytes) -> NoReturn:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    fields = body if isinstance(body, dict) else {}
    code = str(fields.get("__type") or f"HTTP {status}").rpartition("#")[2][:100]
    message = str(fields.get("message") or fields.get("Message") or "")[:1000]
    advice = _ADVICE.get(code, "see the log of the server" if status >= 500 else "")
    said = ": ".join(part for part in (code, message.rstrip(".")) if part)
    sentence = f"The server answered {operation.name} with {said}"
    raise RequestError(
        f"{sentence}; {advice}." if advice else f"{sentence}.",
        code=code,
        message=message,
        status=status,
    )


def _reason(error: Exception) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted ({cause.verify_message}); name the authority's"
            " certificate in SSL_CERT_FILE"
        )
    text = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return f"{' '.join(text.split())}; check the endpoint and the network"


def _decoded(content: bytes, endpoint: str) -> dict[str, Any]:
    try:
        answer = json.loads(content or b"{}")
    except (ValueError, RecursionError) as error:
        raise UnreachableError(
            f"What answers at {endpoint} is no Patchwarden server; check the endpoint."
        ) from error
    if not isinstance(answer, dict):
        raise UnreachableError(
            f"What answers at {endpoint} is no Patchwarden server; check the endpoint."
        )
    return answer


def may_succeed_later(error: AgentError) -> bool:
    """Say whether sending the same again is worth it."""
    if isinstance(error, RequestError):
        return error.status >= 500 or error.status == 429 or error.code in _THROTTLING
    return isinstance(error, UnreachableError)
