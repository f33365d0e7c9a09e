SELECT position FROM outbox_head WHERE county = $1
