-- What people did says who did it and for whom, and is kept as long as reports are: then that part is removed, and what is
-- counted of it stays.
ALTER TABLE activity ADD COLUMN removed_at timestamptz;
CREATE INDEX activity_by_age ON activity (county, accepted_at) WHERE removed_at IS NULL;
