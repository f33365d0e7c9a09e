SELECT min(position) FROM outbox_event WHERE county = $1
