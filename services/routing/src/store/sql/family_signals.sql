-- What was signalled of a family, when it was last screened, and whether its screening is owed. At least one row.
SELECT signal.agency, signal.raised_at, screened.at AS screened_at, COALESCE(screened.owed, false) AS owed
FROM (
    SELECT max(standing.recorded_at) AS at, bool_or(duty.ended_at IS NULL) AS owed
    FROM standing_duty AS standing
    JOIN duty ON duty.county = standing.county AND duty.subject_id = standing.id AND duty.no = 0
    WHERE standing.county = $1 AND standing.group_code = $3 AND duty.kind = $4
) AS screened
LEFT JOIN family_signal AS signal ON signal.county = $1 AND signal.family_id = $2
