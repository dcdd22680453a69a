"""Elements of large XML files, and the attacks that XML allows."""

import pytest

from feed_files import member
from patchwarden.catalog.errors import InvalidCatalogFileError
from patchwarden.catalog.parsing import xml_feed
from patchwarden.catalog.parsing.xml_feed import elements, local_name, root_name, text_at

WANTED = frozenset({"a"})


def read(content: str | bytes) -> list[str]:
    given = content if isinstance(content, bytes) else content.encode()
    return [text_at(each, "t") for each in elements(member(given, "x.xml"), WANTED)]


def refusal(content: str | bytes) -> str:
    with pytest.raises(InvalidCatalogFileError) as refused:
        read(content)
    return str(refused.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<r/>", []),
        ("<r><a><t> 1 </t></a>between<b><t>2</t></b><a><t>3</t></a></r>", ["1", "3"]),
        ("<r><x><y><a><t>1</t></a></y></x></r>", ["1"]),
        ("<r><a><a><t>1</t></a><t>2</t></a></r>", ["2"]),
        ('<n:r xmlns:n="urn:x"><n:a><t>1</t></n:a></n:r>', ["1"]),
        ('<?xml version="1.0" encoding="iso-8859-1"?><r><a><t>\xe9</t></a></r>', ["Ã©"]),
        ("\ufeff<r><a><t>é</t></a></r>", ["é"]),
        ("<a><t>the root</t></a>", ["the root"]),
    ],
)
def test_elements_are_given_whole_and_in_order(content: str, expected: list[str]) -> None:
    assert read(content) == expected


def test_utf_16_is_read() -> None:
    content = '<?xml version="1.0" encoding="utf-16"?><r><a><t>é</t></a></r>'.encode("utf-16")
    assert root_name(content) == "r"
    assert read(content) == ["é"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "at line 1, column 1: no element found"),
        ("no XML", "at line 1, column 1: syntax error"),
        ("<r>\n <a></b></r>", "at line 2, column 7: mismatched tag"),
        ("<r><a><t>1</t></a>", "at line 1, column 19: no element found"),
        ("<r/>more", "at line 1, column 5: junk after document element"),
        (b"<r>\n\xff</r>", "at line 2, column 1: not well-formed (invalid token)"),
        ("<r>&undefined;</r>", "at line 1, column 4: undefined entity"),
        ('<?xml version="1.0" encoding="nonsense"?><r/>', "unknown encoding"),
        ('<?xml version="1.0" encoding="hex"?><r/>', "at line 1"),
        ('<?xml version="1.0" encoding="utf-7"?><r/>', "at line 1"),
    ],
)
def test_what_is_no_xml_is_refused_with_its_place(content: str | bytes, said: str) -> None:
    assert refusal(content).startswith("x.xml is wrong at line ")
    assert said in refusal(content)


@pytest.mark.parametrize(
    "content",
    [
        '<!DOCTYPE r [<!ENTITY a "1"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><r>&b;</r>',
        '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r>&a;</r>',
        '<!DOCTYPE r SYSTEM "http://localhost/r.dtd"><r/>',
        "<!DOCTYPE r><r/>",
        '<!DOCTYPE r [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><r/>',
    ],
)
def test_document_types_and_entities_are_refused(content: str) -> None:
    assert refusal(content) == (
        "x.xml is wrong at line 1: a document type or entities are not allowed."
    )


def test_elements_nested_without_end_are_refused() -> None:
    assert read(f"{'<b>' * 64}{'</b>' * 64}") == []
    for name in ("a", "b"):
        assert "too many elements one inside the other" in refusal(f"<r>{f'<{name}>' * 64}")


@pytest.mark.parametrize("opening", ['<r b="', "<r ", "<r><!-- ", "<r><?p "])
def test_a_tag_without_end_is_refused(opening: str) -> None:
    assert "one tag is larger than 262144 bytes" in refusal(f"{opening}{'b' * 300_000}")


def test_a_text_may_be_long() -> None:
    text = "b" * 1_000_000
    assert read(f"<r><a><t>{text}</t></a><a><t><![CDATA[{text}]]></t></a></r>") == [text, text]


@pytest.mark.parametrize("name", ["a", "b"])
def test_an_element_that_is_too_large_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml_feed, "MAX_ELEMENT_BYTES", 100_000)
    text = "x" * 60_000
    assert read(f"<r>{f'<{name}><t>1</t>{text}</{name}>' * 3}</r>") == ["1", "1", "1"] * (
        name == "a"
    )
    assert "one element is larger than 100000 bytes" in refusal(f"<r><{name}>{text}{text}")


def test_an_element_with_too_many_children_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_feed, "MAX_CHILDREN", 100)
    fine = f"<a>{'<t/>' * 90}</a>"
    assert len(read(f"<r>{fine * 3}</r>")) == 3
    assert "too many elements" in refusal(f"<r><a>{'<t/>' * 110}</a></r>")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"<updates>", "updates"),
        (b'<?xml version="1.0"?>\n<!-- <other> -->\n<n:updates a="b">', "updates"),
        (b"\xef\xbb\xbf<updates/>", "updates"),
        (b"  \n<!DOCTYPE updates [<!ENTITY a '1'>]><updates>", "updates"),
        (b"<!-- <updates> ", ""),
        (b"<up", ""),
        (b'{"a": "<updates>"}', ""),
        (b"", ""),
    ],
)
def test_the_root_is_told_from_the_first_bytes(head: bytes, expected: str) -> None:
    assert root_name(head) == expected


def test_local_names_have_no_namespace() -> None:
    assert (local_name("{urn:x}a"), local_name("a")) == ("a", "a")
