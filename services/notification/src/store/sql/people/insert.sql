-- Stores messages to persons ($2 to $20 are columns). Who was told of the same within so many minutes ($19) before gets none
-- now: it is kept as withheld. What is there already stays as it is, so that doing it again changes nothing. Returns the
-- channels that have something to do.
WITH asked AS (
    SELECT * FROM UNNEST (
        $2::uuid[], $3::uuid[], $4::smallint[], $5::smallint[], $6::text[], $7::smallint[], $8::uuid[], $9::text[],
        $10::text[], $11::smallint[], $12::boolean[], $13::bytea[], $14::bytea[], $15::text[], $16::text[],
        $17::bytea[], $18::timestamptz[], $19::integer[], $20::boolean[]
    ) AS asked (
        message_id, telling_id, kind, person_kind, person, subject, case_id, case_number, what, level, drill, recipient,
        sealed_address, channels, template_version, sealed_text, requested_at, again_minutes, repeated
    )
), stored AS (
    INSERT INTO person_message (
        county, message_id, telling_id, kind, person_kind, person, subject, case_id, case_number, what, level, drill,
        recipient, sealed_address, channels, channel, template_version, sealed_text, requested_at, state
    )
    SELECT
        $1, message_id, telling_id, kind, person_kind, person, subject, case_id, case_number, what, level, drill,
        recipient, sealed_address, channels::smallint[], (channels::smallint[])[1], template_version, sealed_text,
        requested_at,
        CASE WHEN repeated OR EXISTS (
            SELECT FROM person_message AS earlier
            WHERE earlier.county = $1 AND earlier.case_id = asked.case_id AND earlier.recipient = asked.recipient
              AND earlier.kind = asked.kind AND earlier.what = asked.what AND earlier.state IN (1, 2)
              AND earlier.telling_id <> asked.telling_id
              AND earlier.requested_at > asked.requested_at - asked.again_minutes * interval '1 minute'
              AND earlier.requested_at <= asked.requested_at
        ) THEN 4 ELSE 1 END
    FROM asked
    ON CONFLICT (county, telling_id, recipient) DO NOTHING
    RETURNING channel, state
)
SELECT DISTINCT channel FROM stored WHERE state = 1
