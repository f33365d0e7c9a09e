-- Hashes by one lookup key ($7) in the place of older ones ($3), whose keys ($8, $9) go; what has changed meanwhile stays.
WITH new AS MATERIALIZED (
    SELECT $1::text AS county, new.* FROM UNNEST($2::uuid[], $3::bytea[], $4::bytea[]) AS new (report_id, before, traits)
), hashed AS (
    UPDATE report_link SET traits = new.traits, lookup = $7, next_traits = NULL FROM new
    WHERE report_link.county = new.county AND report_link.report_id = new.report_id
      AND report_link.traits = new.before AND report_link.lookup <> $7
    RETURNING report_link.report_id
), keyed AS (
    INSERT INTO link_key (county, key, report_id)
    SELECT $1, keys.key, keys.report_id
    FROM UNNEST($5::bigint[], $6::uuid[]) AS keys (key, report_id) JOIN hashed USING (report_id)
    ON CONFLICT DO NOTHING
), gone AS MATERIALIZED (
    SELECT $1::text AS county, gone.key, gone.report_id
    FROM UNNEST($8::bigint[], $9::uuid[]) AS gone (key, report_id) JOIN hashed USING (report_id)
), removed AS (
    DELETE FROM link_key USING gone
    WHERE link_key.county = gone.county AND link_key.key = gone.key AND link_key.report_id = gone.report_id
)
SELECT count(*) FROM hashed
