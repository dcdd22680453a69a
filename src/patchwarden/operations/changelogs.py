"""Changelogs of packages on offer: fetched by one node, known to all nodes of the account.

apt's lists name no CVEs; the changelogs of the packages do. A node that is started for it fetches
those that the server lacks.
"""

from collections.abc import Mapping
from typing import Any

from patchwarden.domain.changelogs import ChangelogEntry, SourceVersion
from patchwarden.domain.facts import Package
from patchwarden.evaluation.kept_reports import newest_facts
from patchwarden.evaluation.knowledge import pending_sources
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import InvalidInstanceIdError
from patchwarden.store import baselines, changelogs, nodes
from patchwarden.store.nodes import ManagedNode

_MOST_WANTED = 100
"""In one answer; when a node has sent these, it may ask for more."""


def describe_wanted_changelogs(context: Context, request: Request) -> Answer:
    """Give the source versions on offer to a node whose changelogs nobody has sent yet.

    Raises InvalidInstanceIdError.
    """
    node = _find(context, request["InstanceId"])
    wanted = sorted(_wanted(context, node).items())
    # Not always the same ones, in case there are some that no node can fetch.
    start = (node.scan_id or 0) % max(1, len(wanted))
    return {
        "Changelogs": [
            {
                "Source": of.source,
                "Version": of.version,
                "Package": package.name,
                "Architecture": package.architecture,
                "PackageVersion": version,
            }
            for of, (package, version) in [*wanted[start:], *wanted[:start]][:_MOST_WANTED]
        ]
    }


def put_changelogs(context: Context, request: Request) -> Answer:
    """Keep changelogs that a node fetched; those that nobody asked it for are passed over.

    Raises InvalidInstanceIdError.
    """
    db, scope = context.db, context.scope
    node = _find(context, request["InstanceId"])
    wanted = _wanted(context, node)
    kept = [
        changelogs.keep(
            db,
            scope.account_id,
            node.operating_system,
            of,
            tuple(map(_entry, each["Entries"])),
            context.now,
        )
        for each in request["Changelogs"]
        if (of := SourceVersion(each["Source"], each["Version"])) in wanted
    ]
    if any(kept):
        baselines.count_policy_change(db, scope)
    return {}


def _find(context: Context, instance_id: str) -> ManagedNode:
    node = nodes.find(context.db, context.scope, instance_id)
    if node is None:
        raise InvalidInstanceIdError.unknown(instance_id)
    return node


def _wanted(context: Context, node: ManagedNode) -> Mapping[SourceVersion, tuple[Package, str]]:
    report = newest_facts(context.db, node)
    if report is None or report.packages.package_manager != "apt":
        return {}
    pending = pending_sources(report)
    known = changelogs.known(context.db, context.scope.account_id, node.operating_system, pending)
    return {of: offered for of, offered in pending.items() if of not in known}


def _entry(given: Mapping[str, Any]) -> ChangelogEntry:
    return ChangelogEntry(
        version=given["Version"],
        released_at=given.get("ReleasedDate"),
        cve_ids=tuple(given.get("CVEIds", ())),
    )
