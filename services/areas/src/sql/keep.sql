-- The areas that hold in a county, unless newer ones are kept already: news may come twice.
INSERT INTO areas_in_force AS held (county, version, areas, area_codes, area_changes) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (county) DO UPDATE
    SET version = EXCLUDED.version, areas = EXCLUDED.areas, area_codes = EXCLUDED.area_codes,
        area_changes = EXCLUDED.area_changes
    WHERE EXCLUDED.version > held.version
