"""Reads the XML that programs of the system write.

A document type is refused: it could define entities, which grow without end or read files.
"""

from collections.abc import Callable
from typing import Optional, TypeVar
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from patchwarden_agent.errors import CommandError

_T = TypeVar("_T")


class _DocumentTypeError(ValueError):
    """There is a document type declaration, which could define entities."""


class _Elements:
    """Builds the elements of one tag, each alone, and hands them to `take`."""

    def __init__(self, tag: str, take: Callable[[Element], None]) -> None:
        self._tag = tag
        self._take = take
        self._builder: Optional[TreeBuilder] = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        if self._builder is None and tag == self._tag:
            self._builder = TreeBuilder()
        if self._builder is not None:
            self._builder.start(tag, attributes)

    def end(self, tag: str) -> None:
        """End an element; an element of the tag does not hold others of it."""
        if self._builder is None:
            return
        self._builder.end(tag)
        if tag == self._tag:
            self._take(self._builder.close())
            self._builder = None

    def data(self, text: str) -> None:
        """Take text of the innermost element."""
        if self._builder is not None:
            self._builder.data(text)

    def doctype(self, *_: Optional[str]) -> None:
        """Refuse a document type."""
        raise _DocumentTypeError

    def close(self) -> None:
        """End the document."""


def read_each(name: str, content: bytes, tag: str, read: Callable[[Element], _T]) -> list[_T]:
    """Give what `read` gives for each element with this tag, in their order.

    `name` is how to speak of the program that wrote `content`. Raises CommandError if that is not
    XML, or has a document type declaration.
    """
    found: list[_T] = []
    parser = XMLParser(  # noqa: S314 - a document type is refused
        target=_Elements(tag, lambda element: found.append(read(element)))
    )
    try:
        parser.feed(content)
        parser.close()
    except _DocumentTypeError as error:
        raise CommandError(f"{name} wrote XML with a document type, which is not read.") from error
    except (ParseError, ValueError, LookupError) as error:
        raise CommandError(f"{name} wrote no XML that can be read: {error}.") from error
    return found
