-- What was deleted of custom types of inventory. summary is JSON: schema version → items.
CREATE TABLE inventory_deletions (
  account_id  TEXT NOT NULL,
  region      TEXT NOT NULL,
  deletion_id TEXT NOT NULL,
  type_name   TEXT NOT NULL,
  deleted_at  REAL NOT NULL,
  summary     TEXT NOT NULL,
  PRIMARY KEY (account_id, region, deletion_id)
) WITHOUT ROWID;
CREATE INDEX inventory_items_by_type ON inventory_items (type_name, node_key);
-- Items of this schema version and of earlier ones are ignored; empty if none are.
ALTER TABLE custom_inventory_types ADD COLUMN disabled_version TEXT NOT NULL DEFAULT '';
