-- Waits until nothing that routing asked for is being stored, and holds it up until the transaction ends: who reads pushes
-- in the order of arrival would pass over one whose number was drawn first and that is seen last. The statement that stores
-- routing's pushes changes this row before it draws a number (messaging's sql/step). Where there is no row yet, it is
-- made as the receiver would make it, so that it can be held in any case.
INSERT INTO receiver_position AS held (county, topic, position) VALUES ($1, $2, 0)
ON CONFLICT (county, topic) DO UPDATE SET position = held.position
