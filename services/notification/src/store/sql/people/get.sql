SELECT sealed_address, sealed_text FROM person_message WHERE county = $1 AND message_id = $2
