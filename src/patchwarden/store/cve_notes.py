"""What is known of CVEs by themselves: whether they are exploited, and how likely that is."""

from typing import NamedTuple

import msgspec

from patchwarden.domain.advisories import ExploitPrediction, KnownExploitation
from patchwarden.store.catalog import Outcome
from patchwarden.store.database import Database

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(KnownExploitation)


class CveNotesHolding(NamedTuple):
    """How many notes there are."""

    exploited_count: int
    predictions_count: int


def put_exploitation(db: Database, note: KnownExploitation) -> Outcome:
    """Store that a CVE is exploited; what comes later counts."""
    content = _encoder.encode(note)
    row = db.one("SELECT content FROM known_exploitations WHERE cve_id = ?", (note.cve_id,))
    if row is not None and row[0] == content:
        return "unchanged"
    db.execute(
        "INSERT INTO known_exploitations (cve_id, content) VALUES (?, ?)"
        " ON CONFLICT (cve_id) DO UPDATE SET content = excluded.content",
        (note.cve_id, content),
    )
    return "added" if row is None else "changed"


def put_prediction(db: Database, note: ExploitPrediction) -> Outcome:
    """Store how likely a CVE is to be exploited, unless the score that is known is newer."""
    columns = (note.score, note.percentile, note.scored_at)
    row = db.one(
        "SELECT score, percentile, scored_at FROM exploit_predictions WHERE cve_id = ?",
        (note.cve_id,),
    )
    if row == columns or (row is not None and (note.scored_at or 0.0) < (row[2] or 0.0)):
        return "unchanged"
    db.execute(
        "INSERT INTO exploit_predictions (cve_id, score, percentile, scored_at)"
        " VALUES (?, ?, ?, ?) ON CONFLICT (cve_id) DO UPDATE SET score = excluded.score,"
        " percentile = excluded.percentile, scored_at = excluded.scored_at",
        (note.cve_id, *columns),
    )
    return "added" if row is None else "changed"


def exploitation(db: Database, cve_id: str) -> KnownExploitation | None:
    """Say whether a CVE is exploited, and since when that is known; None if it is not."""
    row = db.one("SELECT content FROM known_exploitations WHERE cve_id = ?", (cve_id.upper(),))
    return None if row is None else _decoder.decode(row[0])


def prediction(db: Database, cve_id: str) -> ExploitPrediction | None:
    """Give how likely a CVE is to be exploited; None if nobody scored it."""
    row = db.one(
        "SELECT cve_id, score, percentile, scored_at FROM exploit_predictions WHERE cve_id = ?",
        (cve_id.upper(),),
    )
    if row is None:
        return None
    return ExploitPrediction(cve_id=row[0], score=row[1], percentile=row[2], scored_at=row[3])


def holding(db: Database) -> CveNotesHolding:
    """Give what there is."""
    row = db.one(
        "SELECT (SELECT count(*) FROM known_exploitations), count(*) FROM exploit_predictions"
    )
    assert row is not None
    return CveNotesHolding._make(row)
