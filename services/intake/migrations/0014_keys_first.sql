-- Statements are planned once, perhaps before there is a row, and then all indexes look alike: one that leads to the county, and
-- a filter for the id, is as good to the planner as the key. So what leads to single things begins with what tells them apart.

-- The ids stay in the order of acceptance, county by county: by it reports are listed.
ALTER TABLE report
    DROP CONSTRAINT report_county_source_source_ref_key,
    ADD UNIQUE (source_ref, source, county);

ALTER TABLE link_decision
    DROP CONSTRAINT link_decision_county_request_id_key,
    ADD UNIQUE (request_id, county);
DROP INDEX link_decision_by_other, link_decision_by_cluster;
CREATE INDEX link_decision_by_other ON link_decision (other_id, county, decision_id) WHERE other_id IS NOT NULL;
CREATE INDEX link_decision_by_cluster ON link_decision (cluster_id, county, decision_id);
