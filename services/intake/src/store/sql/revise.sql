-- New contents of known reports: the old ones are kept, the people are written anew afterwards.
-- The county beside each id leaves the planner no way but the key, whatever it believes of the tables.
WITH new AS MATERIALIZED (
    SELECT $1::text AS county, new.* FROM UNNEST(
        $3::uuid[], $4::integer[], $5::bytea[], $6::timestamptz[], $7::text[], $8::text[], $9::text[],
        $10::bytea[], $11::text[], $12::bytea[], $13::boolean[], $14::bytea[]
    ) AS new (
        report_id, revision, fingerprint, occurred_at, area_code, category, source_category,
        address_key, submitted_by, sealed_matter, confidential, sealed_details
    )
), kept AS (
    INSERT INTO report_revision (
        county, report_id, revision, fingerprint, occurred_at, accepted_at, area_code, category,
        source_category, submitted_by, sealed_matter, confidential, sealed_details
    )
    SELECT old.county, old.report_id, old.revision, old.fingerprint, old.occurred_at, old.accepted_at,
           old.area_code, old.category, old.source_category, old.submitted_by, old.sealed_matter,
           old.confidential, old.sealed_details
    FROM new
    JOIN report AS old ON old.county = new.county AND old.report_id = new.report_id
), again AS (
    -- What is past its term may be removed already, or just now: it is looked at again. No term is shorter.
    INSERT INTO retention_kept (county, report_id)
    SELECT old.county, old.report_id
    FROM new
    JOIN report AS old ON old.county = new.county AND old.report_id = new.report_id
    WHERE old.accepted_at < $2::timestamptz - INTERVAL '179 days'
    ON CONFLICT DO NOTHING
), removed AS (
    DELETE FROM party USING new WHERE party.county = new.county AND party.report_id = new.report_id
)
UPDATE report
SET revision = new.revision, fingerprint = new.fingerprint, occurred_at = new.occurred_at, accepted_at = $2,
    area_code = new.area_code, category = new.category, source_category = new.source_category,
    address_key = new.address_key, submitted_by = new.submitted_by, sealed_matter = new.sealed_matter,
    confidential = new.confidential, sealed_details = new.sealed_details, removed_at = NULL
FROM new
WHERE report.county = new.county AND report.report_id = new.report_id
