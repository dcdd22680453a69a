"""Reads the elements of a large XML file one by one, in bounded memory.

Document types, entities and external parts are refused: no feed has them, and attacks do.
"""

import re
from collections.abc import Container, Iterator
from typing import NoReturn
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers.expat import ErrorString

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, iterparse

from patchwarden.catalog.feed import Member

MAX_ELEMENT_BYTES = 32 * 1024 * 1024
"""Of one element that is wanted, and between two of them."""
MAX_TAG_BYTES = 256 * 1024
"""Of a tag or comment: older parsers begin anew with it at each piece that they are given."""
MAX_CHILDREN = 500_000
"""Of one element that is wanted, at any depth."""
MAX_DEPTH = 64
_COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
_ROOT = re.compile(r"<(?:!DOCTYPE\s+)?(?:[A-Za-z_][\w.-]*:)?(?P<name>[A-Za-z_][\w.-]*)[\s/>\[]")
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def root_name(head: bytes) -> str:
    """Tell from the first bytes of a file which root element it has; empty if it is no XML."""
    encoding = "utf-16" if head.startswith(_UTF_16_MARKS) else "utf-8-sig"
    text = _COMMENT.sub("", head.decode(encoding, "replace")).lstrip()
    root = _ROOT.search(text) if text.startswith("<") else None
    return root["name"] if root else ""


def local_name(tag: str) -> str:
    """Give the name of a tag without its namespace."""
    return tag.rpartition("}")[2]


def text_at(element: Element, path: str) -> str:
    """Give the text of the first element at `path`, without spaces around; empty if none."""
    return (element.findtext(path) or "").strip()


def elements(member: Member, wanted: Container[str]) -> Iterator[Element]:
    """Give each element whose local name is `wanted`, whole, in the order of their ends.

    One within another is part of it alone. An element is dropped when the next one is asked for.
    Raises InvalidCatalogFileError where the file is no XML, has a document type, or is absurd.
    """
    reader = _Reader(member)
    try:
        yield from reader.elements(wanted)
    except ParseError as error:
        line, column = error.position
        reader.refuse(f"line {line}, column {column + 1}", ErrorString(error.code), error)
    except DefusedXmlException as error:
        reader.refuse(reader.line, "a document type or entities are not allowed", error)
    except (LookupError, ValueError) as error:
        # Encodings that do not exist, or are none.
        reader.refuse(reader.line, str(error), error)


class _Reader:
    def __init__(self, member: Member) -> None:
        self._member = member
        self._parser = DefusedXMLParser(target=TreeBuilder(), forbid_dtd=True)
        self._bytes = 0
        """Read since the last element was dropped."""
        self._all_bytes = 0

    @property
    def line(self) -> str:
        """Where the parser is."""
        return f"line {self._parser.parser.CurrentLineNumber}"

    def refuse(self, where: str, problem: str, cause: Exception | None = None) -> NoReturn:
        self._member.refuse(where, problem, cause)

    def read(self, size: int = -1, /) -> bytes:
        """Read for the parser."""
        if self._bytes > MAX_ELEMENT_BYTES:
            self.refuse(self.line, f"one element is larger than {MAX_ELEMENT_BYTES} bytes")
        if self._all_bytes - self._parser.parser.CurrentByteIndex > MAX_TAG_BYTES:
            self.refuse(self.line, f"one tag is larger than {MAX_TAG_BYTES} bytes")
        data = self._member.stream.read(size)
        self._bytes += len(data)
        self._all_bytes += len(data)
        return data

    def elements(self, wanted: Container[str]) -> Iterator[Element]:
        parents: list[Element] = []
        """The open elements, down to the one that is wanted."""
        below = 0
        """How many elements are open below the last of `parents`."""
        children_count = 0
        for event, element in iterparse(self, ("start", "end"), self._parser):
            if event == "start":
                children_count += 1
                if below or (parents and local_name(parents[-1].tag) in wanted):
                    below += 1
                else:
                    parents.append(element)
                if below + len(parents) > MAX_DEPTH or children_count > MAX_CHILDREN:
                    self.refuse(self.line, "it has too many elements one inside the other")
            elif below:
                below -= 1
            else:
                parents.pop()
                if local_name(element.tag) in wanted:
                    yield element
                children_count = self._bytes = 0
                if parents:
                    parents[-1].remove(element)
