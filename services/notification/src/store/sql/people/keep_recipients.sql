-- By what persons are known from now on. Of two messages of one telling to one person the second keeps its own.
UPDATE person_message SET recipient = new.recipient
FROM UNNEST($2::uuid[], $3::bytea[]) AS new (message_id, recipient)
WHERE person_message.county = $1 AND person_message.message_id = new.message_id
  AND NOT EXISTS (
      SELECT FROM person_message AS held
      WHERE held.county = $1 AND held.telling_id = person_message.telling_id AND held.recipient = new.recipient
  )
