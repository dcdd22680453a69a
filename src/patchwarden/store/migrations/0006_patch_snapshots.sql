-- What nodes download to be patched by: a baseline as it was when a snapshot was first asked for.
-- Fleets ask with many ids for the same content, so that is stored once and goes by its last use.
CREATE TABLE patch_snapshots (
  account_id       TEXT NOT NULL,
  region           TEXT NOT NULL,
  patch_group      TEXT NOT NULL,
  operating_system TEXT NOT NULL,
  snapshot_id      TEXT NOT NULL,
  digest           BLOB NOT NULL,
  made_at          REAL NOT NULL,
  PRIMARY KEY (account_id, region, patch_group, operating_system, snapshot_id)
) WITHOUT ROWID;
CREATE INDEX patch_snapshots_by_age ON patch_snapshots (made_at);

CREATE TABLE patch_snapshot_contents (
  digest  BLOB PRIMARY KEY,
  content BLOB NOT NULL,
  used_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX patch_snapshot_contents_by_use ON patch_snapshot_contents (used_at);
