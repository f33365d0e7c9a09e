SELECT pg_advisory_lock(hashtextextended('intake police records ' || $1, 0))
