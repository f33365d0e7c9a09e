-- The middle of a statement that stores what routing asked for: messaging's in_step.sql comes before it, write.sql after it.
--
-- Only one process takes a step, and only it stores what routing asks for: what is not here when the statement begins is
-- new, and as many numbers are taken as there are new forms. A push without a series has no form.
given AS MATERIALIZED (
    -- The county beside each id leaves the planner no way but the key, whatever it believes of the table.
    SELECT $1::text AS county, asked.* FROM go CROSS JOIN UNNEST(
        $8::uuid[], $9::uuid[], $10::text[], $11::text[], $12::smallint[], $13::smallint[], $14::text[], $15::text[],
        $16::text[], $17::text[], $18::timestamptz[], $19::timestamptz[], $20::text[], $21::bytea[], $22::boolean[],
        $23::smallint[], $24::integer[], $25::boolean[],
        $26::text[], $27::text[], $28::text[], $29::text[], $30::smallint[], $31::text[], $32::integer[], $33::text[],
        $34::text[], $35::text[], $36::text[], $37::timestamptz[], $38::timestamptz[], $39::text[],
        $40::timestamptz[], $41::boolean[]
    ) WITH ORDINALITY AS asked (
        push_id, case_id, case_number, agency, form, level, area_code, area_name,
        category, reason, requested_at, due_at, traceparent, sealed_matter, claimed,
        subject, evidence_for, drill,
        title, issuer, issuer_name, series, year, head, digits, tail,
        template_version, agency_name, recipient_kind, sign_by, answer_by, check_code,
        limit_at, answer_told, place
    )
),
asked AS (
    SELECT * FROM given
    WHERE NOT EXISTS (SELECT FROM push WHERE push.county = given.county AND push.push_id = given.push_id)
),
taken AS (
    INSERT INTO form_series AS held (county, issuer, series, year, last)
    SELECT $1, issuer, series, year, count(*) FROM asked WHERE series IS NOT NULL
    GROUP BY issuer, series, year ORDER BY issuer, series, year
    ON CONFLICT (county, issuer, series, year) DO UPDATE SET last = held.last + excluded.last
    RETURNING issuer, series, year, last
),
counted AS (
    SELECT asked.*, taken.last - count(*) OVER same_series + row_number() OVER (same_series ORDER BY place) AS number
    FROM asked LEFT JOIN taken USING (issuer, series, year)
    WINDOW same_series AS (PARTITION BY issuer, series, year)
),
