-- Takes or keeps a county's daily work for a while, where nobody else has it. One that was let go gets a higher token.
-- $1 county  $2 which work  $3 who  $4 now  $5 until
INSERT INTO daily_work (county, work, holder, token, held_until)
VALUES ($1::text, $2::text, $3::uuid, 1, $5::timestamptz)
ON CONFLICT (county, work) DO UPDATE
SET holder = EXCLUDED.holder, held_until = EXCLUDED.held_until,
    token = daily_work.token
        + CASE WHEN daily_work.holder = EXCLUDED.holder AND daily_work.held_until > $4::timestamptz THEN 0 ELSE 1 END
WHERE daily_work.holder = EXCLUDED.holder OR daily_work.held_until <= $4::timestamptz
RETURNING token, done_through
