"""How many requests a key may send."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver import load_model
from patchwarden.protocol.errors import ServiceError, unrecognized_client
from patchwarden.protocol.service_model import Operation
from patchwarden.protocol.sigv4 import HttpRequest
from patchwarden.server.admission import ThrottlingError
from patchwarden.server.authentication import NOBODY, Caller
from patchwarden.server.request_rate import RequestRate, at_a_rate
from patchwarden.store.credentials import Holder
from patchwarden.store.database import Scope

NOW = 1_764_000_000.0
REQUEST = HttpRequest("POST", "/", "", [], b"")
OPERATION = load_model().operations["AmazonSSM.DescribeInstancePatches"]


def taken(rate: RequestRate, key: str, now: float, tries: int) -> int:
    return sum(rate.take(key, now) for _ in range(tries))


def test_after_a_pause_there_is_room_for_two_seconds_worth() -> None:
    rate = RequestRate(5)
    assert taken(rate, "a", NOW, 100) == 10
    assert taken(rate, "a", NOW + 1, 100) == 5
    assert taken(rate, "a", NOW + 1_000, 100) == 10


def test_a_rate_below_one_lets_a_request_in_at_times() -> None:
    rate = RequestRate(0.25)
    assert taken(rate, "a", NOW, 5) == 1
    assert taken(rate, "a", NOW + 3.9, 5) == 0
    assert taken(rate, "a", NOW + 4.1, 5) == 1


def test_keys_have_nothing_to_do_with_each_other() -> None:
    rate = RequestRate(1)
    assert taken(rate, "a", NOW, 5) == taken(rate, "b", NOW, 5) == 2


def test_a_clock_that_was_set_back_refuses_nobody_for_long() -> None:
    rate = RequestRate(10)
    assert taken(rate, "a", NOW, 1) == 1
    assert taken(rate, "a", NOW - 86_400, 100) == 19
    assert taken(rate, "a", NOW - 86_399, 100) == 10


@given(st.floats(0.1, 100), st.lists(st.tuples(st.floats(0, 5), st.integers(1, 30)), max_size=20))
def test_never_more_than_the_rate_and_one_burst(
    per_s: float, steps: list[tuple[float, int]]
) -> None:
    rate = RequestRate(per_s)
    passed_s, count = 0.0, 0
    for pause_s, tries in steps:
        passed_s += pause_s
        count += taken(rate, "a", NOW + passed_s, tries)
    # Times of today have microseconds only.
    assert count <= max(1, 2 * per_s) + passed_s * per_s + 0.001


def test_keys_that_have_paused_are_forgotten_and_others_are_not() -> None:
    rate = RequestRate(0.5)
    for number in range(9_999):
        assert rate.take(str(number), NOW)
    assert rate.take("busy", NOW + 3)
    assert len(rate) == 10_000
    assert rate.take("another", NOW + 3)
    assert len(rate) == 2
    assert taken(rate, "busy", NOW + 3, 5) == 0


@dataclass
class Authority:
    """Takes every request for one of the key that it is told."""

    key: str = "a"

    def __call__(self, request: HttpRequest, operation: Operation, now: float) -> Caller:
        if self.key == "forged":
            raise unrecognized_client()
        holder = Holder(account_id="123456789012", role="admin")
        return Caller(holder, Scope("123456789012", "us-east-1"), self.key) if self.key else NOBODY


def test_requests_over_the_rate_are_refused_after_they_were_authenticated() -> None:
    authority = Authority()
    authenticate = at_a_rate(authority, RequestRate(0.5), ThrottlingError)
    assert authenticate(REQUEST, OPERATION, NOW).access_key_id == "a"
    with pytest.raises(ThrottlingError):
        authenticate(REQUEST, OPERATION, NOW)
    authority.key = "forged"
    for _ in range(3):
        with pytest.raises(ServiceError, match="security token"):
            authenticate(REQUEST, OPERATION, NOW)


def test_requests_that_no_key_signs_have_no_rate() -> None:
    authenticate = at_a_rate(Authority(key=""), RequestRate(0.5), ThrottlingError)
    for _ in range(3):
        assert authenticate(REQUEST, OPERATION, NOW) is NOBODY
