-- Stores messages to persons ($2 to $22 are columns; $21 is the recipient by the older lookup key, while that changes).
-- Who was told of the same within so many minutes ($19) before gets none now: it is kept as withheld. Of what someone owes
-- (kinds 2 due soon, 3 late, 4 chased; and 5, what those above hear) only the last step is told: what a later one of these
-- ($22) or of those here takes the place of is kept as overtaken (6). What comes later than so many minutes ($23) waits so
-- many seconds ($24) for a step that may follow. What is there already stays as it is, so that doing it again changes
-- nothing. Returns the channels that have something to do.
WITH asked AS (
    SELECT * FROM UNNEST (
        $2::uuid[], $3::uuid[], $4::smallint[], $5::smallint[], $6::text[], $7::smallint[], $8::uuid[], $9::text[],
        $10::text[], $11::smallint[], $12::boolean[], $13::bytea[], $14::bytea[], $15::text[], $16::text[],
        $17::bytea[], $18::timestamptz[], $19::integer[], $20::boolean[], $21::bytea[],
        $22::boolean[]
    ) AS asked (
        message_id, telling_id, kind, person_kind, person, subject, case_id, case_number, what, level, drill, recipient,
        sealed_address, channels, template_version, sealed_text, requested_at, again_minutes, repeated,
        recipient_before, overtaken
    )
), overtaken AS (
    UPDATE person_message AS earlier SET state = 6, ended_at = now()
    FROM asked
    WHERE earlier.county = $1 AND earlier.case_id = asked.case_id
      AND earlier.recipient IN (asked.recipient, asked.recipient_before) AND earlier.what = asked.what
      AND ((asked.kind BETWEEN 2 AND 4 AND earlier.kind BETWEEN 2 AND asked.kind) OR (asked.kind = 5 AND earlier.kind = 5))
      AND earlier.state = 1 AND (earlier.claims = 0 OR earlier.next_try_at <= now())
      AND earlier.requested_at < asked.requested_at AND earlier.telling_id <> asked.telling_id
      -- What would itself be withheld for it takes no place.
      AND (earlier.kind < asked.kind
          OR earlier.requested_at <= asked.requested_at - asked.again_minutes * interval '1 minute')
      AND NOT asked.repeated AND NOT asked.overtaken
), stored AS (
    INSERT INTO person_message (
        county, message_id, telling_id, kind, person_kind, person, subject, case_id, case_number, what, level, drill,
        recipient, sealed_address, channels, channel, template_version, sealed_text, requested_at,
        next_try_at, state
    )
    SELECT
        $1, message_id, telling_id, kind, person_kind, person, subject, case_id, case_number, what, level, drill,
        recipient, sealed_address, channels::smallint[], (channels::smallint[])[1], template_version, sealed_text,
        requested_at,
        CASE WHEN kind BETWEEN 2 AND 5 AND requested_at < now() - $23 * interval '1 minute'
            THEN now() + $24 * interval '1 second' ELSE '-infinity' END,
        CASE WHEN asked.overtaken THEN 6 WHEN repeated OR EXISTS (
            SELECT FROM person_message AS earlier
            WHERE earlier.county = $1 AND earlier.case_id = asked.case_id AND earlier.recipient IN (asked.recipient, asked.recipient_before)
              AND earlier.kind = asked.kind AND earlier.what = asked.what AND earlier.state IN (1, 2)
              AND earlier.telling_id <> asked.telling_id
              AND earlier.requested_at > asked.requested_at - asked.again_minutes * interval '1 minute'
              AND earlier.requested_at <= asked.requested_at
        ) THEN 4 ELSE 1 END
    FROM asked
    WHERE NOT EXISTS (
        SELECT FROM person_message AS held
        WHERE held.county = $1 AND held.telling_id = asked.telling_id AND held.recipient = asked.recipient_before
    )
    ON CONFLICT (county, telling_id, recipient) DO NOTHING
    RETURNING channel, state
)
SELECT DISTINCT channel FROM stored WHERE state = 1
