-- The new reports of a batch, and the people of the new and the revised ones.
WITH accepted AS (
    INSERT INTO report (
        county, report_id, source, source_ref, revision, fingerprint, occurred_at, accepted_at, area_code,
        category, source_category, cluster_id, link_reasons, address_key, submitted_by, sealed_matter
    )
    SELECT $1, new.report_id, new.source, new.source_ref, 1, new.fingerprint, new.occurred_at, $2,
           new.area_code, new.category, new.source_category, new.cluster_id, new.link_reasons,
           new.address_key, new.submitted_by, new.sealed_matter
    FROM UNNEST(
        $3::uuid[], $4::smallint[], $5::text[], $6::bytea[], $7::timestamptz[], $8::text[], $9::text[],
        $10::text[], $11::uuid[], $12::jsonb[], $13::bytea[], $14::text[], $15::bytea[]
    ) AS new (
        report_id, source, source_ref, fingerprint, occurred_at, area_code, category,
        source_category, cluster_id, link_reasons, address_key, submitted_by, sealed_matter
    )
)
INSERT INTO party (county, report_id, ordinal, role, phone_key, id_key, cluster_id, occurred_at)
SELECT $1, one.report_id, one.ordinal, one.role, one.phone_key, one.id_key, one.cluster_id, one.occurred_at
FROM UNNEST($16::uuid[], $17::smallint[], $18::smallint[], $19::bytea[], $20::bytea[], $21::uuid[], $22::timestamptz[])
     AS one (report_id, ordinal, role, phone_key, id_key, cluster_id, occurred_at)
