from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from patchwarden_agent.signing import SigningKey, signed_headers

_KEY = SigningKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG", "eu-central-1", "ssm")


def _botocore_headers(url: str, headers: dict[str, str], body: bytes) -> dict[str, str]:
    request = AWSRequest(method="POST", url=url, headers=dict(headers), data=body)
    credentials = Credentials(_KEY.access_key_id, _KEY.secret_access_key)
    SigV4Auth(credentials, _KEY.service, _KEY.region).add_auth(request)
    return dict(request.headers.items())


@settings(max_examples=50)
@given(
    path=st.sampled_from(["", "/", "/patchwarden", "/a%20b/~c-d_e.f", "/%C3%A9"]),
    body=st.binary(),
    target=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)).map(str.strip),
)
def test_signatures_are_those_of_botocore(path: str, body: bytes, target: str) -> None:
    url = f"https://patchwarden.example.test:8440{path}"
    headers = {
        "Host": "patchwarden.example.test:8440",
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": target,
    }
    expected = _botocore_headers(url, headers, body)
    at = datetime.strptime(expected["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = signed_headers(url, headers, body, _KEY, at)
    assert ours["Authorization"] == expected["Authorization"]
    assert ours["X-Amz-Date"] == expected["X-Amz-Date"]


@pytest.mark.parametrize("text", [repr(_KEY), str(_KEY)])
def test_the_secret_is_not_shown(text: str) -> None:
    assert _KEY.secret_access_key not in text
    assert _KEY.access_key_id in text
