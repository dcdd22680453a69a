import pytest

from node_store import SCOPE, NodeStore
from patchwarden.data.load import operating_systems, predefined_baseline_arn
from patchwarden.domain.baselines import PatchBaseline
from patchwarden.evaluation.assignment import (
    Assignments,
    assigned_baseline,
    default_predefined,
    find_predefined,
)
from patchwarden.store import baselines, patch_groups
from patchwarden.store.patch_groups import PatchGroupBaseline

OURS = PatchBaseline(name="Ours", operating_system="DEBIAN")
OURS_ID = "pb-0123456789abcdef0"


def add(store: NodeStore) -> None:
    with store.db.transaction():
        baselines.add(store.db, SCOPE, OURS_ID, OURS, now=0.0, by="tester")


def register(store: NodeStore, baseline_id: str, operating_system: str = "DEBIAN") -> None:
    with store.db.transaction():
        baselines.set_default(store.db, SCOPE, operating_system, baseline_id)


def assigned(
    store: NodeStore, operating_system: str = "DEBIAN", patch_group: str = ""
) -> tuple[str, PatchBaseline]:
    found = assigned_baseline(store.db, SCOPE, operating_system, patch_group)
    return found.baseline_id, found.content


def predefined(operating_system: str = "DEBIAN") -> tuple[str, PatchBaseline]:
    found = default_predefined(operating_system)
    return found.baseline_id, found.content


@pytest.mark.parametrize("operating_system", sorted(operating_systems()))
def test_at_first_the_predefined_baseline_is_used(store: NodeStore, operating_system: str) -> None:
    assert assigned(store, operating_system) == predefined(operating_system)
    assert predefined(operating_system)[1].operating_system == operating_system


def test_a_registered_baseline_is_used(store: NodeStore) -> None:
    add(store)
    register(store, OURS_ID)
    assert assigned(store) == (OURS_ID, OURS)
    assert assigned(store, "UBUNTU") == predefined("UBUNTU")


def test_a_registered_baseline_of_aws_is_used_by_its_bare_id(store: NodeStore) -> None:
    add(store)
    register(store, OURS_ID)
    register(store, predefined_baseline_arn(SCOPE.region, predefined()[0]))
    assert assigned(store) == predefined()


@pytest.mark.parametrize("gone", [OURS_ID, "arn:aws:ssm:us-east-1:1:patchbaseline/pb-0"])
def test_what_is_gone_falls_back_to_the_predefined_one(store: NodeStore, gone: str) -> None:
    register(store, gone)
    assert assigned(store) == predefined()


def test_baselines_of_another_region_are_not_used(store: NodeStore) -> None:
    add(store)
    register(store, OURS_ID)
    elsewhere = assigned_baseline(store.db, SCOPE._replace(region="eu-west-1"), "DEBIAN", "")
    assert elsewhere.content == predefined()[1]


def test_a_predefined_baseline_is_found_by_the_arn_of_its_region() -> None:
    baseline_id, content = predefined()
    arn = predefined_baseline_arn("us-east-1", baseline_id)
    found = find_predefined("us-east-1", arn)
    assert found is not None
    assert (found.baseline_id, found.content) == (baseline_id, content)
    assert find_predefined("eu-west-1", arn) is None


@pytest.mark.parametrize("text", ["", "pb-0123456789abcdef0", "arn:aws:ssm:::patchbaseline/pb-0"])
def test_what_is_not_predefined_is_none(text: str) -> None:
    assert find_predefined("us-east-1", text) is None


def test_the_baseline_of_the_patch_group_comes_before_the_default(store: NodeStore) -> None:
    add(store)
    with store.db.transaction():
        patch_groups.register(store.db, SCOPE, PatchGroupBaseline("web", "DEBIAN", OURS_ID))
    assert assigned(store, patch_group="web") == (OURS_ID, OURS)
    assert assigned(store, patch_group="db") == predefined()
    assert assigned(store) == predefined()
    assert assigned(store, "UBUNTU", "web") == predefined("UBUNTU")


def find_again(
    store: NodeStore, known: Assignments, patch_group: str = "", operating_system: str = "DEBIAN"
) -> str:
    """Ask what remembers; it must agree with what is stored."""
    with store.db.transaction():
        found = known.find(store.db, SCOPE, operating_system, patch_group)
    fresh = assigned_baseline(store.db, SCOPE, operating_system, patch_group)
    assert (found.baseline_id, found.content) == (fresh.baseline_id, fresh.content)
    assert found.digest == baselines.digest_of(fresh.content)
    return found.baseline_id


def test_each_change_of_policy_is_seen_at_once(store: NodeStore) -> None:
    known = Assignments()
    add(store)
    assert find_again(store, known) == predefined()[0]
    register(store, OURS_ID)
    assert find_again(store, known) == OURS_ID
    assert find_again(store, known, operating_system="UBUNTU") == predefined("UBUNTU")[0]
    with store.db.transaction():
        other = "pb-0123456789abcdef1"
        baselines.add(store.db, SCOPE, other, OURS, now=0.0, by="tester")
        patch_groups.register(store.db, SCOPE, PatchGroupBaseline("web", "DEBIAN", other))
    assert find_again(store, known, "web") == other
    assert find_again(store, known) == OURS_ID
    with store.db.transaction():
        patch_groups.deregister(store.db, SCOPE, "web", other)
    assert find_again(store, known, "web") == OURS_ID


def test_what_it_says_is_kept(store: NodeStore) -> None:
    known = Assignments()
    with store.db.transaction():
        digest = known.find(store.db, SCOPE, "DEBIAN", "").digest
    assert store.db.one("SELECT 1 FROM baseline_contents WHERE digest = ?", (digest,)) == (1,)


def test_an_undone_change_is_forgotten(store: NodeStore) -> None:
    known = Assignments()
    add(store)

    def find_and_fail() -> None:
        baselines.set_default(store.db, SCOPE, "DEBIAN", OURS_ID)
        assert known.find(store.db, SCOPE, "DEBIAN", "").baseline_id == OURS_ID
        raise KeyError

    with pytest.raises(KeyError), store.db.transaction():
        find_and_fail()
    with store.db.transaction(), pytest.raises(KeyError), store.db.savepoint():
        find_and_fail()
    assert find_again(store, known) == predefined()[0]
    # This change counts as the same generation as the undone one.
    register(store, predefined_baseline_arn(SCOPE.region, predefined()[0]))
    assert find_again(store, known) == predefined()[0]
