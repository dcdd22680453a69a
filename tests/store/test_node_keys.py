from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node_store import NODE, SCOPE, NodeStore
from patchwarden.store.database import Scope
from patchwarden.store.node_keys import KEYS_COUNT, identity, next_number, node_key_of

texts = st.text(st.characters(exclude_characters="\0"), max_size=5)
names = st.tuples(texts, texts, texts)


def test_keys_never_change() -> None:
    # Rows in every store begin with them.
    assert node_key_of(SCOPE, NODE) == 315_366_074_902_425_943


@given(names, names)
def test_nodes_have_their_own_keys(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    keys = {node_key_of(Scope(*name[:2]), name[2]) for name in (one, other)}
    assert len(keys) == len({one, other})
    assert all(0 <= key < KEYS_COUNT for key in keys)


def test_accounts_and_regions_have_nodes_of_their_own() -> None:
    scopes = [Scope(*each) for each in product("12", ("us-east-1", "eu-west-1"))]
    assert len({node_key_of(scope, NODE) for scope in scopes}) == 4


def test_a_lone_surrogate_has_a_key() -> None:
    assert identity(SCOPE, "mi-\ud800")[1:] == (*SCOPE, "mi-\ud800")
    assert node_key_of(SCOPE, "mi-\ud800") != node_key_of(SCOPE, "mi-\ud801")


def test_numbers_are_given_once_for_each_node(store: NodeStore) -> None:
    other = store.register("mi-0fedcba9876543210")
    own = store.node().node_key
    with store.db.transaction():
        numbers = [next_number(store.db, key) for key in (own, own, other, own)]
    assert numbers[0] < numbers[1] < numbers[3]
    assert numbers[2] == numbers[0]


def test_only_nodes_have_numbers(store: NodeStore) -> None:
    with store.db.transaction(), pytest.raises(AssertionError):
        next_number(store.db, 7)
