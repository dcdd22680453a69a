"""Reads the patches of an evaluation whole: what nodes share, and what is the node's own."""

from collections.abc import Iterator

from patchwarden.domain.patches import Verdict
from patchwarden.store import records
from patchwarden.store.database import Database
from patchwarden.store.packed_rows import NOT_INSTALLED, PackedRows, record_id_of, state_of


def patch_rows(db: Database, rows: PackedRows) -> Iterator[Verdict]:
    """Give the verdict of each row, in the order of DescribeInstancePatches.

    Times are in whole seconds. `rows` are those of `VerdictInForce` or of `pinned_rows`.
    """
    every = range(len(rows))
    codes = rows.pick_codes(every)
    known = records.fetch(db, sorted({record_id_of(code) for code in codes}))
    installers = (None, *rows.installers)
    installed_by = rows.pick_installers(every) if rows.installers else [0] * len(rows)
    for code, level, seconds, installer in zip(
        codes, rows.pick_levels(every), rows.pick_times(every), installed_by, strict=True
    ):
        yield Verdict(
            record=known[record_id_of(code)],
            state=state_of(code),
            compliance_level=level,
            installed_at=0.0 if seconds == NOT_INSTALLED else float(seconds),
            installed_by=installers[installer],
        )
