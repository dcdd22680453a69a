"""Limits that would let nobody in."""

from typing import Any

import pytest

from patchwarden.errors import InstallationError
from patchwarden.server.limits import Limits


@pytest.mark.parametrize(
    "name", ["connections", "waiting_writes", "waiting_reads", "body_bytes", "requests_per_s"]
)
@pytest.mark.parametrize("number", [0, -1])
def test_a_limit_is_above_zero(name: str, number: int) -> None:
    members: dict[str, Any] = {name: number}
    with pytest.raises(InstallationError, match="must be above 0"):
        Limits(**members)


def test_without_a_rate_any_number_of_requests_may_come() -> None:
    assert Limits().requests_per_s is None
