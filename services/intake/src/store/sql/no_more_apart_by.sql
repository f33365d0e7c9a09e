-- An officer's decision ($3) that two clusters are not the same holds no more, whatever they have become.
DELETE FROM link_apart WHERE county = $1 AND kind = $2 AND decision_id = $3
