-- Everything of a node is keyed by its node_key; account_id and region lead every other key.
-- Instants are seconds since 1970-01-01T00:00Z.

CREATE TABLE installation (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID;

-- The secret is sealed with the installation's master key.
CREATE TABLE credentials (
  access_key_id TEXT PRIMARY KEY,
  account_id    TEXT NOT NULL,
  role          TEXT NOT NULL,
  instance_id   TEXT,
  description   TEXT NOT NULL,
  sealed_secret BLOB NOT NULL,
  created_at    REAL NOT NULL,
  revoked_at    REAL
) WITHOUT ROWID;

CREATE TABLE activations (
  account_id            TEXT NOT NULL,
  region                TEXT NOT NULL,
  activation_id         TEXT NOT NULL UNIQUE,
  code_digest           BLOB NOT NULL,
  iam_role              TEXT NOT NULL,
  description           TEXT,
  default_instance_name TEXT,
  registration_limit    INTEGER NOT NULL,
  registrations_count   INTEGER NOT NULL DEFAULT 0,
  created_at            REAL NOT NULL,
  expires_at            REAL NOT NULL,
  tags                  TEXT NOT NULL,
  PRIMARY KEY (account_id, region, activation_id)
) WITHOUT ROWID;

CREATE TABLE nodes (
  node_key         INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id       TEXT NOT NULL,
  region           TEXT NOT NULL,
  instance_id      TEXT NOT NULL,
  activation_id    TEXT,
  name             TEXT,
  iam_role         TEXT,
  tags             TEXT NOT NULL,
  registered_at    REAL NOT NULL,
  last_ping_at     REAL,
  agent_version    TEXT NOT NULL DEFAULT '',
  operating_system TEXT NOT NULL DEFAULT '',
  platform_type    TEXT NOT NULL DEFAULT '',
  platform_name    TEXT NOT NULL DEFAULT '',
  platform_version TEXT NOT NULL DEFAULT '',
  computer_name    TEXT NOT NULL DEFAULT '',
  ip_address       TEXT NOT NULL DEFAULT '',
  scan_id          INTEGER,
  verdict_id       INTEGER,
  UNIQUE (account_id, region, instance_id)
);

-- Parts of reports as they came, compressed; a part that did not change is stored once.
CREATE TABLE facts (
  facts_id INTEGER PRIMARY KEY,
  node_key INTEGER NOT NULL,
  digest   BLOB NOT NULL,
  content  BLOB NOT NULL,
  UNIQUE (node_key, digest)
);

CREATE TABLE scans (
  scan_id           INTEGER PRIMARY KEY AUTOINCREMENT,
  node_key          INTEGER NOT NULL,
  node_facts_id     INTEGER NOT NULL,
  packages_facts_id INTEGER NOT NULL,
  operation         TEXT NOT NULL,
  reboot_option     TEXT NOT NULL,
  started_at        REAL NOT NULL,
  ended_at          REAL NOT NULL,
  received_at       REAL NOT NULL
);
CREATE INDEX scans_by_node ON scans (node_key, scan_id);

-- Every content a baseline ever had, the predefined ones included, by its digest.
CREATE TABLE baseline_contents (
  digest  BLOB PRIMARY KEY,
  content BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE baselines (
  account_id  TEXT NOT NULL,
  region      TEXT NOT NULL,
  baseline_id TEXT NOT NULL,
  digest      BLOB NOT NULL,
  created_at  REAL NOT NULL,
  modified_at REAL NOT NULL,
  tags        TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (account_id, region, baseline_id)
) WITHOUT ROWID;

CREATE TABLE baseline_versions (
  account_id  TEXT NOT NULL,
  region      TEXT NOT NULL,
  baseline_id TEXT NOT NULL,
  version     INTEGER NOT NULL,
  digest      BLOB NOT NULL,
  modified_at REAL NOT NULL,
  modified_by TEXT NOT NULL,
  PRIMARY KEY (account_id, region, baseline_id, version)
) WITHOUT ROWID;

CREATE TABLE default_baselines (
  account_id       TEXT NOT NULL,
  region           TEXT NOT NULL,
  operating_system TEXT NOT NULL,
  baseline_id      TEXT NOT NULL,
  PRIMARY KEY (account_id, region, operating_system)
) WITHOUT ROWID;

-- Counts up whenever something that decides a node's baseline changes.
CREATE TABLE policy_generations (
  account_id TEXT NOT NULL,
  region     TEXT NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (account_id, region)
) WITHOUT ROWID;

CREATE TABLE idempotency_tokens (
  account_id     TEXT NOT NULL,
  region         TEXT NOT NULL,
  operation      TEXT NOT NULL,
  token          TEXT NOT NULL,
  request_digest BLOB NOT NULL,
  result         TEXT NOT NULL,
  created_at     REAL NOT NULL,
  PRIMARY KEY (account_id, region, operation, token)
) WITHOUT ROWID;

-- What many nodes share of an answer, stored once.
CREATE TABLE patch_records (
  record_id      INTEGER PRIMARY KEY AUTOINCREMENT,
  digest         BLOB NOT NULL UNIQUE,
  title          TEXT NOT NULL,
  kb_id          TEXT NOT NULL,
  classification TEXT NOT NULL,
  severity       TEXT NOT NULL,
  cve_ids        TEXT NOT NULL
);

-- One evaluation of one node. store/packed_rows.py has the layout of packed_rows.
CREATE TABLE verdicts (
  verdict_id                INTEGER PRIMARY KEY AUTOINCREMENT,
  node_key                  INTEGER NOT NULL,
  scan_id                   INTEGER NOT NULL,
  baseline_id               TEXT NOT NULL,
  baseline_digest           BLOB NOT NULL,
  patch_group               TEXT NOT NULL,
  engine                    TEXT NOT NULL,
  generation                INTEGER NOT NULL,
  evaluated_at              REAL NOT NULL,
  valid_until               REAL,
  superseded_at             REAL,
  packed_rows               BLOB NOT NULL,
  installers                TEXT NOT NULL,
  installed                 INTEGER NOT NULL,
  installed_other           INTEGER NOT NULL,
  installed_rejected        INTEGER NOT NULL,
  installed_pending_reboot  INTEGER NOT NULL,
  missing                   INTEGER NOT NULL,
  failed                    INTEGER NOT NULL,
  not_applicable            INTEGER NOT NULL,
  available_security_update INTEGER NOT NULL,
  critical_non_compliant    INTEGER NOT NULL,
  security_non_compliant    INTEGER NOT NULL,
  other_non_compliant       INTEGER NOT NULL,
  non_compliant             INTEGER NOT NULL,
  overall_severity          INTEGER
);
CREATE INDEX verdicts_by_node ON verdicts (node_key, verdict_id);
