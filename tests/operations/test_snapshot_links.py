"""Links to patch snapshots: nobody can make or change one."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import NOW
from patchwarden.operations.snapshot_links import LINK_LIFETIME_S, SNAPSHOTS_PATH, SnapshotLinks
from patchwarden.protocol.page_token import InvalidPageToken
from patchwarden.store.patch_snapshots import SnapshotKey

KEY = SnapshotKey("123456789012", "us-east-1", "", "DEBIAN", "6d03d6c5-f79d-41d0-8d0e-00a9a0000000")
LISTENING = "http://127.0.0.1:8440"
NONCE = bytes(12)
FOREIGN = "AAAA"


def links(public_url: str | None = None, key: bytes = bytes(32)) -> SnapshotLinks:
    return SnapshotLinks(key, public_url=public_url, listening_url=LISTENING)


def url(host: str = "patches.example.test:8440", key: SnapshotKey = KEY) -> str:
    return links().url(key, host=host, now=NOW, nonce=NONCE)


def parts(link: str) -> tuple[str, str]:
    """Give the end of a link's path, and its query."""
    split = urlsplit(link)
    assert split.path.startswith(SNAPSHOTS_PATH)
    return split.path.removeprefix(SNAPSHOTS_PATH), split.query


def test_a_link_has_the_form_of_the_original_s() -> None:
    head, _, signature = url().partition("&X-Amz-Signature=")
    assert head == (
        "http://patches.example.test:8440/_patchwarden/snapshots/"
        "DEBIAN-6d03d6c5-f79d-41d0-8d0e-00a9a0000000"
        "?X-Amz-Date=20251124T160000Z&X-Amz-Expires=86400"
    )
    assert len(signature) > 100


@given(st.text(max_size=256))
def test_a_link_gives_back_what_it_is_for(patch_group: str) -> None:
    key = KEY._replace(patch_group=patch_group)
    assert links().open(*parts(url(key=key)), NOW) == key


def test_a_link_shows_nothing_of_the_account_or_the_group() -> None:
    link = url(key=KEY._replace(patch_group="secret-project"))
    assert KEY.account_id not in link
    assert "secret-project" not in link


@pytest.mark.parametrize("age", [0, LINK_LIFETIME_S - 1])
def test_a_link_is_good_for_a_day(age: float) -> None:
    assert links().open(*parts(url()), NOW + age) == KEY


def test_a_link_expires() -> None:
    with pytest.raises(InvalidPageToken):
        links().open(*parts(url()), NOW + LINK_LIFETIME_S)


@given(st.data())
def test_a_changed_link_is_refused(data: st.DataObject) -> None:
    name, query = parts(url())
    whole = f"{name}?{query}"
    at = data.draw(st.integers(0, len(whole) - 1))
    put = data.draw(st.sampled_from("aA0-_&?= é"))
    changed = whole[:at] + put + whole[at + 1 :]
    if changed != whole:
        name, _, query = changed.partition("?")
        with pytest.raises(InvalidPageToken):
            links().open(name, query, NOW)


@pytest.mark.parametrize(
    "query",
    ["", "X-Amz-Signature=", "X-Amz-Date=20251124T160000Z&X-Amz-Signature=", "&X-Amz-Signature=é"],
)
def test_a_link_without_a_signature_is_refused(query: str) -> None:
    with pytest.raises(InvalidPageToken):
        links().open(parts(url())[0], query, NOW)


def test_a_link_of_another_installation_is_refused() -> None:
    with pytest.raises(InvalidPageToken):
        links(key=bytes([1]) * 32).open(*parts(url()), NOW)


@pytest.mark.parametrize(
    "host",
    ["patches.example.test", "patch_server:8440", "192.0.2.1:80", "[2001:db8::1]:8440", "A-1.b"],
)
def test_the_host_that_the_client_asked_is_the_host_of_the_link(host: str) -> None:
    assert url(host).startswith(f"http://{host}/_patchwarden/")


@pytest.mark.parametrize(
    "host",
    ["", "a b", "a/b", "a@b", "a?b", "a#b", "a:b", "a\nb", "a:80:90", "[::1", "é.test", ":1"],
)
def test_a_host_that_is_none_is_replaced_by_the_listening_address(host: str) -> None:
    assert url(host).startswith(f"{LISTENING}/_patchwarden/")


@pytest.mark.parametrize("public", ["https://p.example.test", "https://p.example.test/"])
def test_a_public_url_wins_over_the_host(public: str) -> None:
    made = links(public).url(KEY, host="internal:8440", now=NOW, nonce=NONCE)
    assert made.startswith("https://p.example.test/_patchwarden/")
