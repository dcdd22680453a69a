from dataclasses import replace

import msgspec
import pytest

from fakes import package, report, report_bytes
from patchwarden.domain.facts import Packages, Report
from patchwarden.evaluation.struct_types import Bounds, struct_type

SENT = report_bytes(report([package("bash"), package("openssl", update="2", security=True)]))


def test_a_struct_has_the_members_and_defaults_of_the_dataclass() -> None:
    made = msgspec.json.decode(SENT, type=struct_type(Report, Bounds()))
    assert msgspec.json.encode(made) == SENT
    least = b'{"package_manager":"apt"}'
    encoded = msgspec.json.encode(msgspec.json.decode(least, type=struct_type(Packages, Bounds())))
    assert encoded == msgspec.json.encode(Packages(package_manager="apt"))


def test_a_struct_can_be_replaced_in_part_like_the_dataclass() -> None:
    made: Report = msgspec.json.decode(SENT, type=struct_type(Report, Bounds()))
    changed = replace(made.packages.installed[0], version="9")
    assert (changed.name, changed.version) == ("bash", "9")


def test_bounds_hold_wherever_a_value_stands() -> None:
    bounds = Bounds(text=msgspec.Meta(max_length=3))
    with pytest.raises(msgspec.ValidationError, match="length <= 3"):
        msgspec.json.decode(SENT, type=struct_type(Report, bounds))
