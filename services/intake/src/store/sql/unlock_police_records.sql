SELECT pg_advisory_unlock(hashtextextended('intake police records ' || $1, 0))
