-- Hashes by the next lookup key, beside those that are there ($3); what was hashed or changed meanwhile stays as it is.
WITH new AS MATERIALIZED (
    SELECT $1::text AS county, new.* FROM UNNEST($2::uuid[], $3::bytea[], $4::bytea[]) AS new (report_id, before, traits)
), hashed AS (
    UPDATE report_link SET next_traits = new.traits FROM new
    WHERE report_link.county = new.county AND report_link.report_id = new.report_id
      AND report_link.traits = new.before AND report_link.next_traits IS NULL
    RETURNING report_link.report_id
), keyed AS (
    INSERT INTO link_key (county, key, report_id)
    SELECT $1, keys.key, keys.report_id
    FROM UNNEST($5::bigint[], $6::uuid[]) AS keys (key, report_id) JOIN hashed USING (report_id)
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM hashed
