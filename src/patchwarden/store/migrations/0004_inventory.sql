-- What a node sent with PutInventory: the newest content of each type. sub_type is the compliance
-- type of AWS:ComplianceItem, else empty. content is JSON, compressed.
CREATE TABLE inventory_items (
  node_key       INTEGER NOT NULL,
  type_name      TEXT NOT NULL,
  sub_type       TEXT NOT NULL,
  schema_version TEXT NOT NULL,
  captured_at    REAL NOT NULL,
  content_hash   TEXT NOT NULL,
  context        TEXT NOT NULL,
  content        BLOB NOT NULL,
  size_bytes     INTEGER NOT NULL,
  PRIMARY KEY (node_key, type_name, sub_type)
);

-- The custom types that an account's nodes have sent, each with the attributes seen.
CREATE TABLE custom_inventory_types (
  account_id     TEXT NOT NULL,
  region         TEXT NOT NULL,
  type_name      TEXT NOT NULL,
  schema_version TEXT NOT NULL,
  attributes     TEXT NOT NULL,
  PRIMARY KEY (account_id, region, type_name)
) WITHOUT ROWID;

-- The group that the last report of a node named; it counts where the node's tags name none.
ALTER TABLE nodes ADD COLUMN reported_patch_group TEXT NOT NULL DEFAULT '';
