import pytest

from patchwarden.domain import apt
from patchwarden.domain.patches import PatchRecord
from patchwarden.domain.selection import Mention, NameList


def test_a_patch_can_be_named_in_six_forms() -> None:
    assert apt.name_forms("Bind9", "AMD64", "1:9.18-1A") == (
        "bind9",
        "bind9.amd64",
        "bind9-1:9.18-1a",
        "1:9.18-1a",
        "amd64:1:9.18-1a",
        "bind9.amd64:1:9.18-1a",
    )


def test_the_record_of_a_patch_keeps_the_epoch() -> None:
    assert apt.patch_record("bind9", "amd64", "1:9.18-1", "Security", "Optional") == PatchRecord(
        title="bind9.amd64:1:9.18-1",
        kb_id="bind9.amd64",
        classification="Security",
        severity="optional",
        cve_ids="",
    )


def test_only_packages_for_all_architectures_bear_the_node_s() -> None:
    given = [apt.patch_architecture(one, "arm64") for one in ("all", "arm64", "armhf")]
    assert given == ["arm64", "arm64", "armhf"]


def test_fields_that_are_empty_are_absent() -> None:
    assert apt.filter_fields(("Debian12",), "", "Net") == {
        ("PRODUCT", "debian12"),
        ("SECTION", "net"),
    }
    assert apt.filter_fields((), "", "") == frozenset()


@pytest.mark.parametrize(
    ("rejected", "offered", "expected"),
    [
        ("nothing", "2", Mention(True, False, False)),
        ("a-2", "2", Mention(True, True, False)),
        ("a-1", "2", Mention(True, False, True)),
        ("a-1", "1", Mention(True, True, True)),
        ("a-1", "0", Mention(True, True, True)),
        ("a-0", "0", Mention(True, True, False)),
        ("A*", "2", Mention(True, True, True)),
    ],
)
def test_a_rejected_version_stays_rejected_unless_an_update_replaces_it(
    rejected: str, offered: str, expected: Mention
) -> None:
    lists = NameList.of((f"a-{offered}",)), NameList.of((rejected,))
    assert apt.mention(*lists, "a", "amd64", offered, "1") == expected
