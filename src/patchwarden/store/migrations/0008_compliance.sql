-- What PutComplianceItems says of a node: one upload for each compliance type. scan_id is the
-- newest report of the node when it came. The counts of items by severity, lowest first, are JSON.
CREATE TABLE compliance_uploads (
  upload_id        INTEGER PRIMARY KEY AUTOINCREMENT,
  node_key         INTEGER NOT NULL,
  compliance_type  TEXT NOT NULL,
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
  UNIQUE (node_key, compliance_type)
);

CREATE TABLE compliance_items (
  node_key        INTEGER NOT NULL,
  compliance_type TEXT NOT NULL,
  position        INTEGER NOT NULL,
  item_id         TEXT,
  title           TEXT,
  severity        INTEGER NOT NULL,
  is_compliant    INTEGER NOT NULL,
  details         TEXT NOT NULL,
  executed_at     REAL NOT NULL,
  execution_id    TEXT,
  execution_type  TEXT,
  PRIMARY KEY (node_key, compliance_type, position)
) WITHOUT ROWID;

-- Questions about a whole fleet are answered from this index alone: the rows themselves are large.
DROP INDEX verdicts_by_node;
CREATE INDEX verdicts_by_node ON verdicts (
  node_key, superseded_at, scan_id, generation, valid_until, engine, non_compliant,
  overall_severity, installed, installed_other, installed_rejected, installed_pending_reboot,
  missing, failed, not_applicable, available_security_update, critical_non_compliant,
  security_non_compliant, other_non_compliant
);
