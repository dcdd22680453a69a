"""Progress bars: on a terminal only, and on standard error, beside what is printed."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

_Item = TypeVar("_Item")


def tracked(items: Iterable[_Item], count: int, what: str) -> Iterator[_Item]:
    """Give `items` one by one while a bar shows how many of `count` are done."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(items, what, count, console=Console(stderr=True), transient=True)
