UPDATE receiver_position SET caught_up_at = now() WHERE county = $1 AND topic = $2 AND position = $3
