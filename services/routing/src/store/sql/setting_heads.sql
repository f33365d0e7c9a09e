-- Which version of each kind holds in each of these counties.
SELECT county, directory, levels, practice, calendar FROM setting_head WHERE county = ANY ($1::text[])
