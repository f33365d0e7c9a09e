-- The rest of a statement in the county's turn (messaging's sql/turn): the new reports of a batch, where they belong,
-- and the keys under which they are found.
accepted AS (
    INSERT INTO report (
        county, report_id, source, source_ref, revision, fingerprint, occurred_at, accepted_at, area_code,
        category, source_category, cluster_id, repeat, link_reasons, follows_cluster_id, submitted_by, sealed_matter,
        confidential, sealed_details
    )
    SELECT $1, new.report_id, new.source, new.source_ref, 1, new.fingerprint, new.occurred_at, $10,
           new.area_code, new.category, new.source_category, new.cluster_id, new.repeat, new.link_reasons,
           new.follows_cluster_id, new.submitted_by, new.sealed_matter, new.confidential, new.sealed_details
    FROM go CROSS JOIN UNNEST(
        $11::uuid[], $12::smallint[], $13::text[], $14::bytea[], $15::timestamptz[], $16::text[], $17::text[],
        $18::text[], $19::uuid[], $20::boolean[], $21::jsonb[], $22::uuid[], $23::text[], $24::bytea[],
        $25::boolean[], $26::bytea[]
    ) AS new (
        report_id, source, source_ref, fingerprint, occurred_at, area_code, category,
        source_category, cluster_id, repeat, link_reasons, follows_cluster_id, submitted_by, sealed_matter,
        confidential, sealed_details
    )
), linked AS (
    INSERT INTO report_link (county, report_id, source, occurred_at, person_id, household_id, cluster_id, traits, lookup,
        next_traits)
    SELECT $1, new.report_id, new.source, new.occurred_at, new.person_id, new.household_id, new.cluster_id, new.traits,
        new.lookup, new.next_traits
    FROM go CROSS JOIN UNNEST(
        $11::uuid[], $12::smallint[], $15::timestamptz[], $27::uuid[], $28::uuid[], $19::uuid[], $29::bytea[], $32::smallint[],
        $33::bytea[]
    ) AS new (report_id, source, occurred_at, person_id, household_id, cluster_id, traits, lookup, next_traits)
), keyed AS (
    INSERT INTO link_key (county, key, report_id)
    SELECT $1, new.key, new.report_id
    FROM go CROSS JOIN UNNEST($30::bigint[], $31::uuid[]) AS new (key, report_id)
)
SELECT position FROM go
