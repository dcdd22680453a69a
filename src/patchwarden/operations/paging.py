"""Page tokens of all operations: bound to the request that they continue (design, decision 5)."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from patchwarden.operations.context import Context, Request

MAX_EXAMINED = 2_000
"""Candidates that one call looks at. Where filters fit few of many, a page may be short or empty
and still have a next one (contract 1.6)."""
_NOT_BOUND = ("NextToken", "MaxResults")
_WITHOUT_TOKEN_AT_THE_END = frozenset(
    {
        "DescribeActivations",
        "DescribeInstanceProperties",
        "DescribeInventoryDeletions",
        "DescribePatchProperties",
        "ListComplianceItems",
        "ListComplianceSummaries",
        "ListResourceComplianceSummaries",
    }
)
"""The operations whose documentation does not say that the last token is empty."""
_encoder = msgspec.json.Encoder(order="deterministic")
_Item = TypeVar("_Item")


def open_token(context: Context, request: Request) -> bytes:
    """Give what the request's token was sealed with; empty if it asks for the first page.

    Raises InvalidPageToken if the token was altered, has expired or continues another request.
    """
    token = request.get("NextToken")
    if not token:
        return b""
    return context.resources.page_tokens.open(
        token, binding=_binding(context, request), now=context.now
    )


def has_token_on_last_page(context: Context) -> bool:
    """Say whether the last page of this operation has an empty NextToken, or none."""
    is_usual = context.resources.choices.last_page == "with-token"
    return is_usual and context.operation not in _WITHOUT_TOKEN_AT_THE_END


def seal_token(context: Context, request: Request, payload: bytes) -> str:
    """Make the token with which the next page of `request` can be asked for."""
    return context.resources.page_tokens.seal(
        payload,
        binding=_binding(context, request),
        expires_at=context.now + context.resources.choices.token_lifetime_s,
        nonce=context.resources.random_bytes(12),
    )


def page_of(
    context: Context,
    request: Request,
    items: Sequence[_Item],
    *,
    key: Callable[[_Item], str],
    default_limit: int,
) -> tuple[Sequence[_Item], str]:
    """Give one page of `items`, which are in the order of their unique `key`, and the next token.

    The next page goes on behind the last key, whatever was added or removed in between.
    """
    after = open_token(context, request).decode()
    limit = request.get("MaxResults", default_limit)
    rest = [item for item in items if key(item) > after] if after else items
    page = rest[:limit]
    if len(rest) <= limit:
        return page, ""
    return page, seal_token(context, request, key(page[-1]).encode())


def page_of_walk(
    context: Context, request: Request, candidates: Iterable[tuple[str, _Item | None]], limit: int
) -> tuple[list[_Item], str]:
    """Give the first `limit` items among `candidates`, and the next token.

    A candidate is a place in the walk, and the item there or None if it does not match. The token
    is for the last place that the page has come to. No more candidates are taken than it needs.
    """
    found: list[_Item] = []
    last = ""
    for examined, (place, item) in enumerate(candidates):
        if examined == MAX_EXAMINED or (item is not None and len(found) == limit):
            return found, seal_token(context, request, last.encode())
        if item is not None:
            found.append(item)
        last = place
    return found, ""


def _binding(context: Context, request: Request) -> bytes:
    bound = dict(request)
    for name in _NOT_BOUND:
        bound.pop(name, None)
    return _encoder.encode([context.operation, *context.scope, bound])
