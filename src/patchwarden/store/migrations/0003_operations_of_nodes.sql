-- kind is 'facts', a report that is judged here, or 'inventory', verdicts made on the node.
ALTER TABLE scans ADD COLUMN kind TEXT NOT NULL DEFAULT 'facts';
ALTER TABLE scans ADD COLUMN snapshot_id TEXT NOT NULL DEFAULT '';
ALTER TABLE scans ADD COLUMN install_override_list TEXT NOT NULL DEFAULT '';
ALTER TABLE scans ADD COLUMN unreported_not_applicable INTEGER NOT NULL DEFAULT -1;

ALTER TABLE nodes ADD COLUMN last_no_reboot_install_at REAL;
ALTER TABLE nodes ADD COLUMN source_id TEXT NOT NULL DEFAULT '';
ALTER TABLE nodes ADD COLUMN source_type TEXT NOT NULL DEFAULT '';
ALTER TABLE nodes ADD COLUMN architecture TEXT NOT NULL DEFAULT '';
