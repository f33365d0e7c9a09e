-- Where a try that was written down as failed has brought its push after all: the agency's word came late.
ON CONFLICT (county, push_id, number) DO UPDATE
    SET delivered = true, http_status = excluded.http_status, error = '', duration_ms = excluded.duration_ms,
        sealed_answer = excluded.sealed_answer, delivered_at = excluded.delivered_at
