-- The rest of a statement in the county's turn (messaging's in_turn.sql): a whole batch of changes. That the
-- turn is ours is also why nothing else is compared here: what was read is still so.
cases AS (
    INSERT INTO case_file (county, id, number, cluster_id, state, level, level_reason, sealed_level_words, area_code,
        category, first_source, first_receiver, lead_agency, version, opened_at, resolved_at, closed_at, report_count,
        history_count, sealed_matter)
    SELECT $1, new.* FROM go CROSS JOIN UNNEST($10::uuid[], $11::text[], $12::uuid[], $13::smallint[], $14::smallint[], $15::jsonb[],
        $16::bytea[], $17::text[], $18::text[], $19::smallint[], $20::text[], $21::text[], $22::bigint[],
        $23::timestamptz[], $24::timestamptz[], $25::timestamptz[], $26::integer[], $27::bigint[], $28::bytea[]) AS new
    ON CONFLICT (county, id) DO UPDATE SET
        state = EXCLUDED.state, level = EXCLUDED.level, level_reason = EXCLUDED.level_reason,
        sealed_level_words = EXCLUDED.sealed_level_words, lead_agency = EXCLUDED.lead_agency,
        version = EXCLUDED.version, resolved_at = EXCLUDED.resolved_at, closed_at = EXCLUDED.closed_at,
        report_count = EXCLUDED.report_count, history_count = EXCLUDED.history_count,
        sealed_matter = EXCLUDED.sealed_matter
), reports AS (
    INSERT INTO case_report (county, report_id, case_id, revision, source, source_ref, occurred_at, accepted_at,
        repeat, repeat_reasons)
    SELECT $1, new.* FROM go CROSS JOIN UNNEST($29::uuid[], $30::uuid[], $31::integer[], $32::smallint[], $33::text[],
        $34::timestamptz[], $35::timestamptz[], $36::boolean[], $37::jsonb[]) AS new
    ON CONFLICT (county, report_id) DO UPDATE SET
        revision = EXCLUDED.revision, occurred_at = EXCLUDED.occurred_at, accepted_at = EXCLUDED.accepted_at
), entries AS (
    INSERT INTO case_history (county, case_id, sequence, at, kind, actor, capacity, text, sealed_remark, trace_id)
    SELECT $1, new.* FROM go CROSS JOIN UNNEST($38::uuid[], $39::bigint[], $40::timestamptz[], $41::smallint[], $42::text[],
        $43::text[], $44::text[], $45::bytea[], $46::text[]) AS new
), pushes AS (
    INSERT INTO case_push (county, push_id, case_id, agency, form, level, requested_at, due_at)
    SELECT $1, new.* FROM go CROSS JOIN UNNEST($47::uuid[], $48::uuid[], $49::text[], $50::smallint[], $51::smallint[],
        $52::timestamptz[], $53::timestamptz[]) AS new
), receipt AS MATERIALIZED (
    -- The county beside each id leaves the planner no way but the key, whatever it believes of the table.
    SELECT $1::text AS county, told.* FROM go CROSS JOIN UNNEST($54::uuid[], $55::timestamptz[], $56::timestamptz[],
        $57::timestamptz[]) AS told (push_id, signed_at, returned_at, feedback_at)
), receipts AS (
    UPDATE case_push SET
        signed_at = COALESCE(case_push.signed_at, receipt.signed_at),
        returned_at = COALESCE(case_push.returned_at, receipt.returned_at),
        feedback_at = GREATEST(case_push.feedback_at, receipt.feedback_at)
    FROM receipt WHERE case_push.county = receipt.county AND case_push.push_id = receipt.push_id
), numbers AS (
    INSERT INTO case_number_series (county, day, last)
    SELECT $1, new.* FROM go CROSS JOIN UNNEST($58::text[], $59::integer[]) AS new
    ON CONFLICT (county, day) DO UPDATE SET last = EXCLUDED.last
), answer AS (
    INSERT INTO command_answer (county, principal, request_id, case_id, digest, answered_at)
    SELECT $1, $60, $61, $62, $63, $64 FROM go WHERE $60::text IS NOT NULL
)
SELECT position FROM go
