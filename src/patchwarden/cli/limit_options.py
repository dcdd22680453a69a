"""The options of `serve` that limit what a server takes on at once."""

import functools
from collections.abc import Callable
from typing import Any

import click

from patchwarden.server.limits import MIB, Limits

_DEFAULTS = Limits()


def limit_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for each limit; they arrive together as `limits`."""

    @functools.wraps(function)
    def with_limits(
        *,
        max_connections: int,
        max_waiting_writes: int,
        max_waiting_reads: int,
        max_body_memory: int,
        rate_limit: float | None,
        **others: Any,  # noqa: ANN401 - what click gives
    ) -> Any:  # noqa: ANN401
        limits = Limits(
            connections=max_connections,
            waiting_writes=max_waiting_writes,
            waiting_reads=max_waiting_reads,
            body_bytes=max_body_memory * MIB,
            requests_per_s=rate_limit,
        )
        return function(limits=limits, **others)

    wrapped: Callable[..., Any] = with_limits
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def _number(flag: str, default: int, text: str) -> Callable[[Callable[..., Any]], Any]:
    return click.option(
        flag,
        metavar="NUMBER",
        type=click.IntRange(min=1),
        default=default,
        envvar=f"PATCHWARDEN_{flag.removeprefix('--').replace('-', '_').upper()}",
        show_envvar=True,
        help=text,
    )


_OPTIONS = (
    _number(
        "--max-connections", _DEFAULTS.connections, "Connections that are open; more are refused."
    ),
    _number(
        "--max-waiting-writes",
        _DEFAULTS.waiting_writes,
        "Requests that wait until what they write is on disk. More, and what is beyond the limits "
        "below, is answered with ThrottlingException, after which clients try again.",
    ),
    _number(
        "--max-waiting-reads",
        _DEFAULTS.waiting_reads,
        "Requests that wait because they take long to read or to answer.",
    ),
    _number(
        "--max-body-memory",
        _DEFAULTS.body_bytes // MIB,
        "MiB for the bodies of the requests that are being answered.",
    ),
    click.option(
        "--rate-limit",
        metavar="NUMBER",
        type=click.FloatRange(min=0, min_open=True),
        envvar="PATCHWARDEN_RATE_LIMIT",
        show_envvar=True,
        help="Requests per second of one access key, on average. Without it: any number.",
    ),
)
