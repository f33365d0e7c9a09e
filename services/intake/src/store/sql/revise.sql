-- New contents of known reports: the old ones are kept; they are no more found under keys that hold no more ($15, $16),
-- and found under those that hold now ($17, $18).
-- The county beside each id leaves the planner no way but the key, whatever it believes of the tables.
WITH new AS MATERIALIZED (
    SELECT $1::text AS county, new.* FROM UNNEST(
        $3::uuid[], $4::integer[], $5::bytea[], $6::timestamptz[], $7::text[], $8::text[], $9::text[],
        $10::bytea[], $11::text[], $12::bytea[], $13::boolean[], $14::bytea[], $19::smallint[], $20::bytea[],
        $21::bytea[], $22::boolean[]
    ) AS new (
        report_id, revision, fingerprint, occurred_at, area_code, category, source_category,
        traits, submitted_by, sealed_matter, confidential, sealed_details, lookup, next_traits, said, repeat
    )
), kept AS (
    INSERT INTO report_revision (
        county, report_id, revision, fingerprint, occurred_at, accepted_at, area_code, category,
        source_category, submitted_by, sealed_matter, confidential, sealed_details, said
    )
    SELECT old.county, old.report_id, old.revision, old.fingerprint, old.occurred_at, old.accepted_at,
           old.area_code, old.category, old.source_category, old.submitted_by, old.sealed_matter,
           old.confidential, old.sealed_details, old.said
    FROM new
    JOIN report AS old ON old.county = new.county AND old.report_id = new.report_id
), stale AS MATERIALIZED (
    SELECT $1::text AS county, stale.* FROM UNNEST($15::bigint[], $16::uuid[]) AS stale (key, report_id)
), again AS (
    -- What is past its term may be removed already, or just now: it is looked at again. No term is shorter.
    INSERT INTO retention_kept (county, report_id)
    SELECT old.county, old.report_id
    FROM new
    JOIN report AS old ON old.county = new.county AND old.report_id = new.report_id
    WHERE old.accepted_at < $2::timestamptz - INTERVAL '179 days'
    ON CONFLICT DO NOTHING
), removed AS (
    DELETE FROM link_key USING stale
    WHERE link_key.county = stale.county AND link_key.key = stale.key AND link_key.report_id = stale.report_id
), found AS (
    INSERT INTO link_key (county, key, report_id)
    SELECT $1, now.key, now.report_id FROM UNNEST($17::bigint[], $18::uuid[]) AS now (key, report_id)
    ON CONFLICT DO NOTHING
), compared AS (
    UPDATE report_link SET traits = new.traits, lookup = new.lookup, next_traits = new.next_traits,
        occurred_at = new.occurred_at
    FROM new WHERE report_link.county = new.county AND report_link.report_id = new.report_id
)
UPDATE report
SET revision = new.revision, fingerprint = new.fingerprint, occurred_at = new.occurred_at, accepted_at = $2,
    area_code = new.area_code, category = new.category, source_category = new.source_category,
    submitted_by = new.submitted_by, sealed_matter = new.sealed_matter,
    confidential = new.confidential, sealed_details = new.sealed_details, removed_at = NULL,
    said = new.said, repeat = report.repeat OR new.repeat
FROM new
WHERE report.county = new.county AND report.report_id = new.report_id
