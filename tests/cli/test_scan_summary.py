"""The short form of a report."""

from fakes import package, report
from patchwarden.cli.scan_summary import scan_document, summarize_scan
from patchwarden.domain.facts import AvailableVersion, PackageList, Reboot


def test_only_packages_with_a_newer_version_are_upgrades() -> None:
    summary = summarize_scan(
        report(
            [
                package("current"),
                package("newer", "1.0-1", update="1.0-2", security=True),
                package("downgraded", "2.0-1", update="1.0-1"),
                package("unknown", available=()),
            ]
        )
    )
    assert [upgrade.package.name for upgrade in summary.upgrades] == ["newer"]
    assert summary.security_count == 1


def test_an_upgrade_says_what_stands_in_its_way() -> None:
    waiting = AvailableVersion(version="2", origins=(0,), kept_back="phased update, at 10 percent")
    summary = summarize_scan(
        report(
            [
                package("free", "1", update="2"),
                package("held", "1", update="2", held=True),
                package("waiting", "1", available=(waiting,)),
            ]
        )
    )
    assert [upgrade.obstacle for upgrade in summary.upgrades] == [
        "",
        "held",
        "kept back: phased update, at 10 percent",
    ]
    assert not any(upgrade.is_security for upgrade in summary.upgrades)


def test_the_age_of_the_lists_is_that_of_the_oldest() -> None:
    lists = (
        PackageList(name="new", fetched_at=200.0),
        PackageList(name="old", fetched_at=100.0),
        PackageList(name="unknown"),
    )
    assert summarize_scan(report(node={"package_lists": lists})).lists_fetched_at == 100.0
    assert summarize_scan(report()).lists_fetched_at is None


def test_the_document_says_unknown_as_null_and_times_in_iso() -> None:
    facts = report(node={"package_lists": (PackageList(name="a", fetched_at=1_764_000_000.0),)})
    document = scan_document(summarize_scan(facts))
    assert document["RebootRequired"] is None
    assert document["PackageListsFetchedAt"] == "2025-11-24T16:00:00Z"
    rebooting = report(node={"reboot": Reboot(required=True, reasons=("new kernel",))})
    assert scan_document(summarize_scan(rebooting))["RebootReasons"] == ["new kernel"]


def test_a_system_without_rules_has_no_security_upgrades() -> None:
    facts = report(
        [package("x", "1", update="2", security=True)], node={"operating_system": "PLAN9"}
    )
    assert summarize_scan(facts).security_count == 0
