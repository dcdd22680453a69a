"""Properties of paging: joined, the pages are the unpaged list, whatever arrives in between."""

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driver import SCOPE, Api
from fakes import NOW, package, report
from patchwarden.domain.facts import OperationResult, Package, Report
from patchwarden.domain.patches import Verdict
from patchwarden.domain.states import service_spelling
from patchwarden.evaluation.assignment import default_predefined
from patchwarden.store import nodes
from patchwarden.store.nodes import Registration
from patchwarden.store.packed_rows import NOT_INSTALLED

PRIORITIES = ["required", "important", "standard", "optional", "extra"]
NAMES = [f"lib{number:02}" for number in range(60)]

properties: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "update": st.sampled_from([None, None, "1.1-1"]),
        "security": st.booleans(),
        "priority": st.sampled_from(PRIORITIES),
        # Later times are shown as this one: the last second of 32 bits stands for no install.
        "installed_at": st.none() | st.integers(0, NOT_INSTALLED - 1),
        "installed_by": st.sampled_from([None, None, "ada", "bo"]),
    }
)
packages = st.integers(0, len(NAMES)).flatmap(
    lambda count: st.lists(properties, min_size=count, max_size=count).map(
        lambda each: [package(name, **members) for name, members in zip(NAMES, each, strict=False)]
    )
)
filters = st.lists(
    st.one_of(
        st.builds(
            lambda values: {"Key": "State", "Values": values},
            st.lists(
                st.sampled_from(["Installed", "INSTALLED_OTHER", "MISSING", "Failed", "Unknown"]),
                min_size=1,
                max_size=3,
            ),
        ),
        st.builds(
            lambda values: {"Key": "Severity", "Values": values},
            st.lists(st.sampled_from([*PRIORITIES, "Medium", ""]), min_size=1, max_size=4).map(
                lambda values: [value or "none" for value in values]
            ),
        ),
        st.just({"Key": "Classification", "Values": ["Security"]}),
        st.builds(
            lambda values: {"Key": "KBId", "Values": values},
            st.lists(st.sampled_from([f"{name}.amd64" for name in NAMES]), min_size=1, max_size=40),
        ),
    ),
    max_size=3,
)


def install_report(installed: Sequence[Package]) -> Report:
    """Make a report in which every second update has failed."""
    results = [
        OperationResult(
            name=each.name, architecture="amd64", version="1.1-1", outcome="failed", at=NOW
        )
        for each in installed[::2]
    ]
    return report(installed, scan={"operation": "Install", "results": results})


def unpaged(api: Api, sent: Report, chosen: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give what one endless page should hold, the slow and plain way."""
    baseline = default_predefined("DEBIAN").content
    verdicts = api.resources.engine.evaluate(sent, baseline, NOW).verdicts
    return [
        plain(verdict) for verdict in verdicts if all(matches(verdict, each) for each in chosen)
    ]


def plain(verdict: Verdict) -> dict[str, Any]:
    """Give a verdict as a client reads it."""
    record = verdict.record
    shown: dict[str, Any] = {
        "Title": record.title,
        "KBId": record.kb_id,
        "Classification": record.classification,
        "Severity": record.severity,
        "State": verdict.state.value,
        "InstalledTime": verdict.installed_at,
    }
    return shown | ({"InstalledBy": verdict.installed_by} if verdict.installed_by else {})


def matches(verdict: Verdict, filter_: Mapping[str, Any]) -> bool:
    """Say whether one filter matches."""
    match filter_["Key"]:
        case "State":
            spellings = {verdict.state.value, service_spelling(verdict.state)}
            return not spellings.isdisjoint(filter_["Values"])
        case "Severity":
            return verdict.record.severity in filter_["Values"]
        case "Classification":
            return verdict.record.classification in filter_["Values"]
    return verdict.record.kb_id in filter_["Values"]


def new_node(api: Api) -> str:
    """Add a node; examples share one store, as nodes do."""
    instance_id = f"mi-{api.resources.random_bytes(9).hex()[:17]}"
    registration = Registration(
        instance_id=instance_id, activation_id="a", name=None, iam_role="r", tags={}
    )
    with api.db.transaction():
        nodes.add(api.db, SCOPE, registration, NOW)
    return instance_id


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    installed=packages,
    chosen=filters,
    size=st.integers(10, 30),
    later=st.lists(packages, max_size=3),
)
def test_joined_pages_are_the_unpaged_list_of_the_evaluation_at_the_start(
    api: Api,
    installed: list[Package],
    chosen: list[Mapping[str, Any]],
    size: int,
    later: list[list[Package]],
) -> None:
    instance_id = new_node(api)
    sent = install_report(installed)
    api.submit(instance_id, sent)
    arriving = iter(later)
    pages = []
    request: dict[str, Any] = {"InstanceId": instance_id, "Filters": chosen, "MaxResults": size}
    for page in api.pages("DescribeInstancePatches", **request):
        pages.append(page["Patches"])
        for other in arriving:
            api.submit(instance_id, install_report(other))
            break
    expected = unpaged(api, sent, chosen)
    assert [patch for page in pages for patch in page] == expected
    assert len(pages) == max(1, -(-len(expected) // size))
    assert all(len(page) == size for page in pages[:-1])
