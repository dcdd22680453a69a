from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from node_store import NodeStore
from patchwarden.domain.facts import Package
from patchwarden.evaluation.kept_reports import PACKAGE_TYPE
from patchwarden.evaluation.shared_packages import SharedPackage, SharedPackages, own_values
from patchwarden.store import shared_texts
from patchwarden.store.package_texts import PackageTexts
from patchwarden.store.packed_rows import time_of
from patchwarden.store.shared_texts import PackedTexts

USUAL = b'{"name":"bash","architecture":"amd64","version":"5","installed_at":0,"installed_by":0}'
OTHER = b'{"name":"zsh","architecture":"amd64","version":"6"}'
UNUSUAL = [
    b'{"x":{"installed_at":0},"name":"bash","architecture":"amd64","version":"5"}',
    b'{"name":"bash","architecture":"amd64","version":"5","installed\\u005fat":7.0}',
    b'{"name":"bash","architecture":"amd64","version":"5","x":{"installed_by":0}}',
    b'{"name":"bash","architecture":"amd64","version":"5","installed_\\u0062y":"ann"}',
]


def stored(store: NodeStore, *texts: bytes) -> list[int]:
    with store.db.transaction():
        return store.engine.package_texts.intern(store.db, texts)


def packed(*packages: dict[str, object]) -> PackedTexts:
    apart = shared_texts.take_apart(msgspec.json.encode({"installed": packages}))
    assert apart is not None
    content = shared_texts.pack(apart, range(len(apart.texts)))
    assert content is not None
    return shared_texts.unpack(content)


def test_a_package_is_read_without_what_is_each_nodes_own(store: NodeStore) -> None:
    ids = stored(store, USUAL, OTHER)
    found = store.engine.shared_packages.find(store.db, [*ids, ids[0]])
    assert found is not None
    assert [each.text_id for each in found] == [*ids, ids[0]]
    bash = {"name": "bash", "architecture": "amd64", "version": "5"}
    assert found[0].package == msgspec.convert(bash, PACKAGE_TYPE)
    assert [each.key for each in found[:2]] == [("bash", "amd64"), ("zsh", "amd64")]


@pytest.mark.parametrize("text", UNUSUAL)
def test_one_that_is_unusually_written_is_not_read(store: NodeStore, text: bytes) -> None:
    ids = stored(store, OTHER, text)
    shared = store.engine.shared_packages
    assert shared.find(store.db, ids) is None
    assert shared.find(store.db, ids) is None
    assert shared.find(store.db, ids[:1]) is not None


def test_ids_of_what_was_undone_come_to_mean_what_is_stored_then(store: NodeStore) -> None:
    shared = SharedPackages(PackageTexts())

    def find_and_fail() -> None:
        ids = shared.texts.intern(store.db, [USUAL])
        assert shared.find(store.db, ids) is not None
        raise KeyError

    with pytest.raises(KeyError), store.db.transaction():
        find_and_fail()
    with store.db.transaction():
        found = shared.find(store.db, shared.texts.intern(store.db, [OTHER]))
    assert found is not None
    assert found[0].package.name == "zsh"


instants = st.sampled_from(
    [None, 0, 0.0, 0.5, 12345.0, 1784419468, 1784419468.0, 3999999999.0, 4e9, 4294967295.0]
)
people = st.sampled_from([None, "", "x", "ann", "Zoë", "{[,]}"])
packages = st.fixed_dictionaries(
    {"name": st.sampled_from("ab"), "architecture": st.just("amd64"), "version": st.just("1")},
    optional={"installed_at": instants, "installed_by": people},
)


@given(st.lists(packages, min_size=1, max_size=5))
def test_own_values_are_those_of_the_packages_themselves(listed: list[dict[str, object]]) -> None:
    whole = [msgspec.convert(each, PACKAGE_TYPE) for each in listed]
    own = own_values(packed(*listed))
    assert list(own.times) == [time_of(each.installed_at or 0.0) for each in whole]
    shown = [each.installed_by or None for each in whole]
    assert [name or None for name in own.installed_by or [None] * len(whole)] == shown


@given(st.lists(packages, min_size=1, max_size=3, unique_by=lambda each: each["name"]))
def test_a_package_with_its_own_values_is_the_one_that_was_sent(
    listed: list[dict[str, object]],
) -> None:
    texts = packed(*listed)
    own = own_values(texts)
    for position, told in enumerate(listed):
        sent = msgspec.convert(told, Package)
        bare = replace(sent, installed_at=None, installed_by=None)
        shared = SharedPackage(position, bare, (sent.name, sent.architecture))
        assert own.of(shared, position) == sent
