import pytest

from patchwarden.store import baselines, patch_groups
from patchwarden.store.database import Database, Scope
from patchwarden.store.patch_groups import PatchGroupBaseline

SCOPE = Scope("123456789012", "us-east-1")
ELSEWHERE = [SCOPE._replace(account_id="210987654321"), SCOPE._replace(region="eu-west-1")]
WEB = PatchGroupBaseline("web", "DEBIAN", "pb-1")
ALL = (
    PatchGroupBaseline("Web", "UBUNTU", "pb-2"),
    PatchGroupBaseline("db", "DEBIAN", "pb-1"),
    WEB,
    PatchGroupBaseline("web", "UBUNTU", "pb-2"),
)


def register(db: Database, *registrations: PatchGroupBaseline) -> None:
    for registration in registrations:
        patch_groups.register(db, SCOPE, registration)


def test_a_group_has_the_baseline_that_was_registered(db: Database) -> None:
    register(db, WEB)
    assert patch_groups.baseline_of(db, SCOPE, "web", "DEBIAN") == "pb-1"
    assert patch_groups.baseline_of(db, SCOPE, "web", "UBUNTU") is None
    assert patch_groups.baseline_of(db, SCOPE, "db", "DEBIAN") is None


def test_registrations_come_by_group_and_operating_system(db: Database) -> None:
    register(db, *reversed(ALL))
    assert patch_groups.in_scope(db, SCOPE) == list(ALL)
    assert patch_groups.of_baseline(db, SCOPE, "pb-2") == ["Web", "web"]
    assert patch_groups.of_baseline(db, SCOPE, "pb-3") == []


@pytest.mark.parametrize("scope", ELSEWHERE)
def test_other_scopes_see_no_registration(db: Database, scope: Scope) -> None:
    register(db, WEB)
    assert patch_groups.in_scope(db, scope) == []
    assert patch_groups.of_baseline(db, scope, "pb-1") == []
    assert patch_groups.baseline_of(db, scope, "web", "DEBIAN") is None
    assert not patch_groups.deregister(db, scope, "web", "pb-1")
    assert patch_groups.in_scope(db, SCOPE) == [WEB]


def test_to_deregister_ends_one_registration(db: Database) -> None:
    register(db, *ALL)
    assert patch_groups.deregister(db, SCOPE, "web", "pb-1")
    assert patch_groups.in_scope(db, SCOPE) == [each for each in ALL if each != WEB]
    assert not patch_groups.deregister(db, SCOPE, "web", "pb-1")


def test_each_change_is_a_new_policy_generation(db: Database) -> None:
    generations = [baselines.policy_generation(db, SCOPE)]
    register(db, WEB)
    generations.append(baselines.policy_generation(db, SCOPE))
    patch_groups.deregister(db, SCOPE, "web", "pb-1")
    generations.append(baselines.policy_generation(db, SCOPE))
    assert generations == sorted(set(generations))
    patch_groups.deregister(db, SCOPE, "web", "pb-1")
    assert baselines.policy_generation(db, SCOPE) == generations[-1]
