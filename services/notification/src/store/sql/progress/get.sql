-- How the case of a number stands; where it is handled with another one, how that one does, by its own code still.
SELECT
    own.case_id, own.case_number, own.sealed_code, own.opened_at, own.merged_into IS NOT NULL AS merged,
    own.protected OR coalesce(other.protected, false) AS protected,
    coalesce(other.state, own.state) AS state,
    CASE WHEN other.case_id IS NULL THEN own.signed_at ELSE other.signed_at END AS signed_at,
    CASE WHEN other.case_id IS NULL THEN own.resolved_at ELSE other.resolved_at END AS resolved_at,
    CASE WHEN other.case_id IS NULL THEN own.revisited_at ELSE other.revisited_at END AS revisited_at,
    CASE WHEN other.case_id IS NULL THEN own.closed_at ELSE other.closed_at END AS closed_at
FROM case_progress AS own
LEFT JOIN case_progress AS other ON other.county = own.county AND other.case_id = own.merged_into
WHERE own.county = $1 AND own.case_number = $2
