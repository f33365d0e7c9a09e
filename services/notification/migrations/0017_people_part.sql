-- Persons are told at their own pace: that part of the service begins where the service stands.
INSERT INTO receiver_position (county, topic, position)
SELECT county, 'routing people', position FROM receiver_position WHERE topic = 'routing'
ON CONFLICT DO NOTHING;
