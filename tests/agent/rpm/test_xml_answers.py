import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden_agent.errors import CommandError
from patchwarden_agent.rpm.xml_answers import read_each

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE list [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<list><update>&b;</update></list>"""
OUTSIDE = b"""<!DOCTYPE list [<!ENTITY a SYSTEM "file:///etc/passwd">]><list><update>&a;</update></list>"""


def _texts(content: bytes) -> list[str | None]:
    return read_each("zypper list-patches", content, "update", lambda each: each.text)


def test_each_element_is_read_with_what_is_in_it() -> None:
    content = b"<list>x<update>one<a><b/></a></update><other><update>two</update></other></list>"
    found = read_each("zypper", content, "update", lambda each: (each.text, len(list(each.iter()))))
    assert found == [("one", 3), ("two", 1)]


@pytest.mark.parametrize("content", [BOMB, OUTSIDE, b"<!DOCTYPE list><list/>"])
def test_a_document_type_is_refused(content: bytes) -> None:
    with pytest.raises(CommandError, match="zypper list-patches wrote XML with a document type"):
        _texts(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"No updates found.",
        b"<list><update>",
        b"<list>&a;</list>",
        b'<?xml version="1.0" encoding="x-unknown"?><list/>',
        b"\xff\xfe<",
    ],
)
def test_what_is_no_xml_is_refused(content: bytes) -> None:
    with pytest.raises(CommandError, match="zypper list-patches wrote no XML"):
        _texts(content)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(CommandError):
        assert all(text is None or isinstance(text, str) for text in _texts(b"<list>" + content))
