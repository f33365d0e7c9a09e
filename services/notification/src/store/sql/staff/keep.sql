-- Who works where in a county, unless a newer version is kept already: news may come twice.
INSERT INTO staff_in_force AS held (county, version, sealed_staff) VALUES ($1, $2, $3)
ON CONFLICT (county) DO UPDATE SET version = EXCLUDED.version, sealed_staff = EXCLUDED.sealed_staff
    WHERE EXCLUDED.version > held.version
