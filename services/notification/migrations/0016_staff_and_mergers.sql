-- Who works where in a county, as the directory says that was last given to the running services: routing told of it.
-- Without a row the county's folder holds.
CREATE TABLE staff_in_force (
    county       text COLLATE "C" PRIMARY KEY,
    -- The version of the directory.
    version      integer NOT NULL,
    -- A fengqiao.routing.v1.Staff.
    sealed_staff bytea NOT NULL
);

-- Whose residents are told how another case ends.
CREATE INDEX case_progress_merged ON case_progress (county, merged_into) WHERE merged_into IS NOT NULL;
