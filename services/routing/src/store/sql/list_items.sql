-- The agenda of a meeting.
SELECT no, case_id, case_number, reasons, decisions FROM meeting_item
WHERE county = $1 AND meeting_id = $2 ORDER BY no
