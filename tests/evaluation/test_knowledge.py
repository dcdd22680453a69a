"""The catalog, first sights and changelogs bear on verdicts, at once and on the right nodes."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from advisories import catalog_advisory, fix, learn
from catalog_patches import windows_patch
from fakes import NOW, package, report
from node_store import NODE, SCOPE, NodeStore, new_node_store
from patchwarden.catalog.importer import import_entries
from patchwarden.choices import Choices
from patchwarden.domain.advisories import Fix
from patchwarden.domain.baselines import ApprovalRule, PatchBaseline, PatchFilter
from patchwarden.domain.changelogs import ChangelogEntry, SourceVersion
from patchwarden.domain.enrichment import Offer
from patchwarden.domain.facts import AvailableVersion, Package, Packages, Report, WindowsUpdate
from patchwarden.domain.patches import Verdict
from patchwarden.domain.states import PatchState
from patchwarden.evaluation.patch_rows import patch_rows
from patchwarden.store import baselines, changelogs
from patchwarden.store.first_seen import FirstSights

DAY_S = 86_400
OTHER_NODE = "mi-0fedcba9876543210"


def bare(*installed: Package) -> Report:
    """A report that tells nothing but what is installed."""
    given = report(replace(each, available=()) for each in installed)
    return replace(given, packages=replace(given.packages, knows_available=False))


def patches(store: NodeStore, now: float = NOW, instance_id: str = NODE) -> dict[str, Verdict]:
    rows = store.verdict(now, instance_id).rows
    return {verdict.record.kb_id: verdict for verdict in patch_rows(store.db, rows)}


@pytest.fixture
def knowing_store(tmp_path: Path) -> Iterator[NodeStore]:
    """A store whose server shows every CVE that it knows, and counts delays for apt too."""
    choices = Choices(cve_ids="known", apt_approval_delay="honoured")
    opened = new_node_store(tmp_path / "knowing", choices)
    with closing(opened.db):
        yield opened


def test_a_bare_list_is_judged_by_advisories(store: NodeStore) -> None:
    store.accept(bare(package("tool", "1.0-1"), package("bash", "5")))
    assert patches(store)["tool.amd64"].state == PatchState.INSTALLED_OTHER
    learn(store.db, catalog_advisory("DSA-1", fix("tool", "1.0-2")))
    missing = patches(store)["tool.amd64"]
    assert missing.state == PatchState.MISSING
    assert (missing.record.title, missing.record.classification) == (
        *("tool.amd64:1.0-2", "Security"),
    )
    assert patches(store)["bash.amd64"].state == PatchState.INSTALLED_OTHER


@pytest.mark.parametrize(
    ("version", "source", "source_version", "fixed", "title"),
    [
        ("1:2.38-5+b1", "util-linux", "2.38-5", "2.38-5+deb12u1", "1:2.38-5+deb12u1"),
        ("2:1.02.185-2", "lvm2", "2.03.16-2", "2.03.16-3", "2.03.16-3"),
    ],
)
def test_a_bare_list_lacks_the_fix_of_a_source_that_counts_otherwise(
    store: NodeStore, version: str, source: str, source_version: str, fixed: str, title: str
) -> None:
    store.accept(bare(package("tool", version, source=source, source_version=source_version)))
    learn(store.db, catalog_advisory("DSA-1", fix(source, fixed)))
    verdict = patches(store)["tool.amd64"]
    assert (verdict.state, verdict.record.title) == (PatchState.MISSING, f"tool.amd64:{title}")
    assert verdict.record.classification == "Security"


def test_an_import_about_another_product_changes_no_verdict(store: NodeStore) -> None:
    store.accept(bare(package("tool", "1.0-1")))
    before = store.verdict().verdict_id
    learn(store.db, catalog_advisory("DSA-1", fix("tool", "1.0-2", product="Debian11")))
    assert store.verdict().verdict_id == before
    learn(store.db, catalog_advisory("DSA-1", fix("tool", "1.0-2")))
    assert store.verdict().verdict_id != before


def test_an_advisory_that_is_revised_is_seen_at_once(store: NodeStore) -> None:
    store.accept(bare(package("tool", "1.0-1")))
    for number, version in enumerate(("1.0-2", "1.0-3")):
        learn(store.db, catalog_advisory("DSA-1", fix("tool", version), issued_at=NOW + number))
        assert patches(store)["tool.amd64"].record.title == f"tool.amd64:{version}"


def test_what_an_import_makes_old_is_forgotten(store: NodeStore) -> None:
    store.accept(bare(package("tool", "1.0-1")))
    for number in range(3):
        learn(store.db, catalog_advisory("DSA-1", fix("tool", "1.0-2"), issued_at=NOW + number))
        patches(store)
    remembered = store.engine.library._fixes
    assert [len(each.by_name["tool"]) for each in remembered.values()] == [1]


def test_cves_are_shown_for_apt_where_the_installation_wants_it(
    store: NodeStore, knowing_store: NodeStore
) -> None:
    advisory = catalog_advisory(
        "DSA-1", fix("tool", "1.0-2"), cve_ids=["CVE-2026-10000", "CVE-2026-9999"]
    )
    for each, expected in ((store, ""), (knowing_store, "CVE-2026-9999,CVE-2026-10000")):
        each.accept(report([package("tool", "1.0-1", update="1.0-2", security=True)]))
        learn(each.db, advisory)
        assert patches(each)["tool.amd64"].record.cve_ids == expected


def test_a_delay_counts_from_the_first_sight_where_nobody_tells_the_release(
    knowing_store: NodeStore,
) -> None:
    store = knowing_store
    rule = ApprovalRule(filters=(), approve_after_days=7)
    content = PatchBaseline(name="Week", operating_system="DEBIAN", approval_rules=(rule,))
    with store.db.transaction():
        baselines.add(store.db, SCOPE, "pb-0123456789abcdef0", content, now=NOW, by="tester")
        baselines.set_default(store.db, SCOPE, "DEBIAN", "pb-0123456789abcdef0")
    sent = report([package("tool", "1", update="2", security=True)])
    store.accept(sent)
    # A second node that sees the version later takes nothing away from the first sight.
    store.register(OTHER_NODE)
    store.accept(replace(sent), now=NOW + 5 * DAY_S, instance_id=OTHER_NODE)
    for instance_id in (NODE, OTHER_NODE):
        for days, state in ((6.9, PatchState.INSTALLED_OTHER), (7.1, PatchState.MISSING)):
            later = NOW + days * DAY_S
            assert patches(store, later, instance_id)["tool.amd64"].state == state


def test_only_what_is_on_offer_without_a_date_is_noted_as_seen(store: NodeStore) -> None:
    dated = package("dated", "1", update="2")
    dated = replace(dated, available=(replace(dated.available[0], released_at=1.0),))
    store.accept(report([package("same", "1"), package("tool", "1", update="2"), dated]))
    wanted = [Offer(name, "amd64", "2") for name in ("same", "tool", "dated")]
    with store.db.transaction():
        found = FirstSights().find(store.db, SCOPE.account_id, "DEBIAN", wanted)
        assert found == {Offer("tool", "amd64", "2"): NOW}
        assert FirstSights().find(store.db, "210987654321", "DEBIAN", wanted) == {}


def test_only_so_many_versions_of_one_report_are_noted_as_seen(store: NodeStore) -> None:
    offers = [AvailableVersion(version=str(number)) for number in range(10_001)]
    offers.insert(0, AvailableVersion(version="1" * 256))
    store.accept(report([replace(package("tool", "a"), available=tuple(offers))]))
    assert store.db.one("SELECT count(*) FROM first_seen") == (10_000,)


def test_a_changelog_tells_every_node_of_the_account_its_cves(knowing_store: NodeStore) -> None:
    store = knowing_store
    approved = NOW + 8 * DAY_S
    store.register(OTHER_NODE)
    for number, instance_id in enumerate((NODE, OTHER_NODE)):
        installed = package("tool", f"1-{number}", update="1-9", security=True)
        store.accept(report([installed]), instance_id=instance_id)
        assert patches(store, approved, instance_id)["tool.amd64"].record.cve_ids == ""
    entries = (
        ChangelogEntry(version="1-9", cve_ids=("CVE-2026-9",)),
        ChangelogEntry(version="1-1", cve_ids=("CVE-2026-1",)),
    )
    with store.db.transaction():
        of = SourceVersion("tool", "1-9")
        assert changelogs.keep(store.db, SCOPE.account_id, "DEBIAN", of, entries, NOW)
        assert not changelogs.keep(store.db, SCOPE.account_id, "DEBIAN", of, (), NOW)
        baselines.count_policy_change(store.db, SCOPE)
    for instance_id, expected in ((NODE, "CVE-2026-1,CVE-2026-9"), (OTHER_NODE, "CVE-2026-9")):
        shown = patches(store, approved, instance_id)["tool.amd64"]
        assert shown.record.cve_ids == expected


def test_the_catalog_tells_of_applications_that_a_windows_node_lists(store: NodeStore) -> None:
    office = windows_patch(
        7, product="Excel 2031", product_family="Excel", msrc_severity="Important"
    )
    node = {
        "operating_system": "WINDOWS",
        "platform_type": "Windows",
        "platform_name": "Microsoft Windows Server 2019 Datacenter",
        "platform_version": "10.0.17763",
    }
    listed = WindowsUpdate(presence="available", kb_id="KB7", title="Update for Excel")
    sent = report(node=node)
    packages = Packages(package_manager="windows-update", updates=(listed,))
    store.accept(replace(sent, packages=packages))
    assert patches(store) == {}
    other = windows_patch(8, product="Excel 2031", product_family="Excel")
    import_entries(store.db, [office, other], file_name="f", format_name="test", now=NOW)
    # It is a security update that the predefined baseline, on the system alone, does not approve.
    (verdict,) = patches(store).values()
    assert verdict.state == PatchState.AVAILABLE_SECURITY_UPDATE
    assert (verdict.record.kb_id, verdict.record.severity) == ("KB7", "Important")
    rule = ApprovalRule(
        filters=(
            PatchFilter(key="PATCH_SET", values=("APPLICATION",)),
            PatchFilter(key="PRODUCT_FAMILY", values=("Excel",)),
        )
    )
    content = PatchBaseline(name="Excel", operating_system="WINDOWS", approval_rules=(rule,))
    with store.db.transaction():
        baselines.add(store.db, SCOPE, "pb-0123456789abcdef0", content, now=NOW, by="tester")
        baselines.set_default(store.db, SCOPE, "WINDOWS", "pb-0123456789abcdef0")
    (verdict,) = patches(store).values()
    assert (verdict.state, verdict.record.cve_ids) == (PatchState.MISSING, "")
    fixed = Fix(product="Excel 2031", name="KB7")
    rated = replace(catalog_advisory("KB7", fixed, cve_ids=["CVE-2026-7"]), source="microsoft")
    learn(store.db, rated)
    (verdict,) = patches(store).values()
    assert verdict.record.cve_ids == "CVE-2026-7"
