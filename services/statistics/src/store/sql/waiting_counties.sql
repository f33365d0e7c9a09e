-- Counties whose facts of an older version of the service are still to be taken over.
SELECT county FROM generation WHERE current = 0 AND county = ANY ($1::text[]) ORDER BY county
