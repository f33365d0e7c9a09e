-- Gives up a generation that was begun.
UPDATE generation SET building = NULL WHERE county = $1 AND building = $2
