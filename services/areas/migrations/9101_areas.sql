-- The areas that were last given to the running services, in the schema of each service that reads areas: routing
-- told of them. Without a row a county's folder holds.
CREATE TABLE areas_in_force (
    county       text COLLATE "C" PRIMARY KEY,
    -- The version of the county's directory that brought them.
    version      integer NOT NULL,
    -- The texts of areas.csv, area_codes.csv and area_changes.csv.
    areas        text NOT NULL,
    area_codes   text,
    area_changes text
);
