-- The group that a node is in: the one its tags name, else the one its last report named.
ALTER TABLE nodes ADD COLUMN patch_group TEXT NOT NULL DEFAULT '';
UPDATE nodes SET patch_group =
  coalesce(json_extract(tags, '$."Patch Group"'), json_extract(tags, '$.PatchGroup'), '');
CREATE INDEX nodes_by_patch_group ON nodes (account_id, region, patch_group, instance_id);

-- baseline_id is bare, or the ARN of a predefined baseline.
CREATE TABLE patch_groups (
  account_id       TEXT NOT NULL,
  region           TEXT NOT NULL,
  patch_group      TEXT NOT NULL,
  operating_system TEXT NOT NULL,
  baseline_id      TEXT NOT NULL,
  PRIMARY KEY (account_id, region, patch_group, operating_system)
) WITHOUT ROWID;
CREATE INDEX patch_groups_by_baseline ON patch_groups (account_id, region, baseline_id);
