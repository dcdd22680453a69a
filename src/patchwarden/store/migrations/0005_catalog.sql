-- The catalog of patches is one for all accounts.

-- What many patches share and rules filter by, stored once: fields is JSON: pairs
-- of a filter key and a value.
CREATE TABLE catalog_terms (
  terms_id         INTEGER PRIMARY KEY AUTOINCREMENT,
  operating_system TEXT NOT NULL,
  fields           TEXT NOT NULL,
  UNIQUE (operating_system, fields)
);

-- Small rows: a search passes over many. identity is the digest of what makes it one patch. The
-- texts are in lower case; a release date that is not known is 1970.
CREATE TABLE catalog_patches (
  patch_key        INTEGER PRIMARY KEY AUTOINCREMENT,
  identity         BLOB NOT NULL UNIQUE,
  operating_system TEXT NOT NULL,
  released_at      REAL NOT NULL,
  terms_id         INTEGER NOT NULL,
  epoch            TEXT NOT NULL,
  version          TEXT NOT NULL,
  release          TEXT NOT NULL,
  arch             TEXT NOT NULL,
  repository       TEXT NOT NULL
);
CREATE INDEX catalog_patches_in_order
  ON catalog_patches (operating_system, released_at, patch_key, terms_id);

CREATE TABLE catalog_contents (
  patch_key INTEGER PRIMARY KEY,
  content   BLOB NOT NULL
);

-- Names and ids by which patches are looked up, in lower case; kind is a filter key.
CREATE TABLE catalog_references (
  kind      TEXT NOT NULL,
  value     TEXT NOT NULL,
  patch_key INTEGER NOT NULL,
  PRIMARY KEY (kind, value, patch_key)
) WITHOUT ROWID;

CREATE TABLE catalog_imports (
  import_id       INTEGER PRIMARY KEY AUTOINCREMENT,
  imported_at     REAL NOT NULL,
  format          TEXT NOT NULL,
  file_name       TEXT NOT NULL,
  patches_count   INTEGER NOT NULL,
  added_count     INTEGER NOT NULL,
  changed_count   INTEGER NOT NULL
);
