SELECT receiver, position FROM outbox_receiver WHERE county = $1
