from dataclasses import replace

import pytest

from patchwarden.domain.baselines import ApprovalRule, PatchBaseline, PatchFilter, PatchSource
from patchwarden.domain.states import ComplianceLevel
from patchwarden.store import baselines
from patchwarden.store.database import Database, Scope
from stores import BROKEN_CONSTRAINT

SCOPE = Scope("123456789012", "us-east-1")
ELSEWHERE = SCOPE._replace(region="eu-west-1")
CONTENT = PatchBaseline(
    name="Ours",
    operating_system="DEBIAN",
    description="é",
    global_filters=(PatchFilter(key="PRODUCT", values=("Debian12",)),),
    approval_rules=(
        ApprovalRule(
            filters=(PatchFilter(key="PRIORITY", values=("required", "important")),),
            compliance_level=ComplianceLevel.HIGH,
            approve_after_days=7,
        ),
        ApprovalRule(filters=(), approve_until_date="2025-01-01", enable_non_security=True),
    ),
    approved_patches=("a*",),
    approved_patches_compliance_level=ComplianceLevel.CRITICAL,
    rejected_patches=("b",),
    rejected_patches_action="BLOCK",
    sources=(PatchSource(name="s", products=("*",), configuration="deb ..."),),
)


def add(db: Database, baseline_id: str, scope: Scope = SCOPE) -> None:
    baselines.add(db, scope, baseline_id, CONTENT, now=10.0, by="tester")


def test_a_baseline_comes_back_as_it_was(db: Database) -> None:
    add(db, "pb-1")
    found = baselines.find(db, SCOPE, "pb-1")
    assert found is not None
    assert (found.baseline_id, found.content) == ("pb-1", CONTENT)
    assert (found.created_at, found.modified_at) == (10.0, 10.0)


def test_baselines_are_listed_by_their_ids_in_their_scope(db: Database) -> None:
    for baseline_id, scope in (("pb-2", SCOPE), ("pb-1", SCOPE), ("pb-0", ELSEWHERE)):
        add(db, baseline_id, scope)
    listed = [baseline.baseline_id for baseline in baselines.in_scope(db, SCOPE)]
    assert listed == ["pb-1", "pb-2"]
    assert baselines.find(db, SCOPE, "pb-0") is None


def test_an_id_is_used_once(db: Database) -> None:
    add(db, "pb-1")
    with pytest.raises(BROKEN_CONSTRAINT):
        add(db, "pb-1")


@pytest.mark.parametrize(
    "changed",
    [
        replace(CONTENT, name="Theirs"),
        replace(CONTENT, description=None),
        replace(CONTENT, rejected_patches=("b", "c")),
        replace(CONTENT, approval_rules=CONTENT.approval_rules[::-1]),
        replace(CONTENT, approved_patches_compliance_level=ComplianceLevel.HIGH),
    ],
)
def test_a_digest_names_one_content(changed: PatchBaseline) -> None:
    assert baselines.digest_of(changed) != baselines.digest_of(CONTENT)


def test_a_digest_stays_the_same() -> None:
    assert baselines.digest_of(replace(CONTENT)) == baselines.digest_of(CONTENT)
    assert len(baselines.digest_of(CONTENT)) == 16


def test_a_content_is_kept_once(db: Database) -> None:
    add(db, "pb-1")
    add(db, "pb-2")
    assert baselines.keep_content(db, CONTENT) == baselines.digest_of(CONTENT)
    assert db.one("SELECT count(*) FROM baseline_contents") == (1,)


def test_the_last_registered_default_counts(db: Database) -> None:
    for baseline_id in ("pb-1", "pb-2"):
        baselines.set_default(db, SCOPE, "DEBIAN", baseline_id)
    baselines.set_default(db, SCOPE, "UBUNTU", "pb-3")
    baselines.set_default(db, ELSEWHERE, "DEBIAN", "pb-4")
    assert baselines.defaults(db, SCOPE) == {"DEBIAN": "pb-2", "UBUNTU": "pb-3"}


def test_each_default_that_is_registered_is_a_new_generation(db: Database) -> None:
    seen = [baselines.policy_generation(db, SCOPE)]
    for baseline_id in ("pb-1", "pb-2"):
        baselines.set_default(db, SCOPE, "DEBIAN", baseline_id)
        seen.append(baselines.policy_generation(db, SCOPE))
    assert seen == sorted(set(seen))


def test_an_update_is_the_next_version(db: Database) -> None:
    add(db, "pb-1")
    add(db, "pb-2")
    changed = replace(CONTENT, name="Theirs")
    baselines.update(db, SCOPE, "pb-1", changed, now=20.0, by="another")
    baselines.update(db, SCOPE, "pb-1", CONTENT, now=30.0, by="tester")
    found = baselines.find(db, SCOPE, "pb-1")
    assert found is not None
    assert (found.content, found.created_at, found.modified_at) == (CONTENT, 10.0, 30.0)
    assert versions(db, "pb-1") == [
        (1, baselines.digest_of(CONTENT), 10.0, "tester"),
        (2, baselines.digest_of(changed), 20.0, "another"),
        (3, baselines.digest_of(CONTENT), 30.0, "tester"),
    ]
    assert versions(db, "pb-2") == [(1, baselines.digest_of(CONTENT), 10.0, "tester")]


def test_an_update_keeps_the_tags(db: Database) -> None:
    add(db, "pb-1")
    baselines.set_tags(db, SCOPE, "pb-1", {"Stage": "prod"})
    baselines.update(db, SCOPE, "pb-1", replace(CONTENT, name="Theirs"), now=20.0, by="another")
    found = baselines.find(db, SCOPE, "pb-1")
    assert found is not None
    assert found.tags == {"Stage": "prod"}


def test_an_update_concerns_its_scope_only(db: Database) -> None:
    add(db, "pb-1")
    add(db, "pb-1", ELSEWHERE)
    baselines.update(db, SCOPE, "pb-1", replace(CONTENT, name="Theirs"), now=20.0, by="another")
    found = baselines.find(db, ELSEWHERE, "pb-1")
    assert found is not None
    assert (found.content, found.modified_at) == (CONTENT, 10.0)
    assert baselines.policy_generation(db, ELSEWHERE) == 0


def test_an_update_is_a_new_generation(db: Database) -> None:
    add(db, "pb-1")
    before = baselines.policy_generation(db, SCOPE)
    baselines.update(db, SCOPE, "pb-1", CONTENT, now=20.0, by="another")
    assert baselines.policy_generation(db, SCOPE) > before


def test_a_removed_baseline_leaves_its_versions(db: Database) -> None:
    add(db, "pb-1")
    add(db, "pb-1", ELSEWHERE)
    assert baselines.remove(db, SCOPE, "pb-1")
    assert baselines.find(db, SCOPE, "pb-1") is None
    assert baselines.find(db, ELSEWHERE, "pb-1") is not None
    assert versions(db, "pb-1") == [(1, baselines.digest_of(CONTENT), 10.0, "tester")]
    assert not baselines.remove(db, SCOPE, "pb-1")


def versions(db: Database, baseline_id: str) -> list[tuple[object, ...]]:
    return db.all(
        "SELECT version, digest, modified_at, modified_by FROM baseline_versions"
        " WHERE account_id = ? AND region = ? AND baseline_id = ? ORDER BY version",
        (*SCOPE, baseline_id),
    )
