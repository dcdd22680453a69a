"""Requests byte by byte, for what no client library would send."""

import http.client
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from patchwarden.store.credentials import IssuedKey
from serving import REGION

TIMEOUT_S = 10
CONTENT_TYPE = "application/x-amz-json-1.1"


class RawRequest(NamedTuple):
    """A `POST /` as it goes over the wire, but for Content-Length."""

    headers: dict[str, str]
    body: bytes

    def with_headers(self, headers: Mapping[str, str | None]) -> "RawRequest":
        """Change headers after signing; None takes one away."""
        changed = {**self.headers, **headers}
        return RawRequest(
            {name: text for name, text in changed.items() if text is not None}, self.body
        )


class RawAnswer(NamedTuple):
    """An answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


class Signing(NamedTuple):
    """What a request is signed for."""

    region: str = REGION
    service: str = "ssm"
    signed_at: float | None = None
    """None for now."""
    token: str | None = None


def unsigned(
    url: str, target: str, body: bytes = b"{}", headers: Mapping[str, str | None] | None = None
) -> RawRequest:
    """Make a request without a signature; `headers` add to the usual ones or replace them."""
    usual = {"Host": urlsplit(url).netloc, "Content-Type": CONTENT_TYPE, "X-Amz-Target": target}
    return RawRequest(usual, body).with_headers(headers or {})


def signed(
    url: str, request: RawRequest, key: IssuedKey, signing: Signing | None = None
) -> RawRequest:
    """Sign a request as botocore does."""
    signing = signing or Signing()
    outgoing = AWSRequest("POST", f"{url}/", headers=request.headers, data=request.body)
    credentials = Credentials(key.access_key_id, key.secret_access_key, signing.token)
    signer = _ClockedSigV4Auth(credentials, signing.service, signing.region)
    signer.sign_at(outgoing, time.time() if signing.signed_at is None else signing.signed_at)
    return RawRequest(dict(outgoing.headers.items()), request.body)


def send(url: str, request: RawRequest) -> RawAnswer:
    """Send a request on a connection of its own and wait for the answer."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT_S)
    try:
        connection.putrequest("POST", "/", skip_host=True, skip_accept_encoding=True)
        for name, text in {**request.headers, "Content-Length": str(len(request.body))}.items():
            connection.putheader(name, text)
        connection.endheaders(request.body)
        return read_answer(connection.getresponse())
    finally:
        connection.close()


def read_answer(response: http.client.HTTPResponse) -> RawAnswer:
    """Read all of an answer."""
    headers = {name.lower(): text for name, text in response.getheaders()}
    return RawAnswer(response.status, headers, response.read())


class _ClockedSigV4Auth(SigV4Auth):  # type: ignore[misc] # botocore is not typed
    """Signs as of any time."""

    def sign_at(self, request: AWSRequest, epoch_s: float) -> None:
        instant = datetime.fromtimestamp(epoch_s, UTC)
        request.context["timestamp"] = instant.strftime(SIGV4_TIMESTAMP)
        self._modify_request_before_signing(request)
        text = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(text, request))
