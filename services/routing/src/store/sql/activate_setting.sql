-- A new version of one kind, if what it was checked with still holds: $2 to $5 are the versions afterwards, $6 to
-- $9 those before. One row where it is done.
WITH head AS (
    INSERT INTO setting_head AS held (county, directory, levels, practice, calendar) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (county) DO UPDATE SET directory = EXCLUDED.directory, levels = EXCLUDED.levels,
        practice = EXCLUDED.practice, calendar = EXCLUDED.calendar
    WHERE held.directory = $6 AND held.levels = $7 AND held.practice = $8 AND held.calendar = $9
    RETURNING held.county
), kept AS (
    INSERT INTO setting_text (county, kind, digest, name, sealed_files, kept_at)
    SELECT county, $10::smallint, $11::text, $12::text, $13::bytea, $14::timestamptz FROM head
    ON CONFLICT DO NOTHING
), activated AS (
    INSERT INTO county_setting (county, kind, version, digest, activated_at, activated_by, capacity, sealed_words,
        request_id)
    SELECT county, $10::smallint, $15::integer, $11::text, $14::timestamptz, $16::text, $17::text, $18::bytea, $19::text
    FROM head
)
SELECT county FROM head
