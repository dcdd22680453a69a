-- A node's key tells account, region and id (store/node_keys.py), and all rows about a node begin
-- with it. What a node's rows are numbered by is counted for each node by itself.
CREATE TEMP TABLE new_keys AS
  SELECT node_key, node_key_of(account_id, region, instance_id) AS new_key FROM nodes;
CREATE UNIQUE INDEX temp.new_keys_by_key ON new_keys (node_key);

CREATE TABLE numbered_nodes (
  node_key                  INTEGER PRIMARY KEY,
  account_id                TEXT NOT NULL,
  region                    TEXT NOT NULL,
  instance_id               TEXT NOT NULL,
  activation_id             TEXT,
  name                      TEXT,
  iam_role                  TEXT,
  tags                      TEXT NOT NULL,
  registered_at             REAL NOT NULL,
  last_ping_at              REAL,
  agent_version             TEXT NOT NULL DEFAULT '',
  operating_system          TEXT NOT NULL DEFAULT '',
  platform_type             TEXT NOT NULL DEFAULT '',
  platform_name             TEXT NOT NULL DEFAULT '',
  platform_version          TEXT NOT NULL DEFAULT '',
  computer_name             TEXT NOT NULL DEFAULT '',
  ip_address                TEXT NOT NULL DEFAULT '',
  patch_group               TEXT NOT NULL DEFAULT '',
  reported_patch_group      TEXT NOT NULL DEFAULT '',
  last_no_reboot_install_at REAL,
  source_id                 TEXT NOT NULL DEFAULT '',
  source_type               TEXT NOT NULL DEFAULT '',
  architecture              TEXT NOT NULL DEFAULT '',
  agent_name                TEXT NOT NULL DEFAULT '',
  source_location           TEXT NOT NULL DEFAULT '',
  availability_zone         TEXT NOT NULL DEFAULT '',
  last_number               INTEGER NOT NULL,
  scan_id                   INTEGER,
  verdict_id                INTEGER
);
-- Numbers go on above the time, so that a node that registers again never repeats one.
INSERT INTO numbered_nodes
  SELECT k.new_key, account_id, region, instance_id, activation_id, name, iam_role, tags,
    registered_at, last_ping_at, agent_version, operating_system, platform_type, platform_name,
    platform_version, computer_name, ip_address, patch_group, reported_patch_group,
    last_no_reboot_install_at, source_id, source_type, architecture, agent_name, source_location,
    availability_zone, CAST(strftime('%s', 'now') AS INTEGER), scan_id, NULL
  FROM nodes n JOIN new_keys k ON k.node_key = n.node_key;
DROP TABLE nodes;
ALTER TABLE numbered_nodes RENAME TO nodes;
CREATE UNIQUE INDEX nodes_by_id ON nodes (account_id, region, instance_id);
CREATE INDEX nodes_by_patch_group ON nodes (account_id, region, patch_group, instance_id);
CREATE INDEX nodes_by_instance ON nodes (account_id, instance_id, region);

-- The part of a report about packages. format: 'whole', the text as it came, or 'shared', whose
-- packages stand in package_texts; both are compressed, and store/shared_texts.py has the layout of
-- the second. With rowids, because large rows fill their pages best in the order of their coming.
CREATE TABLE numbered_facts (
  node_key INTEGER NOT NULL,
  facts_id INTEGER NOT NULL,
  digest   BLOB NOT NULL,
  format   TEXT NOT NULL,
  content  BLOB NOT NULL,
  PRIMARY KEY (node_key, facts_id)
);
INSERT INTO numbered_facts
  SELECT k.new_key, facts_id, digest, 'whole', content
  FROM facts f JOIN new_keys k ON k.node_key = f.node_key
  WHERE facts_id IN (SELECT packages_facts_id FROM scans);

-- The other parts of a report, compressed.
CREATE TABLE node_facts (
  node_key INTEGER NOT NULL,
  facts_id INTEGER NOT NULL,
  digest   BLOB NOT NULL,
  content  BLOB NOT NULL,
  PRIMARY KEY (node_key, facts_id)
) WITHOUT ROWID;
INSERT INTO node_facts
  SELECT k.new_key, facts_id, digest, content
  FROM facts f JOIN new_keys k ON k.node_key = f.node_key
  WHERE facts_id IN (SELECT node_facts_id FROM scans);
DROP TABLE facts;
ALTER TABLE numbered_facts RENAME TO facts;

-- What nodes say of packages without what is each node's own, the same text once for all.
CREATE TABLE package_texts (
  text_id INTEGER PRIMARY KEY,
  digest  BLOB NOT NULL UNIQUE,
  content BLOB NOT NULL
);

