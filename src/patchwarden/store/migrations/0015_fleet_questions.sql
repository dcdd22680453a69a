-- Accounts and regions that have had nodes, by a number that takes little room in an index.
CREATE TABLE scopes (
  scope_id   INTEGER PRIMARY KEY,
  account_id TEXT NOT NULL,
  region     TEXT NOT NULL,
  UNIQUE (account_id, region)
);
INSERT INTO scopes (account_id, region) SELECT DISTINCT account_id, region FROM nodes;

-- Led by the scope: a small account's question must not walk through the nodes of a large one.
CREATE TABLE scoped_open_patches (
  scope_id  INTEGER NOT NULL,
  record_id INTEGER NOT NULL,
  state     INTEGER NOT NULL,
  node_key  INTEGER NOT NULL,
  PRIMARY KEY (scope_id, record_id, state, node_key)
) WITHOUT ROWID;
INSERT INTO scoped_open_patches
  SELECT s.scope_id, o.record_id, o.state, o.node_key FROM open_patches o
  JOIN nodes n ON n.node_key = o.node_key
  JOIN scopes s ON s.account_id = n.account_id AND s.region = n.region;
DROP TABLE open_patches;
ALTER TABLE scoped_open_patches RENAME TO open_patches;

CREATE INDEX patch_records_by_kb_id ON patch_records (kb_id);
CREATE INDEX patch_records_by_title ON patch_records (title);

-- Which nodes have to be judged again, found without a look at those that have not.
ALTER TABLE verdicts ADD COLUMN scope_id INTEGER NOT NULL DEFAULT 0;
UPDATE verdicts SET scope_id = (
  SELECT s.scope_id FROM nodes n
  JOIN scopes s ON s.account_id = n.account_id AND s.region = n.region
  WHERE n.node_key = verdicts.node_key
);
CREATE INDEX verdicts_by_generation ON verdicts (scope_id, engine, generation)
  WHERE superseded_at IS NULL;
CREATE INDEX verdicts_by_end ON verdicts (scope_id, valid_until)
  WHERE superseded_at IS NULL AND valid_until IS NOT NULL;
CREATE INDEX nodes_never_judged ON nodes (account_id, region, scan_id) WHERE verdict_id IS NULL;
