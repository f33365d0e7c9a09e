-- The rest of a statement in the county's turn (messaging's sql/turn): a whole batch of changes. That the
-- turn is ours is also why nothing else is compared here: what was read is still so.
cases AS (
    INSERT INTO case_file (county, id, number, cluster_id, state, level, level_reason, sealed_level_words, area_code,
        category, first_source, first_receiver, lead_agency, version, opened_at, resolved_at, closed_at, report_count,
        history_count, sealed_matter, sealed_docket, history_seal, fast_lane)
    SELECT $1, new.* FROM go CROSS JOIN UNNEST($10::uuid[], $11::text[], $12::uuid[], $13::smallint[], $14::smallint[], $15::jsonb[],
        $16::bytea[], $17::text[], $18::text[], $19::smallint[], $20::text[], $21::text[], $22::bigint[],
        $23::timestamptz[], $24::timestamptz[], $25::timestamptz[], $26::integer[], $27::bigint[], $28::bytea[],
        $29::bytea[], $30::bytea[], $31::boolean[]) AS new
    ON CONFLICT (county, id) DO UPDATE SET
        state = EXCLUDED.state, level = EXCLUDED.level, level_reason = EXCLUDED.level_reason,
        sealed_level_words = EXCLUDED.sealed_level_words, lead_agency = EXCLUDED.lead_agency,
        version = EXCLUDED.version, resolved_at = EXCLUDED.resolved_at, closed_at = EXCLUDED.closed_at,
        report_count = EXCLUDED.report_count, history_count = EXCLUDED.history_count,
        -- What is the same stays where it is, out of the row, instead of being stored once more.
        sealed_matter = CASE WHEN EXCLUDED.sealed_matter = case_file.sealed_matter THEN case_file.sealed_matter
            ELSE EXCLUDED.sealed_matter END,
        sealed_docket = EXCLUDED.sealed_docket,
        history_seal = EXCLUDED.history_seal, fast_lane = EXCLUDED.fast_lane
), reports AS (
    INSERT INTO case_report (county, report_id, case_id, revision, source, source_ref, occurred_at, accepted_at,
        repeat, repeat_reasons, home_case, area_code, category, received_by, sealed_matter)
    SELECT $1, new.* FROM go CROSS JOIN UNNEST($32::uuid[], $33::uuid[], $34::integer[], $35::smallint[], $36::text[],
        $37::timestamptz[], $38::timestamptz[], $39::boolean[], $40::jsonb[], $85::uuid[], $86::text[], $87::text[],
        $88::text[], $89::bytea[]) AS new
    ON CONFLICT (county, report_id) DO UPDATE SET
        revision = EXCLUDED.revision, repeat = case_report.repeat OR EXCLUDED.repeat, occurred_at = EXCLUDED.occurred_at, accepted_at = EXCLUDED.accepted_at,
        area_code = EXCLUDED.area_code, category = EXCLUDED.category, sealed_matter = EXCLUDED.sealed_matter
), entries AS (
    INSERT INTO case_history (county, case_id, sequence, at, kind, actor, capacity, text, sealed_remark, trace_id, seal,
        batch)
    SELECT $1, new.*, $83::bigint FROM go CROSS JOIN UNNEST($41::uuid[], $42::bigint[], $43::timestamptz[], $44::smallint[], $45::text[],
        $46::text[], $47::text[], $48::bytea[], $49::text[], $50::bytea[]) AS new
), pushes AS (
    INSERT INTO case_push (county, push_id, case_id, agency, form, level, requested_at, due_at)
    SELECT $1, new.* FROM go CROSS JOIN UNNEST($51::uuid[], $52::uuid[], $53::text[], $54::smallint[], $55::smallint[],
        $56::timestamptz[], $57::timestamptz[]) AS new
), reminders AS (
    INSERT INTO duty_push (county, push_id, duty_id, agency, form, level, requested_at, due_at)
    SELECT $1, new.* FROM go CROSS JOIN UNNEST($90::uuid[], $91::uuid[], $92::text[], $93::smallint[], $94::smallint[],
        $95::timestamptz[], $96::timestamptz[]) AS new
), receipt AS MATERIALIZED (
    -- The county beside each id leaves the planner no way but the key, whatever it believes of the table.
    SELECT $1::text AS county, told.* FROM go CROSS JOIN UNNEST($58::uuid[], $59::timestamptz[], $60::timestamptz[],
        $61::timestamptz[]) AS told (push_id, signed_at, returned_at, feedback_at)
), receipts AS (
    UPDATE case_push SET
        signed_at = COALESCE(case_push.signed_at, receipt.signed_at),
        returned_at = COALESCE(case_push.returned_at, receipt.returned_at),
        feedback_at = GREATEST(case_push.feedback_at, receipt.feedback_at)
    FROM receipt WHERE case_push.county = receipt.county AND case_push.push_id = receipt.push_id
), numbers AS (
    INSERT INTO case_number_series (county, day, last)
    SELECT $1, new.* FROM go CROSS JOIN UNNEST($62::text[], $63::integer[]) AS new
    ON CONFLICT (county, day) DO UPDATE SET last = EXCLUDED.last
), answers AS (
    INSERT INTO command_answer (county, principal, request_id, case_id, digest, answered_at)
    SELECT $1, new.* FROM go CROSS JOIN UNNEST($64::text[], $65::text[], $66::uuid[], $67::bytea[], $68::timestamptz[]) AS new
), duties AS (
    INSERT INTO duty (county, subject_id, no, kind, agency, post, person, about, started_at, due_at, next_at, stage,
        paused, ended_at, met)
    SELECT $1, new.* FROM go CROSS JOIN UNNEST($69::uuid[], $70::integer[], $71::smallint[], $72::text[], $73::text[],
        $74::text[], $75::integer[], $76::timestamptz[], $77::timestamptz[], $78::timestamptz[], $79::smallint[],
        $80::boolean[], $81::timestamptz[], $82::boolean[]) AS new
    ON CONFLICT (county, subject_id, no) DO UPDATE SET
        agency = EXCLUDED.agency, post = EXCLUDED.post, person = EXCLUDED.person, started_at = EXCLUDED.started_at,
        due_at = EXCLUDED.due_at, next_at = EXCLUDED.next_at, stage = EXCLUDED.stage, paused = EXCLUDED.paused,
        ended_at = EXCLUDED.ended_at, met = EXCLUDED.met
), histories AS (
    INSERT INTO history_head (county, sealed)
    SELECT $1, $84 FROM go WHERE $84::bytea IS NOT NULL
    ON CONFLICT (county) DO UPDATE SET sealed = EXCLUDED.sealed
)
SELECT position FROM go