-- What is usual is NULL: Scan, NoReboot, facts, no texts, -1, Command.
CREATE TABLE numbered_scans (
  node_key                  INTEGER NOT NULL,
  scan_id                   INTEGER NOT NULL,
  node_facts_id             INTEGER NOT NULL,
  packages_facts_id         INTEGER NOT NULL,
  started_at                REAL NOT NULL,
  ended_at                  REAL NOT NULL,
  received_at               REAL NOT NULL,
  operation                 TEXT,
  reboot_option             TEXT,
  kind                      TEXT,
  snapshot_id               TEXT,
  install_override_list     TEXT,
  unreported_not_applicable INTEGER,
  execution_id              TEXT,
  execution_type            TEXT,
  PRIMARY KEY (node_key, scan_id)
) WITHOUT ROWID;
INSERT INTO numbered_scans
  SELECT k.new_key, scan_id, node_facts_id, packages_facts_id, started_at, ended_at, received_at,
    nullif(operation, 'Scan'), nullif(reboot_option, 'NoReboot'), nullif(kind, 'facts'),
    nullif(snapshot_id, ''), nullif(install_override_list, ''),
    nullif(unreported_not_applicable, -1), nullif(execution_id, ''),
    nullif(execution_type, 'Command')
  FROM scans s JOIN new_keys k ON k.node_key = s.node_key;
DROP TABLE scans;
ALTER TABLE numbered_scans RENAME TO scans;

-- Evaluations are made anew from the facts. store/packed_rows.py has the layout of packed_rows.
DROP TABLE verdicts;
CREATE TABLE verdicts (
  node_key                  INTEGER NOT NULL,
  verdict_id                INTEGER NOT NULL,
  scan_id                   INTEGER NOT NULL,
  baseline_id               TEXT NOT NULL,
  baseline_digest           BLOB NOT NULL,
  patch_group               TEXT NOT NULL,
  engine                    TEXT NOT NULL,
  knowledge                 INTEGER NOT NULL,
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
  overall_severity          INTEGER,
  PRIMARY KEY (node_key, verdict_id)
);
-- Questions about a whole fleet are answered from this index alone: the rows themselves are large.
CREATE INDEX verdicts_by_node ON verdicts (
  node_key, superseded_at, scan_id, generation, valid_until, engine, non_compliant,
  overall_severity, installed, installed_other, installed_rejected, installed_pending_reboot,
  missing, failed, not_applicable, available_security_update, critical_non_compliant,
  security_non_compliant, other_non_compliant
);

CREATE TABLE numbered_uploads (
  node_key         INTEGER NOT NULL,
  compliance_type  TEXT NOT NULL,
  upload_id        INTEGER NOT NULL,
  scan_id          INTEGER,
  executed_at      REAL NOT NULL,
  execution_id     TEXT,
  execution_type   TEXT,
  content_hash     TEXT,
  size             INTEGER NOT NULL DEFAULT 0,
  compliant        TEXT NOT NULL DEFAULT '[0,0,0,0,0,0]',
  non_compliant    TEXT NOT NULL DEFAULT '[0,0,0,0,0,0]',
  is_non_compliant INTEGER NOT NULL DEFAULT 0,
  overall_severity INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (node_key, compliance_type)
) WITHOUT ROWID;
INSERT INTO numbered_uploads
  SELECT k.new_key, compliance_type, upload_id, scan_id, executed_at, execution_id, execution_type,
    content_hash, size, compliant, non_compliant, is_non_compliant, overall_severity
  FROM compliance_uploads u JOIN new_keys k ON k.node_key = u.node_key;
DROP TABLE compliance_uploads;
ALTER TABLE numbered_uploads RENAME TO compliance_uploads;

UPDATE compliance_items SET node_key =
  (SELECT new_key FROM new_keys k WHERE k.node_key = compliance_items.node_key);
UPDATE inventory_items SET node_key =
  (SELECT new_key FROM new_keys k WHERE k.node_key = inventory_items.node_key);
DROP TABLE new_keys;

-- Patches that nodes have in a state that needs something done, by the patch.
CREATE TABLE open_patches (
  record_id INTEGER NOT NULL,
  state     INTEGER NOT NULL,
  node_key  INTEGER NOT NULL,
  PRIMARY KEY (record_id, state, node_key)
) WITHOUT ROWID;

-- The CVEs of patch records, in upper case.
CREATE TABLE patch_record_cves (
  cve_id    TEXT NOT NULL,
  record_id INTEGER NOT NULL,
  PRIMARY KEY (cve_id, record_id)
) WITHOUT ROWID;
INSERT INTO patch_record_cves
  WITH RECURSIVE split (record_id, cve_id, rest) AS (
    SELECT record_id, NULL, cve_ids || ',' FROM patch_records WHERE cve_ids <> ''
    UNION ALL
    SELECT record_id, upper(substr(rest, 1, instr(rest, ',') - 1)),
      substr(rest, instr(rest, ',') + 1)
    FROM split WHERE rest <> ''
  )
  SELECT DISTINCT cve_id, record_id FROM split WHERE cve_id IS NOT NULL AND cve_id <> '';

-- Parts of the fleet whose evaluations a process is bringing up to date, until its lease ends.
CREATE TABLE sweep_leases (
  part       INTEGER PRIMARY KEY,
  holder     TEXT NOT NULL,
  held_until REAL NOT NULL
);
