-- The merger that holds of a case, and that case with everything that had been merged into it.
WITH RECURSIVE own AS (
    SELECT from_case, into_case, goes_to FROM case_merger
    WHERE county = $1 AND from_case = $2 AND undone_at IS NULL
), belonging AS (
    SELECT from_case FROM own
    UNION
    SELECT merger.from_case FROM belonging JOIN case_merger AS merger
        ON merger.county = $1 AND merger.into_case = belonging.from_case AND merger.undone_at IS NULL
)
SELECT own.goes_to, ARRAY(SELECT from_case FROM belonging) AS belonging FROM own
