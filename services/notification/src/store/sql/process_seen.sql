-- A process is alive, and knows these agencies' endpoints.
INSERT INTO delivery_process (county, process, agencies, until)
VALUES ($1, $2, $3, now() + $4 * interval '1 millisecond')
ON CONFLICT (county, process) DO UPDATE SET agencies = EXCLUDED.agencies, until = EXCLUDED.until
