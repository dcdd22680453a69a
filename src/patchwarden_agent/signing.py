"""Signs requests with AWS Signature Version 4, as an AWS SDK would."""

import hashlib
import hmac
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class SigningKey:
    """With which key, and for which region and service, to sign."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str
    service: str


def signed_headers(
    url: str, headers: Mapping[str, str], body: bytes, key: SigningKey, at: datetime
) -> dict[str, str]:
    """Give `headers` of a POST request to `url`, and those that sign all of them.

    `headers` must have Host as it is sent. `at` is aware. `url` has no query.
    """
    moment = at.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    dated = {**headers, "X-Amz-Date": moment}
    scope = f"{moment[:8]}/{key.region}/{key.service}/aws4_request"
    names = ";".join(sorted(name.lower() for name in dated))
    request = _canonical_request(url, dated, names, body)
    to_sign = "\n".join([_ALGORITHM, moment, scope, hashlib.sha256(request).hexdigest()])
    signature = hmac.new(_derived_key(key, moment[:8]), to_sign.encode(), "sha256").hexdigest()
    return {
        **dated,
        "Authorization": f"{_ALGORITHM} Credential={key.access_key_id}/{scope},"
        f" SignedHeaders={names}, Signature={signature}",
    }


def _canonical_request(url: str, headers: Mapping[str, str], names: str, body: bytes) -> bytes:
    path = urllib.parse.urlsplit(url).path or "/"
    lines = sorted(f"{name.lower()}:{' '.join(value.split())}\n" for name, value in headers.items())
    parts = [
        "POST",
        # The path is quoted once in the URL and once more here, as for every service but S3.
        urllib.parse.quote(path, safe="/~"),
        "",
        "".join(lines),
        names,
        hashlib.sha256(body).hexdigest(),
    ]
    return "\n".join(parts).encode("utf-8")


def _derived_key(key: SigningKey, day: str) -> bytes:
    derived = f"AWS4{key.secret_access_key}".encode()
    for part in (day, key.region, key.service, "aws4_request"):
        derived = hmac.new(derived, part.encode(), "sha256").digest()
    return derived
