-- The rest of a statement that takes a receiver's step (messaging's sql/step): it stores what routing asked for and
-- numbers its forms. It answers with the new pushes and the numbers of their forms; with one row of no push where the step is
-- taken and none of them is new; and with nothing where the step was another's.
--
-- A push that is here already stays as it is. One that an idle stream waits for is claimed in the same breath, for $7
-- milliseconds, and its row says so; but none that belongs behind a push of its case and level that has failed: another
-- stream of the agency may have been the one that did not bring it. The others are queued by the one who inserts, and should
-- that get lost, by the sweeper after $6 milliseconds.
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
numbered AS MATERIALIZED (
    SELECT counted.*,
        coalesce(head || lpad(number::text, greatest(digits, length(number::text)), '0') || tail, '') AS number_text,
        claimed AND NOT EXISTS (
            SELECT
            FROM push_delivery AS earlier
            WHERE earlier.county = $1 AND earlier.agency = counted.agency AND earlier.case_id = counted.case_id
                AND earlier.level = counted.level AND earlier.delivery = 1 AND earlier.failures > 0
        ) AS goes_at_once
    FROM counted
),
new AS (
    INSERT INTO push (
        county, push_id, case_id, case_number, agency, form, level, area_code, area_name, category, reason,
        requested_at, due_at, traceparent, sealed_matter, subject, evidence_for, form_number, drill,
        sign_by, answer_by, limit_at, answer_told
    )
    SELECT $1, push_id, case_id, case_number, agency, form, level, area_code, area_name, category, reason,
        requested_at, due_at, traceparent, sealed_matter, subject, evidence_for, number_text, drill,
        sign_by, answer_by, limit_at, answer_told
    FROM numbered
),
on_way AS (
    INSERT INTO push_delivery (
        county, push_id, agency, subject, case_id, level, requested_at, attempts, lease_until, queue_at
    )
    SELECT $1, push_id, agency, subject, case_id, level, requested_at,
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
    SELECT $1, push_id, true, form, title, issuer, issuer_name, series, year, number, number_text,
        template_version, agency, agency_name, recipient_kind, case_id, case_number, level, requested_at, 'system',
        sign_by, answer_by, check_code, drill
    FROM numbered WHERE series IS NOT NULL
)
SELECT push_id, number_text AS form_number, goes_at_once FROM go LEFT JOIN numbered ON true
