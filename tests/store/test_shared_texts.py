import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden.store import shared_texts

USUAL = (
    b'{"package_manager":"apt","installed":[{"name":"bash","version":"1.0","installed_at":'
    b'1784419468.0,"installed_by":"ann","section":"shells"},{"name":"zsh","version":"2"},'
    b'{"name":"nano","installed_at":1784419470.0}],"origins":[{"archive":"stable"}]}'
)


def stored_and_read(text: bytes) -> bytes:
    apart = shared_texts.take_apart(text)
    assert apart is not None
    content = shared_texts.pack(apart, range(7, 7 + len(apart.texts)))
    assert content is not None
    packed = shared_texts.unpack(content)
    assert list(packed.text_ids) == list(range(7, 7 + len(apart.texts)))
    return packed.put_together(apart.texts)


def test_what_nodes_share_has_no_value_of_its_own_in_it() -> None:
    apart = shared_texts.take_apart(USUAL)
    assert apart is not None
    assert apart.texts == [
        b'{"name":"bash","version":"1.0","installed_at":0,"installed_by":0,"section":"shells"}',
        b'{"name":"zsh","version":"2"}',
        b'{"name":"nano","installed_at":0}',
    ]
    assert apart.times == [b"1784419468.0", b"", b"1784419470.0"]
    assert apart.people == [b'"ann"', b"", b""]
    assert stored_and_read(USUAL) == USUAL


@pytest.mark.parametrize(
    "text",
    [
        b'{"package_manager":"apt"}',
        b'{"installed":null}',
        b'{"installed":[]}',
        b'{"installed":[ {"name":"a"} , {"name":"b"} ]}',
        b'{"installed":{"name":"a"}}',
        b'{"installed":7}',
    ],
)
def test_what_has_nothing_to_share_is_left_as_it_is(text: bytes) -> None:
    assert shared_texts.take_apart(text) is None


def test_too_many_kinds_of_values_are_left_as_they_are() -> None:
    people = ",".join(f'{{"installed_by":"person {number}"}}' for number in range(256))
    apart = shared_texts.take_apart(f'{{"installed":[{people}]}}'.encode())
    assert apart is not None
    assert shared_texts.pack(apart, range(256)) is None


values = st.sampled_from(
    [0, 1.0, -1.5, 1784419468.0, 4294967295.0, 4294967296.0, 1e300, 0.1, None, True, "", "ann"]
) | st.text(max_size=20)
names = st.sampled_from(["name", "installed_at", "installed_by", "x", '"installed_at', "\\"])
packages = st.dictionaries(
    names | st.text(max_size=5),
    values | st.lists(st.dictionaries(names, values, max_size=3), max_size=2),
    max_size=5,
)
reports = st.fixed_dictionaries(
    {"installed": st.lists(packages, min_size=1, max_size=5)},
    optional={"origins": st.lists(packages, max_size=2), "installed_at": values},
)


@given(reports, st.booleans())
def test_whatever_is_taken_apart_comes_back_byte_for_byte(
    report: dict[str, object], indented: bool
) -> None:
    text = msgspec.json.encode(report)
    if indented:
        text = msgspec.json.format(text, indent=2)
    if shared_texts.take_apart(text) is not None:
        assert stored_and_read(text) == text
