-- What insert_pushes.sql does, of one push alone: that is most that arrive, and the red ones among them wait for nobody. Each
-- value goes from its parameter into its row: lists of one, and carrying all forty through the steps before, cost half of the
-- statement.
asked AS MATERIALIZED (
    SELECT FROM go WHERE NOT EXISTS (SELECT FROM push WHERE push.county = $1 AND push.push_id = $8::uuid)
),
taken AS (
    INSERT INTO form_series AS held (county, issuer, series, year, last)
    SELECT $1, $27::text, $29::text, $30::smallint, 1 FROM asked WHERE $29::text IS NOT NULL
    ON CONFLICT (county, issuer, series, year) DO UPDATE SET last = held.last + 1
    RETURNING last
),
numbered AS MATERIALIZED (
    SELECT last AS number,
        coalesce($31::text || lpad(last::text, greatest($32::integer, length(last::text)), '0') || $33::text, '')
            AS number_text,
        $22::boolean AND NOT EXISTS (
            SELECT
            FROM push_delivery AS earlier
            WHERE earlier.county = $1 AND earlier.agency = $11::text AND earlier.case_id = $9::uuid
                AND earlier.level = $13::smallint AND earlier.delivery = 1 AND earlier.failures > 0
        ) AS goes_at_once
    FROM asked LEFT JOIN taken ON true
),
new AS (
    INSERT INTO push (
        county, push_id, case_id, case_number, agency, form, level, area_code, area_name, category, reason,
        requested_at, due_at, traceparent, sealed_matter, subject, evidence_for, form_number, drill,
        sign_by, answer_by, limit_at, answer_told
    )
    SELECT $1, $8::uuid, $9::uuid, $10::text, $11::text, $12::smallint, $13::smallint, $14::text, $15::text, $16::text, $17::text,
        $18::timestamptz, $19::timestamptz, $20::text, $21::bytea, $23::smallint, $24::integer, number_text, $25::boolean,
        $37::timestamptz, $38::timestamptz, $40::timestamptz, $41::boolean
    FROM numbered
),
on_way AS (
    INSERT INTO push_delivery (
        county, push_id, agency, subject, case_id, level, requested_at, attempts, lease_until, queue_at
    )
    SELECT $1, $8::uuid, $11::text, $23::smallint, $9::uuid, $13::smallint, $18::timestamptz,
        CASE WHEN goes_at_once THEN 1 ELSE 0 END,
        CASE WHEN goes_at_once THEN now() + $7 * interval '1 millisecond' ELSE '-infinity' END,
        now() + CASE WHEN goes_at_once THEN $7 ELSE $6 END * interval '1 millisecond'
    FROM numbered
),
written AS (
    INSERT INTO form (
        county, form_id, pushed, kind, title, issuer, issuer_name, series, year, number, number_text,
        template_version, agency, agency_name, recipient_kind, case_id, case_number, level, issued_at, issued_by,
        sign_by, answer_by, check_code, drill
    )
    SELECT $1, $8::uuid, true, $12::smallint, $26::text, $27::text, $28::text, $29::text, $30::smallint, number, number_text,
        $34::text, $11::text, $35::text, $36::text, $9::uuid, $10::text, $13::smallint, $18::timestamptz, 'system',
        $37::timestamptz, $38::timestamptz, $39::text, $25::boolean
    FROM numbered WHERE $29::text IS NOT NULL
)
SELECT CASE WHEN numbered.goes_at_once IS NOT NULL THEN $8::uuid END AS push_id, number_text AS form_number, goes_at_once
FROM go LEFT JOIN numbered ON true
