-- What number_many.sql does, of one push alone: that is most that arrive, and the red ones among them wait for nobody. Lists
-- of one, and sorting them, cost a third of the statement.
asked AS MATERIALIZED (
    SELECT
        $1::text AS county, $8::uuid AS push_id, $9::uuid AS case_id, $10::text AS case_number, $11::text AS agency,
        $12::smallint AS form, $13::smallint AS level, $14::text AS area_code, $15::text AS area_name,
        $16::text AS category, $17::text AS reason, $18::timestamptz AS requested_at, $19::timestamptz AS due_at,
        $20::text AS traceparent, $21::bytea AS sealed_matter, $22::boolean AS claimed, $23::smallint AS subject,
        $24::integer AS evidence_for, $25::boolean AS drill, $26::text AS title, $27::text AS issuer,
        $28::text AS issuer_name, $29::text AS series, $30::smallint AS year, $31::text AS head,
        $32::integer AS digits, $33::text AS tail, $34::text AS template_version, $35::text AS agency_name,
        $36::text AS recipient_kind, $37::timestamptz AS sign_by, $38::timestamptz AS answer_by,
        $39::text AS check_code, $40::timestamptz AS limit_at, $41::boolean AS answer_told
    FROM go
    WHERE NOT EXISTS (SELECT FROM push WHERE push.county = $1 AND push.push_id = $8)
),
taken AS (
    INSERT INTO form_series AS held (county, issuer, series, year, last)
    SELECT $1, issuer, series, year, 1 FROM asked WHERE series IS NOT NULL
    ON CONFLICT (county, issuer, series, year) DO UPDATE SET last = held.last + 1
    RETURNING last
),
counted AS (
    SELECT asked.*, taken.last AS number FROM asked LEFT JOIN taken ON true
),
