"""Progress bars: on a terminal only, and on standard error, beside what is printed."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

_Item = TypeVar("_Item")


@contextmanager
def progress_bar(total: int | None, what: str) -> Iterator[Callable[[int], None]]:
    """Show a bar meanwhile; gives what is told how much of `total` is done so far.

    Without a total it only shows that something goes on.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)


def tracked(items: Iterable[_Item], count: int, what: str) -> Iterator[_Item]:
    """Give `items` one by one while a bar shows how many of `count` are done."""
    with progress_bar(count, what) as show:
        for done, item in enumerate(items, start=1):
            yield item
            show(done)
