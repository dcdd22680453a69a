"""Whatever a file has: a format tells what is in it, or refuses it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed_files import FEEDS, member
from patchwarden.catalog.errors import InvalidCatalogFileError
from patchwarden.catalog.feed import Format
from patchwarden.catalog.known_formats import FORMATS

FORMAT_OF = {
    "csaf": ("csaf-microsoft.json", "csaf-redhat.json", "csaf-suse.json", "csaf-vex.json"),
    "debian-advisories": ("debian-DSA-list",),
    "debian-cves": ("debian-CVE-list",),
    "debian-tracker": ("debian-tracker.json",),
    "epss": ("epss.csv",),
    "kev": ("kev.csv", "kev.json"),
    "msrc-cvrf": ("msrc-cvrf.xml",),
    "osv": (
        "osv-debian-dsa.json",
        "osv-redhat.json",
        "osv-rocky.json",
        "osv-suse.json",
        "osv-ubuntu-usn.json",
    ),
    "suse-cvrf": ("suse-cvrf-advisory.xml", "suse-cvrf-cve.xml"),
    "ubuntu-notices": ("ubuntu-database.json", "ubuntu-notices.json"),
    "updateinfo": ("updateinfo-mixed.xml", "updateinfo-rhel.xml"),
}
NAMES = [name for names in FORMAT_OF.values() for name in names]
FORMAT_BY_NAME = {
    name: next(each for each in FORMATS if each.name == format_name)
    for format_name, names in FORMAT_OF.items()
    for name in names
}

odd_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(
        ["", ":", "pkg:rpm/", "pkg:rpm/a@1?epoch=%", "https://[", "9999-12-31", "KB1", "a-1-1.x"]
    ),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)


def reads_or_refuses(format_: Format, content: bytes) -> None:
    try:
        for _ in format_.read(member(content)):
            pass
    except InvalidCatalogFileError as refusal:
        assert str(refusal).startswith("feed is wrong")  # noqa: PT017
        assert len(str(refusal)) < 1500  # noqa: PT017


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
@settings(max_examples=30)
def test_bytes_are_changed(name: str, data: st.DataObject) -> None:
    content = bytearray((FEEDS / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content)))
        until = at + data.draw(st.integers(0, 40))
        content[at:until] = data.draw(st.binary(max_size=4))
    reads_or_refuses(FORMAT_BY_NAME[name], bytes(content))


def places(value: Any) -> list[tuple[Any, Any]]:
    """Give every member and item: what it is in, and its key."""
    if isinstance(value, dict):
        keys: list[Any] = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    else:
        return []
    return [place for key in keys for place in [(value, key), *places(value[key])]]


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".json")])
@given(st.data())
@settings(max_examples=40)
def test_values_are_changed(name: str, data: st.DataObject) -> None:
    value = json.loads((FEEDS / name).read_bytes())
    holder, key = data.draw(st.sampled_from(places(value)))
    holder[key] = data.draw(odd_values)
    reads_or_refuses(FORMAT_BY_NAME[name], json.dumps(value).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_no_feed_or_one_that_is_read_or_refused(content: bytes) -> None:
    given_member = member(content)
    for format_ in set(FORMAT_BY_NAME.values()):
        if format_.recognizes(given_member):
            reads_or_refuses(format_, content)
