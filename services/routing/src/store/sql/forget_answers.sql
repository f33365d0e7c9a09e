-- A bounded piece of what nobody repeats any more.
DELETE FROM command_answer WHERE (county, principal, request_id) IN (
    SELECT county, principal, request_id FROM command_answer WHERE answered_at < $1 LIMIT $2
)
