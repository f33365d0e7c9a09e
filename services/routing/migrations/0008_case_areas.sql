-- Whether a case is in an area that a new directory would take away. The area comes first, so that what looks for
-- something else in a county never takes this one, also before the table has statistics.
-- On a large table it takes long and holds up writes: it may be made CONCURRENTLY by hand before.
CREATE INDEX IF NOT EXISTS case_file_area ON case_file (area_code, county);
