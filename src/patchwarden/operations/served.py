"""What the table of operations says about each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.paging import has_token_on_last_page

Access = Literal["read", "report", "operate", "administer", "anyone"]
"""What a caller must be allowed to do; `anyone` needs no access key."""


@dataclass(frozen=True, slots=True)
class ServedOperation:
    """One operation that this server answers."""

    run: Callable[[Context, Request], Answer]
    """Raises CallerError; `operations.errors` has the service's codes."""
    access: Access
    writes: bool
    """Whether it must run in a transaction. The others run on a read-only connection in the
    event loop, so they must be quick; where they find that a node has to be judged first, they
    raise OutdatedError and are run again once it was."""
    is_long: bool = False
    """Whether it may look at many nodes or at much of one: it then reads in a thread of its own."""
    has_large_body: bool = False
    """Whether a request may be larger than usual, once its key is known to be in force."""

    def answer(self, context: Context, request: Request) -> Answer:
        """Run the operation; on its last page it has a NextToken only where that is due."""
        answer = self.run(context, request)
        if isinstance(answer, bytes) or answer.get("NextToken") != "":
            return answer
        if has_token_on_last_page(context):
            return answer
        return {name: value for name, value in answer.items() if name != "NextToken"}


def reads(run: Callable[[Context, Request], Answer]) -> ServedOperation:
    """Serve an operation that changes nothing; all roles may have it run."""
    return ServedOperation(run, "read", writes=False)


def walks(run: Callable[[Context, Request], Answer]) -> ServedOperation:
    """Serve an operation that changes nothing and may take more than some milliseconds."""
    return ServedOperation(run, "read", writes=False, is_long=True)


def changes(
    run: Callable[[Context, Request], Answer], access: Access, *, has_large_body: bool = False
) -> ServedOperation:
    """Serve an operation that changes something."""
    return ServedOperation(run, access, writes=True, has_large_body=has_large_body)
