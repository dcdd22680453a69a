import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden.domain.versions import rpm
from patchwarden_agent.rpm.order import sort_key

EVRS = st.text("0123456789abzAZ~^.+_-:", max_size=12)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.0-1", "1.0-2"),
        ("1.9-1", "1.10-1"),
        ("2.0-1", "1:1.0-1"),
        ("9:1-1", "10:1-1"),
        ("1.0~rc1-1", "1.0-1"),
        ("1.0-1", "1.0^git1-1"),
        ("1.0^git1-1", "1.0.1-1"),
        ("1.0a-1", "1.0.1-1"),
        ("1.0-1", "1.0a-1"),
        ("1.0-150600.23.7.1", "1.0-150600.23.47.1"),
        ("1." + "9" * 30 + "-1", "1.1" + "0" * 30 + "-1"),
    ],
)
def test_a_newer_version_sorts_after_an_older_one(older: str, newer: str) -> None:
    assert sort_key(older) < sort_key(newer)


@pytest.mark.parametrize(
    ("one", "other"), [("1.0-1", "0:1.0-1"), ("1.01-1", "1.1-1"), ("1.0_1-1", "1.0+1-1")]
)
def test_versions_that_rpm_takes_for_the_same_are_equal(one: str, other: str) -> None:
    assert sort_key(one) == sort_key(other)


@given(EVRS, EVRS)
def test_the_server_has_the_same_order(one: str, other: str) -> None:
    first, second = sort_key(one), sort_key(other)
    assert (first > second) - (first < second) == rpm.compare(one, other)
