-- Two readings of one principal are counted one after the other; until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('background ' || $1 || ' ' || $2, 0))
