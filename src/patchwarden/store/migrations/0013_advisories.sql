-- What vendors' feeds tell, one for all accounts. The content of an advisory is JSON without its
-- fixes.
CREATE TABLE advisories (
  advisory_key INTEGER PRIMARY KEY AUTOINCREMENT,
  source       TEXT NOT NULL,
  advisory_id  TEXT NOT NULL,
  revised_at   REAL NOT NULL,
  content      BLOB NOT NULL,
  UNIQUE (source, advisory_id)
);

-- Read by product and name when a node is judged. name is as the distribution spells it; version
-- is empty where there is none.
CREATE TABLE advisory_fixes (
  product      TEXT NOT NULL,
  name         TEXT NOT NULL,
  is_source    INTEGER NOT NULL,
  architecture TEXT NOT NULL,
  module       TEXT NOT NULL,
  advisory_key INTEGER NOT NULL,
  version      TEXT NOT NULL,
  status       TEXT NOT NULL,
  PRIMARY KEY (product, name, advisory_key, is_source, architecture, module)
) WITHOUT ROWID;
CREATE INDEX advisory_fixes_by_advisory ON advisory_fixes (advisory_key);

-- The CVEs of advisories, in upper case.
CREATE TABLE advisory_cves (
  cve_id       TEXT NOT NULL,
  advisory_key INTEGER NOT NULL,
  PRIMARY KEY (cve_id, advisory_key)
) WITHOUT ROWID;

-- revision grows with each import that changes what is known about the product. operating_system is
-- empty for products that no node of ours can have.
CREATE TABLE catalog_products (
  product          TEXT PRIMARY KEY,
  operating_system TEXT NOT NULL,
  revision         INTEGER NOT NULL
);

CREATE TABLE known_exploitations (
  cve_id  TEXT PRIMARY KEY,
  content BLOB NOT NULL
);

CREATE TABLE exploit_predictions (
  cve_id     TEXT PRIMARY KEY,
  score      REAL NOT NULL,
  percentile REAL NOT NULL,
  scored_at  REAL
);

-- When a version was first offered to a node of the account, for want of a release date.
CREATE TABLE first_seen (
  account_id       TEXT NOT NULL,
  operating_system TEXT NOT NULL,
  name             TEXT NOT NULL,
  architecture     TEXT NOT NULL,
  version          TEXT NOT NULL,
  seen_at          REAL NOT NULL,
  PRIMARY KEY (account_id, operating_system, name, architecture, version)
) WITHOUT ROWID;

-- Entries of changelogs, newest first, as JSON; of one version of a source package.
CREATE TABLE changelogs (
  account_id       TEXT NOT NULL,
  operating_system TEXT NOT NULL,
  source           TEXT NOT NULL,
  version          TEXT NOT NULL,
  received_at      REAL NOT NULL,
  entries          BLOB NOT NULL,
  PRIMARY KEY (account_id, operating_system, source, version)
) WITHOUT ROWID;

-- What an evaluation knew of the catalog: it grows with what bears on the node.
ALTER TABLE verdicts ADD COLUMN knowledge INTEGER NOT NULL DEFAULT 0;

ALTER TABLE catalog_imports ADD COLUMN advisories_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE catalog_imports ADD COLUMN cves_count INTEGER NOT NULL DEFAULT 0;
-- 0 while an import is under way, and for ever if it was cut off.
ALTER TABLE catalog_imports ADD COLUMN finished INTEGER NOT NULL DEFAULT 1;
