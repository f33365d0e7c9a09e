-- Counts what was decided on the cases of an agenda.
UPDATE meeting_item SET decisions = decisions + (SELECT count(*) FROM unnest($3::uuid[]) AS decided (id)
    WHERE decided.id = meeting_item.case_id)
WHERE county = $1 AND meeting_id = $2 AND case_id = ANY ($3::uuid[])
