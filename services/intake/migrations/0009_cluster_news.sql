-- How many news of case clusters there were in a county. Whoever remembers what was said of clusters sees by it that more
-- was said since.
CREATE TABLE cluster_news (
    county text COLLATE "C" NOT NULL PRIMARY KEY,
    news   bigint NOT NULL
) WITH (fillfactor = 10);

-- Counted by the database, so that it also is where an older program applies what routing says; in this schema, wherever
-- whoever changes a cluster looks for tables.
CREATE FUNCTION count_cluster_news() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO cluster_news (county, news)
    SELECT DISTINCT county, 1 FROM changed
    ON CONFLICT (county) DO UPDATE SET news = cluster_news.news + 1;
    RETURN NULL;
END
$$;
CREATE TRIGGER cluster_case_inserted AFTER INSERT ON cluster_case
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_cluster_news();
CREATE TRIGGER cluster_case_updated AFTER UPDATE ON cluster_case
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_cluster_news();
