-- What agents say beside what they find: who they are, where the node is, and what compliance calls
-- the operation that made a report.
ALTER TABLE nodes ADD COLUMN agent_name TEXT NOT NULL DEFAULT '';
ALTER TABLE nodes ADD COLUMN source_location TEXT NOT NULL DEFAULT '';
ALTER TABLE nodes ADD COLUMN availability_zone TEXT NOT NULL DEFAULT '';
ALTER TABLE scans ADD COLUMN execution_id TEXT NOT NULL DEFAULT '';
ALTER TABLE scans ADD COLUMN execution_type TEXT NOT NULL DEFAULT 'Command';
