"""What reports say of packages, without what is each node's own: stored once for all nodes."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from patchwarden.store.compression import compress_text, decompress_text
from patchwarden.store.database import Database

_DIGEST_SIZE = 16
_MAX_KNOWN = 200_000


class PackageTexts:
    """Finds texts by their ids, and ids by their texts. Remembers what it has seen.

    For one thread at a time: what a transaction has stored is known from then on, unless it is
    undone.
    """

    def __init__(self) -> None:
        """Start with nothing known."""
        self._ids: dict[bytes, int] = {}
        self._texts: dict[int, bytes] = {}

    def intern(self, db: Database, texts: Sequence[bytes]) -> list[int]:
        """Give the id of each text, storing those that are new; must run inside a transaction."""
        self._make_room()
        new = [text for text in dict.fromkeys(texts) if text not in self._ids]
        if new:
            learned = _interned(db, new)
            self._remember(learned.items())
            db.if_undone(lambda: self._forget(learned.items()))
        return [self._ids[text] for text in texts]

    def fetch(self, db: Database, text_ids: Sequence[int]) -> list[bytes]:
        """Give the text of each id; they must be there."""
        self._make_room()
        new = [text_id for text_id in dict.fromkeys(text_ids) if text_id not in self._texts]
        self._remember((text, text_id) for text_id, text in _fetched(db, new).items())
        return [self._texts[text_id] for text_id in text_ids]

    def _make_room(self) -> None:
        if len(self._ids) > _MAX_KNOWN:
            self._ids.clear()
            self._texts.clear()

    def _remember(self, learned: Iterable[tuple[bytes, int]]) -> None:
        for text, text_id in learned:
            self._ids[text] = text_id
            self._texts[text_id] = text

    def _forget(self, undone: Iterable[tuple[bytes, int]]) -> None:
        for text, text_id in undone:
            self._ids.pop(text, None)
            self._texts.pop(text_id, None)


def _interned(db: Database, texts: Iterable[bytes]) -> Mapping[bytes, int]:
    by_digest = {_digest(text): text for text in texts}
    rows = db.all_in(
        "SELECT digest, text_id FROM package_texts WHERE digest IN (:values)", list(by_digest)
    )
    known = {by_digest[digest]: int(text_id) for digest, text_id in rows}
    for digest, text in by_digest.items():
        if text not in known:
            known[text] = db.insert(
                "INSERT INTO package_texts (digest, content) VALUES (?, ?) RETURNING text_id",
                (digest, compress_text(text)),
            )
    return known


def _fetched(db: Database, text_ids: Sequence[int]) -> dict[int, bytes]:
    rows = db.all_in(
        "SELECT text_id, content FROM package_texts WHERE text_id IN (:values)", text_ids
    )
    return {text_id: decompress_text(content) for text_id, content in rows}


def _digest(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=_DIGEST_SIZE).digest()
