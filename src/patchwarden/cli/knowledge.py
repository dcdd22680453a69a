"""Whether what the server knows about a node can be relied on: unknown is not green."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from patchwarden.choices import Choices
from patchwarden.cli.connection import Client
from patchwarden.cli.output import age

STATES_PER_REQUEST = 50
"""The most node ids that DescribeInstancePatchStates takes (contract 5.12)."""
_NON_COMPLIANT_COUNTS = (
    # Old agents upload the counts of states alone, without the next three.
    "MissingCount",
    "FailedCount",
    "InstalledRejectedCount",
    "InstalledPendingRebootCount",
    "CriticalNonCompliantCount",
    "SecurityNonCompliantCount",
    "OtherNonCompliantCount",
)


class Knowledge(NamedTuple):
    """What may be concluded from a node's patch state."""

    compliance: str
    """`compliant`, `non-compliant` or `unknown`."""
    reason: str
    """Why it is unknown, as a sentence; empty if it is not."""


def knowledge_of(patch_state: Mapping[str, Any] | None, now: float) -> Knowledge:
    """Judge an item of DescribeInstancePatchStates; None stands for a node without one."""
    if patch_state is None:
        return Knowledge("unknown", "This node has never reported: nothing is known about it.")
    report_age_s = now - patch_state["OperationEndTime"].timestamp()
    if report_age_s > Choices().stale_after_s:
        return Knowledge(
            "unknown", f"The last report is {age(report_age_s)} old: what it says may be outdated."
        )
    is_compliant = not any(patch_state.get(count) for count in _NON_COMPLIANT_COUNTS)
    return Knowledge("compliant" if is_compliant else "non-compliant", "")


def patch_states(client: Client, instance_ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Ask for the patch states of any number of nodes; those without a report are left out."""
    for start in range(0, len(instance_ids), STATES_PER_REQUEST):
        chunk = instance_ids[start : start + STATES_PER_REQUEST]
        pages = client.get_paginator("describe_instance_patch_states").paginate(
            InstanceIds=list(chunk), PaginationConfig={"PageSize": STATES_PER_REQUEST}
        )
        yield from all_items(pages, "InstancePatchStates")


def all_items(pages: Iterable[Mapping[str, Any]], member: str) -> Iterator[Mapping[str, Any]]:
    """Give the items of all pages of an answer."""
    for page in pages:
        yield from page[member]


def current_time() -> float:
    """Give the instant against which the age of a report is measured."""
    return time.time()
