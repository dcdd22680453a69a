"""Checks of a server over the network: does it answer, and do the clocks agree."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from patchwarden.cli.checks.finding import Finding, ok, problem, warning
from patchwarden.cli.output import age
from patchwarden.server.app import HEALTH_PATH

_TIMEOUT_S = 5
_CLOCKS_MAY_DIFFER_S = 30
_SIGNATURES_FAIL_S = 300
"""Signature Version 4 gives a request five minutes (contract 1.4)."""


def server_findings(endpoint: str, now: float, *, must_answer: bool) -> Iterator[Finding]:
    """Ask the server at `endpoint` how it is; `must_answer` makes silence a problem."""
    silent = problem if must_answer else warning
    url = endpoint.rstrip("/") + HEALTH_PATH
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - given by the user
            date = answer.headers.get("Date")
    except urllib.error.HTTPError as error:
        yield problem("server", _unhealthy(endpoint, error.code))
        error.close()
        return
    except (OSError, http.client.HTTPException, ValueError):
        yield silent(
            "server", f"No server answers at {endpoint}; start one with: patchwarden serve"
        )
        return
    yield ok("server", f"It answers at {endpoint}.")
    yield clock_finding(date, now)


def clock_finding(date: str | None, now: float) -> Finding:
    """Compare the `Date` of an answer with this machine's time `now`."""
    check = "clock"
    try:
        server_now = parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return warning(check, "The server does not tell its time.")
    differ_s = abs(server_now - now)
    if differ_s >= _SIGNATURES_FAIL_S:
        return problem(
            check, f"It differs from the server's by {age(differ_s)}: requests fail. Set it by NTP."
        )
    if differ_s >= _CLOCKS_MAY_DIFFER_S:
        return warning(check, f"It differs from the server's by {age(differ_s)}; set it by NTP.")
    return ok(check, "It agrees with the server's.")


def _unhealthy(endpoint: str, status: int) -> str:
    if status == http.client.SERVICE_UNAVAILABLE:
        return f"The server at {endpoint} cannot read its store; its log says why."
    return f"What answers at {endpoint} is not Patchwarden (HTTP {status}); check the port."
