-- The definition is JSON: nothing is searched in it, for an account has few.
CREATE TABLE maintenance_windows (
  account_id  TEXT NOT NULL,
  region      TEXT NOT NULL,
  window_id   TEXT NOT NULL,
  definition  BLOB NOT NULL,
  created_at  REAL NOT NULL,
  modified_at REAL NOT NULL,
  tags        TEXT NOT NULL,
  PRIMARY KEY (account_id, region, window_id)
) WITHOUT ROWID;
