-- What a content was made from: whoever asks for the same again gets it without making it anew.
ALTER TABLE patch_snapshot_contents ADD COLUMN basis BLOB;
CREATE INDEX patch_snapshot_contents_by_basis ON patch_snapshot_contents (basis);
