INSERT INTO receiver_position (county, topic, position) VALUES ($1, $2, 0)
ON CONFLICT (county, topic) DO NOTHING
