-- Puts cases on the agenda of a meeting. A reason more is kept where a case is there already.
INSERT INTO meeting_item (county, meeting_id, no, case_id, case_number, reasons)
SELECT $1, $2, new.no, new.case_id, new.case_number, string_to_array(new.reasons, ',')::smallint[]
FROM UNNEST($3::integer[], $4::uuid[], $5::text[], $6::text[]) AS new (no, case_id, case_number, reasons)
ON CONFLICT (county, meeting_id, case_id) DO UPDATE SET reasons = (
    SELECT array_agg(DISTINCT reason ORDER BY reason) FROM unnest(meeting_item.reasons || EXCLUDED.reasons) AS reason)
