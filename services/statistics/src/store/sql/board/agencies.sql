-- What was due of pushes over the pieces of a window, by agency.
-- $1 county  $2 generation  $3 spans  $4 first days  $5 signs
SELECT agency, due, sum(sign * pushes)::int8 AS pushes, sum(sign * done)::int8 AS done, sum(sign * in_time)::int8 AS in_time
FROM UNNEST($3::int2[], $4::text[], $5::int8[]) AS piece (span, begins, sign)
JOIN rolled_push AS known
    ON known.county = $1 AND known.generation = $2::int4
    AND known.span = piece.span AND known.begins = piece.begins::date
GROUP BY agency, due
-- What lies only in pieces that are taken off is nothing.
HAVING sum(sign * pushes) <> 0
