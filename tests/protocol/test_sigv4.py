"""Verification is held against botocore's signer; cases/sigv4 has the requests and the texts."""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from patchwarden.protocol import sigv4
from patchwarden.protocol.canonical_form import header_values
from patchwarden.protocol.errors import SIGNATURE_MISMATCH, ServiceError
from patchwarden.protocol.sigv4 import Authorization, HttpRequest, read_authorization, verify

CASES = Path(__file__).parent.parent / "cases" / "sigv4"
ACCEPTED = json.loads((CASES / "accepted.json").read_text())
UNREADABLE = json.loads((CASES / "unreadable.json").read_text())

SIGNED_AT = "20261124T103319Z"
NOW = 1795516399.0
HOST = "patchwarden.example:8440"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A request that is to be signed."""

    name: str = ""
    method: str = "POST"
    path: str = "/"
    query: str = ""
    headers: Sequence[tuple[str, str]] = ()
    body: str = ""
    region: str = "us-east-1"
    service: str = "ssm"
    access_key_id: str = "AKIAIOSFODNN7EXAMPLE"
    secret: str = SECRET
    token: str | None = None
    signed_at: str = SIGNED_AT

    def botocore_request(self) -> AWSRequest:
        query = f"?{self.query}" if self.query else ""
        url = f"https://{HOST}{self.path}{query}"
        request = AWSRequest(self.method, url, data=self.body.encode())
        for name, value in self.headers:
            request.headers.add_header(name, value)
        request.context["timestamp"] = self.signed_at
        return request

    def signer(self) -> SigV4Auth:
        credentials = Credentials(self.access_key_id, self.secret, self.token)
        return SigV4Auth(credentials, self.service, self.region)


def sign(plan: Plan) -> HttpRequest:
    """Sign with botocore, and give the request as it then arrives."""
    request, signer = plan.botocore_request(), plan.signer()
    signer._modify_request_before_signing(request)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(text, request))
    sent = [("host", HOST), *request.headers.items()]
    parts = urlsplit(request.url)
    return HttpRequest(
        plan.method,
        parts.path,
        parts.query,
        [(name.lower().encode(), value.encode()) for name, value in sent],
        plan.body.encode(),
    )


def check(request: HttpRequest, *, secret: str = SECRET, now: float = NOW) -> None:
    verify(request, read_authorization(request), secret, service="ssm", now=now)


def refusal(request: HttpRequest, *, secret: str = SECRET, now: float = NOW) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        check(request, secret=secret, now=now)
    return caught.value


def with_header(request: HttpRequest, name: bytes, value: bytes | None) -> HttpRequest:
    """Replace the value of a header, or leave the header out."""
    headers = [header for header in request.headers if header[0] != name]
    return request._replace(headers=headers if value is None else [*headers, (name, value)])


def with_signed_headers(request: HttpRequest, names: bytes) -> HttpRequest:
    before, _, after = header(request, b"authorization").partition(b"SignedHeaders=")
    value = before + b"SignedHeaders=" + names + after[after.index(b",") :]
    return with_header(request, b"authorization", value)


def header(request: HttpRequest, name: bytes) -> bytes:
    return dict(request.headers)[name]


def plan_of(case: dict[str, Any]) -> Plan:
    pairs = [(name, value) for name, value in case.get("headers", [])]
    return Plan(**{**case, "headers": pairs})


def by_name(case: dict[str, Any]) -> str:
    return str(case["name"])


# What is accepted


@pytest.mark.parametrize("case", ACCEPTED, ids=by_name)
def test_what_botocore_signs_is_accepted(case: dict[str, Any]) -> None:
    plan = plan_of(case)
    check(sign(plan), secret=plan.secret)


@pytest.mark.parametrize("case", [each for each in ACCEPTED if "%" not in str(each)], ids=by_name)
def test_the_canonical_request_is_botocores(case: dict[str, Any]) -> None:
    plan = plan_of(case)
    request, signer = plan.botocore_request(), plan.signer()
    signer._modify_request_before_signing(request)
    arrived = sign(plan)
    signed = read_authorization(arrived).signed_headers
    values = header_values(arrived.headers)
    ours = sigv4._canonical_request(arrived, signed, values)
    assert ours.decode() == signer.canonical_request(request)


def test_a_query_is_signed_as_it_means_not_as_it_is_spelled() -> None:
    plan = Plan(query="a=%2F%7E&b=%41")
    canonical = Plan(query="a=%2F~&b=A")
    check(sign(canonical)._replace(query=plan.query.lower()))


def test_the_claims_of_the_header_are_read() -> None:
    request = sign(Plan(region="eu-west-1"))
    assert read_authorization(request) == Authorization(
        access_key_id="AKIAIOSFODNN7EXAMPLE",
        date="20261124",
        region="eu-west-1",
        service="ssm",
        signed_headers=(b"host", b"x-amz-date"),
        signature=header(request, b"authorization").rpartition(b"=")[2].decode(),
        signed_at=SIGNED_AT,
        headers=dict(request.headers),
    )


def test_separators_may_be_bare_commas() -> None:
    request = sign(Plan())
    bare = header(request, b"authorization").replace(b", ", b",")
    check(with_header(request, b"authorization", bare))


def test_the_order_of_headers_and_unsigned_ones_do_not_matter() -> None:
    request = sign(Plan(headers=[("X-Amz-Target", "AmazonSSM.X")]))
    more = [(b"user-agent", b"x"), (b"accept-encoding", b"identity"), *reversed(request.headers)]
    check(request._replace(headers=more))


def test_an_unsigned_security_token_is_ignored() -> None:
    check(with_header(sign(Plan()), b"x-amz-security-token", b"anything"))


def test_an_altered_signed_security_token_is_refused() -> None:
    request = sign(Plan(token="session-token"))
    altered = with_header(request, b"x-amz-security-token", b"another")
    assert refusal(altered).message == SIGNATURE_MISMATCH


# What cannot be read


def unsigned(authorization: str, date: str = SIGNED_AT) -> HttpRequest:
    headers = [(b"host", HOST.encode()), (b"authorization", authorization.encode())]
    return HttpRequest("POST", "/", "", [*headers, (b"x-amz-date", date.encode())], b"")


@pytest.mark.parametrize("case", UNREADABLE, ids=by_name)
def test_an_unreadable_header_is_an_incomplete_signature(case: dict[str, Any]) -> None:
    error = refusal(unsigned(case["authorization"], case.get("date", SIGNED_AT)))
    assert (error.code, error.message) == ("IncompleteSignatureException", case["message"])
    assert error.status == 400


@pytest.mark.parametrize("case", UNREADABLE, ids=by_name)
def test_what_the_header_holds_is_not_logged(case: dict[str, Any]) -> None:
    text = str(refusal(unsigned(case["authorization"], case.get("date", SIGNED_AT))))
    assert text
    for secret in ("AKIA", "xyz", "dXNlcjpwYXNzd29yZA", "Signature=", case["authorization"]):
        assert secret not in text


@pytest.mark.parametrize("headers", [[], [(b"authorization", b"")]])
def test_a_request_that_is_not_signed(headers: list[tuple[bytes, bytes]]) -> None:
    error = refusal(HttpRequest("POST", "/", "", headers, b"{}"))
    assert error.code == "MissingAuthenticationTokenException"
    assert error.message == "Missing Authentication Token"


def test_a_signature_in_the_query_counts_as_none() -> None:
    request = HttpRequest("GET", "/", "X-Amz-Signature=00", [(b"host", b"x")], b"")
    assert refusal(request).code == "MissingAuthenticationTokenException"


@pytest.mark.parametrize("second", [b"Bearer xyz", b"", None])
def test_a_second_authorization_header_is_refused(second: bytes | None) -> None:
    request = sign(Plan())
    value = header(request, b"authorization") if second is None else second
    error = refusal(request._replace(headers=[*request.headers, (b"authorization", value)]))
    assert error.code == "IncompleteSignatureException"
    assert error.message == "The request must have exactly one Authorization header."


def test_a_second_date_is_refused() -> None:
    request = sign(Plan())
    doubled = [*request.headers, (b"x-amz-date", SIGNED_AT.encode())]
    assert refusal(request._replace(headers=doubled)).code == "IncompleteSignatureException"


# What the signature must be scoped to


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (
            Plan(service="s3"),
            "Credential should be scoped to correct service: 'ssm'. ",
        ),
        (
            Plan(region="US_EAST_1"),
            "Credential should be scoped to a valid region. ",
        ),
        (
            Plan(region="", service=""),
            (
                "Credential should be scoped to a valid region. "
                "Credential should be scoped to correct service: 'ssm'. "
            ),
        ),
    ],
)
def test_the_scope_must_fit(plan: Plan, message: str) -> None:
    error = refusal(sign(plan))
    assert (error.code, error.message) == ("InvalidSignatureException", message)


@pytest.mark.parametrize("region", ["-a", "a-", "a" * 64, "a b", "\u00e9", "us-east-1\n"])
def test_what_no_region_can_be_called_is_refused(region: str) -> None:
    authorization = read_authorization(sign(Plan()))._replace(region=region)
    with pytest.raises(ServiceError, match="valid region"):
        verify(sign(Plan()), authorization, SECRET, service="ssm", now=NOW)


def test_the_day_of_the_scope_must_be_the_day_of_the_request() -> None:
    request = sign(Plan())
    yesterday = header(request, b"authorization").replace(b"/20261124/", b"/20261123/")
    assert refusal(with_header(request, b"authorization", yesterday)).message == (
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP:"
        " '20261123' != '20261124', from '20261124T103319Z'. "
    )


def test_the_scope_must_end_as_all_do() -> None:
    request = sign(Plan())
    other = header(request, b"authorization").replace(b"/aws4_request", b"/aws5_request")
    error = refusal(with_header(request, b"authorization", other))
    assert error.code == "InvalidSignatureException"
    assert error.message == (
        "Credential should be scoped with a valid terminator: 'aws4_request'. "
    )


# When it was signed


@pytest.mark.parametrize("age_s", [-300, -1, 0, 0.999, 299.5, 300, 300.999])
def test_clocks_may_be_five_minutes_apart(age_s: float) -> None:
    check(sign(Plan()), now=NOW + age_s)


@pytest.mark.parametrize("age_s", [301, 301.5])
def test_a_signature_expires_after_five_minutes(age_s: float) -> None:
    error = refusal(sign(Plan()), now=NOW + age_s)
    assert error.code == "InvalidSignatureException"
    assert error.message == (
        "Signature expired: 20261124T103319Z is now earlier than 20261124T103320Z"
        " (20261124T103820Z - 5 min.)"
    )


def test_a_signature_of_the_future_is_refused() -> None:
    error = refusal(sign(Plan()), now=NOW - 301)
    assert error.code == "InvalidSignatureException"
    assert error.message == (
        "Signature not yet current: 20261124T103319Z is still later than 20261124T103318Z"
        " (20261124T102818Z + 5 min.)"
    )


@pytest.mark.parametrize(
    "date",
    [
        "Tue, 24 Nov 2026 10:33:19 -0000",
        "Tue, 24 Nov 2026 10:33:19 GMT",
        "Tue, 24 Nov 2026 12:33:19 +0200",
        SIGNED_AT,
    ],
)
def test_the_date_header_gives_the_time_too(date: str) -> None:
    request = with_header(sign(Plan()), b"x-amz-date", None)
    request = with_header(request, b"date", date.encode())
    assert read_authorization(request).signed_at == SIGNED_AT


@pytest.mark.parametrize(
    "date",
    ["Tue, 24 Nov 2026", "Mon, 01 Jan 0001 00:00:00 +2359", "Fri, 31 Dec 9999 23:59:59 -2359"],
)
def test_a_date_header_that_is_no_instant_is_refused(date: str) -> None:
    request = with_header(sign(Plan()), b"x-amz-date", None)
    error = refusal(with_header(request, b"date", date.encode()))
    assert error.code == "IncompleteSignatureException"
    assert error.message == f"Date must be in ISO-8601 'basic format'. Got '{date}'."


# What is signed


@pytest.mark.parametrize("name", ["host", "x-amz-date", "x-amz-target"])
def test_what_must_be_signed_is_missed(name: str) -> None:
    request = sign(Plan(headers=[("X-Amz-Target", "AmazonSSM.X")]))
    names = [each for each in read_authorization(request).signed_headers if each != name.encode()]
    error = refusal(with_signed_headers(request, b";".join(names)))
    assert error.code == "InvalidSignatureException"
    shown = "Host" if name == "host" else name
    assert error.message == f"'{shown}' must be a 'SignedHeader' in the AWS Authorization. "


def test_a_signed_header_that_did_not_arrive_is_missed() -> None:
    request = sign(Plan(headers=[("Content-Type", "x")]))
    assert refusal(with_header(request, b"content-type", None)).message == SIGNATURE_MISMATCH


@pytest.mark.parametrize("claimed", [b"UNSIGNED-PAYLOAD", b"", b"STREAMING-UNSIGNED-PAYLOAD", b"0"])
def test_the_body_must_be_signed(claimed: bytes) -> None:
    request = sign(Plan(headers=[("X-Amz-Content-SHA256", claimed.decode())]))
    error = refusal(request)
    assert error.code == "InvalidSignatureException"
    assert error.message == (
        "The value of 'X-Amz-Content-SHA256' is not the hash of the body."
        " Bodies must be signed: UNSIGNED-PAYLOAD is not accepted."
    )


def test_another_secret_is_refused() -> None:
    assert refusal(sign(Plan()), secret=SECRET[:-1]).message == SIGNATURE_MISMATCH


def test_the_signature_is_not_shown() -> None:
    request = sign(Plan())
    authorization = read_authorization(request)
    assert authorization.signature not in repr(authorization)
    assert authorization.signature not in repr(request)


# What is remembered


def test_claims_that_are_remembered_do_not_stand_for_others() -> None:
    check(sign(Plan()))
    check(sign(Plan(body="another")))
    check(sign(Plan(region="eu-west-1")))
    check(sign(Plan(secret="another")), secret="another")
    assert refusal(sign(Plan(secret="another"))).message == SIGNATURE_MISMATCH


def test_a_bounded_number_of_claims_and_keys_is_remembered() -> None:
    for remembered in (sigv4._claims_before_signature, sigv4._keyed, sigv4._epoch_s):
        assert remembered.cache_info().maxsize is not None


def test_claims_of_any_length_are_read_but_only_short_ones_remembered() -> None:
    plan = Plan(access_key_id="A" * 1000)
    before = sigv4._claims_before_signature.cache_info().misses
    assert read_authorization(sign(plan)).access_key_id == plan.access_key_id
    check(sign(plan))
    assert sigv4._claims_before_signature.cache_info().misses == before


def test_a_key_that_is_remembered_is_not_shown() -> None:
    keyed = sigv4._keyed(SECRET, "20261124", "us-east-1", "ssm")
    assert SECRET not in repr(keyed)
    assert not hasattr(keyed, "__dict__")


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_keyed_codes_are_hmacs(key: bytes, message: bytes) -> None:
    expected = hmac.digest(key, message, "sha256").hex().encode()
    assert sigv4._Keyed(key).hexdigest(message) == expected


# Properties

_visible = st.characters(min_codepoint=32, max_codepoint=126)
_names = st.from_regex(r"x-[a-z0-9]{1,8}", fullmatch=True)
_segments = st.text(max_size=5).map(lambda text: quote(text, safe=""))
_pairs = st.tuples(_segments, _segments).map("=".join)

plans = st.builds(
    Plan,
    method=st.sampled_from(["POST", "GET", "PUT"]),
    path=st.lists(_segments, max_size=4).map(lambda parts: "/" + "/".join(parts)),
    query=st.lists(_pairs, max_size=4).map("&".join),
    headers=st.lists(st.tuples(_names, st.text(_visible, max_size=12)), max_size=4),
    body=st.text(max_size=20),
    region=st.sampled_from(["us-east-1", "eu-west-1", "us-gov-west-1", "cn-north-1"]),
    secret=st.text(min_size=1, max_size=40),
    token=st.none() | st.text(_visible, min_size=1),
)


@given(plans)
def test_whatever_botocore_signs_is_accepted(plan: Plan) -> None:
    check(sign(plan), secret=plan.secret)


def alterations(request: HttpRequest) -> dict[str, HttpRequest]:
    """Give the request with one part of it altered, for each part."""
    authorization = header(request, b"authorization")
    altered = {
        "method": request._replace(method=request.method + "X"),
        "path": request._replace(path=request.path + "x"),
        "query": request._replace(query=request.query + "&x=1"),
        "body": request._replace(body=request.body + b" "),
        "date": with_header(request, b"x-amz-date", b"20261124T103320Z"),
        "length of the signature": with_header(request, b"authorization", authorization[:-1]),
        "region": with_header(
            request, b"authorization", authorization.replace(b"-1/ssm", b"-2/ssm")
        ),
        "one digit of the signature": with_header(
            request, b"authorization", authorization[:-1] + other_digit(authorization[-1:])
        ),
        "an added x-amz header": with_header(request, b"x-amz-added", b"1"),
    }
    for name in {name for name, _ in request.headers} - {b"authorization", b"x-amz-date"}:
        altered[f"header {name!r}"] = with_header(request, name, b"another value!")
        altered[f"no header {name!r}"] = with_header(request, name, None)
        altered[f"twice {name!r}"] = request._replace(headers=[*request.headers, (name, b"x")])
    return altered


def other_digit(digit: bytes) -> bytes:
    return b"0" if digit != b"0" else b"1"


@given(plans)
def test_whatever_is_altered_is_refused(plan: Plan) -> None:
    for part, altered in alterations(sign(plan)).items():
        error = refusal(altered, secret=plan.secret)
        assert error.code in {"InvalidSignatureException", "IncompleteSignatureException"}, part


_any_text = st.text(st.characters(exclude_categories=()), max_size=10)
_any_value = (
    st.binary(max_size=20)
    | st.just(sign(Plan()).headers[-1][1])
    | st.sampled_from([SIGNED_AT.encode(), b"UNSIGNED-PAYLOAD", b"Tue, 24 Nov 2026 10:33:19 GMT"])
    | st.lists(st.binary(max_size=8), min_size=5, max_size=5).map(
        lambda parts: (
            b"AWS4-HMAC-SHA256 Credential=" + b"/".join(parts) + b",SignedHeaders=host,Signature=0"
        )
    )
    | st.binary(max_size=20).map(
        lambda names: (
            b"AWS4-HMAC-SHA256 Credential=A/20261124/r/ssm/aws4_request,SignedHeaders=host;"
            + names
            + b",Signature=\xff"
        )
    )
)
_any_name = st.binary(max_size=5) | st.sampled_from(
    [b"authorization", b"x-amz-date", b"date", b"host", b"x-amz-content-sha256", b"x-amz-\xff"]
)
_any_headers = st.lists(st.tuples(_any_name, _any_value), max_size=8)


@given(
    st.builds(HttpRequest, _any_text, _any_text, _any_text, _any_headers, st.binary(max_size=5)),
    _any_value,
)
def test_hostile_requests_raise_service_errors_only(
    request: HttpRequest, authorization: bytes
) -> None:
    dated = with_header(request, b"x-amz-date", SIGNED_AT.encode())
    for attempt in (request, with_header(dated, b"authorization", authorization)):
        with pytest.raises(ServiceError) as caught:
            check(attempt)
        assert caught.value.to_body()


def test_huge_headers_are_verified_like_small_ones() -> None:
    check(sign(Plan(headers=[("X-Amz-Meta", "a " * 100_000)])))


# Each of these takes minutes or terabytes if its parts are multiplied.
def test_many_headers_take_no_more_than_their_size() -> None:
    request = sign(Plan(headers=[("X-Amz-Meta", "a" * 100_000)]))
    names = b"host;" + b";".join(b"x-amz-%d" % number for number in range(100_000))
    for altered in (
        with_signed_headers(request, b";".join([b"x-amz-meta"] * 100_000)),
        with_signed_headers(
            request._replace(headers=[*request.headers, *[(b"x-amz-more", b"")] * 100_000]), names
        ),
    ):
        assert refusal(altered).code == "InvalidSignatureException"


def test_a_name_signed_twice_is_refused() -> None:
    request = with_signed_headers(sign(Plan()), b"host;host;x-amz-date")
    assert refusal(request).message == SIGNATURE_MISMATCH


def test_surrogates_in_the_request_line_are_refused() -> None:
    request = sign(Plan())
    surrogate = "/\ud800"
    for altered in (
        request._replace(method=surrogate),
        request._replace(path=surrogate),
        request._replace(query=surrogate),
    ):
        assert refusal(altered).message == SIGNATURE_MISMATCH
