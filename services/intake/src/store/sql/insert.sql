-- The rest of a statement in the county's turn (messaging's in_turn.sql): the new reports of a batch, and the
-- people of the new and the revised ones.
accepted AS (
    INSERT INTO report (
        county, report_id, source, source_ref, revision, fingerprint, occurred_at, accepted_at, area_code,
        category, source_category, cluster_id, link_reasons, follows_cluster_id, address_key, submitted_by, sealed_matter,
        confidential, sealed_details
    )
    SELECT $1, new.report_id, new.source, new.source_ref, 1, new.fingerprint, new.occurred_at, $10,
           new.area_code, new.category, new.source_category, new.cluster_id, new.link_reasons,
           new.follows_cluster_id, new.address_key, new.submitted_by, new.sealed_matter,
           new.confidential, new.sealed_details
    FROM go CROSS JOIN UNNEST(
        $11::uuid[], $12::smallint[], $13::text[], $14::bytea[], $15::timestamptz[], $16::text[], $17::text[],
        $18::text[], $19::uuid[], $20::jsonb[], $21::uuid[], $22::bytea[], $23::text[], $24::bytea[],
        $32::boolean[], $33::bytea[]
    ) AS new (
        report_id, source, source_ref, fingerprint, occurred_at, area_code, category,
        source_category, cluster_id, link_reasons, follows_cluster_id, address_key, submitted_by, sealed_matter,
        confidential, sealed_details
    )
), people AS (
    INSERT INTO party (county, report_id, ordinal, role, phone_key, id_key, cluster_id, occurred_at)
    SELECT $1, one.report_id, one.ordinal, one.role, one.phone_key, one.id_key, one.cluster_id, one.occurred_at
    FROM go CROSS JOIN UNNEST(
        $25::uuid[], $26::smallint[], $27::smallint[], $28::bytea[], $29::bytea[], $30::uuid[], $31::timestamptz[]
    ) AS one (report_id, ordinal, role, phone_key, id_key, cluster_id, occurred_at)
)
SELECT position FROM go
