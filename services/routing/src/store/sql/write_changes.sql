-- Writes a whole batch of changes in one round trip. Says how much of each was written, so that a row
-- that another transaction changed first is seen and the batch starts over.
WITH cases AS (
    INSERT INTO case_file (county, id, number, cluster_id, state, level, level_reason, sealed_level_words, area_code,
        category, first_source, first_receiver, lead_agency, version, opened_at, resolved_at, closed_at, report_count,
        history_count, sealed_matter)
    SELECT $1, * FROM UNNEST($2::uuid[], $3::text[], $4::uuid[], $5::smallint[], $6::smallint[], $7::jsonb[],
        $8::bytea[], $9::text[], $10::text[], $11::smallint[], $12::text[], $13::text[], $14::bigint[],
        $15::timestamptz[], $16::timestamptz[], $17::timestamptz[], $18::integer[], $19::bigint[], $20::bytea[])
    ON CONFLICT (county, id) DO UPDATE SET
        state = EXCLUDED.state, level = EXCLUDED.level, level_reason = EXCLUDED.level_reason,
        sealed_level_words = EXCLUDED.sealed_level_words, lead_agency = EXCLUDED.lead_agency,
        version = EXCLUDED.version, resolved_at = EXCLUDED.resolved_at, closed_at = EXCLUDED.closed_at,
        report_count = EXCLUDED.report_count, history_count = EXCLUDED.history_count,
        sealed_matter = EXCLUDED.sealed_matter
    WHERE case_file.version < EXCLUDED.version
    RETURNING 1
), reports AS (
    INSERT INTO case_report (county, report_id, case_id, revision, source, source_ref, occurred_at, accepted_at,
        repeat, repeat_reasons)
    SELECT $1, * FROM UNNEST($21::uuid[], $22::uuid[], $23::integer[], $24::smallint[], $25::text[],
        $26::timestamptz[], $27::timestamptz[], $28::boolean[], $29::jsonb[])
    ON CONFLICT (county, report_id) DO UPDATE SET
        revision = EXCLUDED.revision, occurred_at = EXCLUDED.occurred_at, accepted_at = EXCLUDED.accepted_at
    WHERE case_report.case_id = EXCLUDED.case_id AND case_report.revision < EXCLUDED.revision
    RETURNING 1
), entries AS (
    INSERT INTO case_history (county, case_id, sequence, at, kind, actor, capacity, text, sealed_remark, trace_id)
    SELECT $1, * FROM UNNEST($30::uuid[], $31::bigint[], $32::timestamptz[], $33::smallint[], $34::text[],
        $35::text[], $36::text[], $37::bytea[], $38::text[])
), pushes AS (
    INSERT INTO case_push (county, push_id, case_id, agency, form, level, requested_at, due_at)
    SELECT $1, * FROM UNNEST($39::uuid[], $40::uuid[], $41::text[], $42::smallint[], $43::smallint[],
        $44::timestamptz[], $45::timestamptz[])
), receipts AS (
    UPDATE case_push SET
        signed_at = COALESCE(case_push.signed_at, receipt.signed_at),
        returned_at = COALESCE(case_push.returned_at, receipt.returned_at),
        feedback_at = GREATEST(case_push.feedback_at, receipt.feedback_at)
    FROM UNNEST($46::uuid[], $47::timestamptz[], $48::timestamptz[], $49::timestamptz[])
        AS receipt (push_id, signed_at, returned_at, feedback_at)
    WHERE case_push.county = $1 AND case_push.push_id = ANY ($46::uuid[]) AND case_push.push_id = receipt.push_id
), numbers AS (
    UPDATE case_number_series SET last = series.last
    FROM UNNEST($50::text[], $51::integer[]) AS series (day, last)
    WHERE case_number_series.county = $1 AND case_number_series.day = series.day
)
SELECT (SELECT count(*) FROM cases) AS cases, (SELECT count(*) FROM reports) AS reports
