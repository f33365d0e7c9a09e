-- The rest of a statement that takes a receiver's step (messaging's in_step.sql) and numbers what it asks for. Its first
-- row has no id and says that the step is taken; the others are the new pushes with the numbers of their forms.
--
-- A push that is here already stays as it is. One that an idle stream waits for is claimed in the same breath, for $7
-- milliseconds, and its row says so; but none that belongs behind a push of its case and level that has failed: another
-- stream of the agency may have been the one that did not bring it. The others are queued by the one who inserts, and should
-- that get lost, by the sweeper after $6 milliseconds.
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
SELECT NULL::uuid AS push_id, NULL::text AS form_number, NULL::boolean AS goes_at_once FROM go
UNION ALL SELECT push_id, number_text, goes_at_once FROM numbered
