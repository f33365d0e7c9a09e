"""Free SQL over the same facts: ours through Flight SQL, DuckDB on the same Parquet files, in turn.

    compare.py STACK_JSON SEGMENTS_FOLDER FACTS ROUNDS

Says for each query the median milliseconds of both, and last the geometric mean of DuckDB's time over ours.
"""

import glob, json, math, statistics, sys, time
import adbc_driver_flightsql.dbapi as flight_sql
import adbc_driver_manager
import duckdb

QUERIES = {
    "one month by town and level":
        "SELECT town_code, level, count(*) AS n FROM reports WHERE month = DATE '2026-06-01' GROUP BY 1, 2 ORDER BY 1, 2",
    "two years by month":
        "SELECT month, count(*) AS n, count(*) FILTER (WHERE repeat) AS r FROM reports GROUP BY 1 ORDER BY 1",
    "town by category":
        "SELECT town_code, category, count(*) AS n FROM reports GROUP BY 1, 2 ORDER BY 1, 2",
    "red repeat calls by category":
        "SELECT category, count(*) AS n FROM reports WHERE level = 'RED' AND repeat GROUP BY 1 ORDER BY 2 DESC, 1",
    "days of two towns":
        "SELECT day, count(*) AS n FROM reports WHERE town_code IN ('421181105', '421181106') GROUP BY 1 ORDER BY 1",
}

stack = json.load(open(sys.argv[1]))
facts, rounds = int(sys.argv[3]), int(sys.argv[4])
options = {
    "adbc.flight.sql.authorization_header": "Bearer " + open(stack["tokens"]["analyst"]).read().strip(),
    "adbc.flight.sql.client_option.tls_root_certs": open(stack["ca"]).read(),
}
ours = flight_sql.connect(stack["services"]["analysts"].replace("https", "grpc+tls"), db_kwargs=options, autocommit=True).cursor()

until = time.monotonic() + 1800
while True:
    try:
        ours.execute("SELECT count(*) FROM reports")
        if ours.fetchone()[0] == facts:
            break
    except adbc_driver_manager.Error:
        pass
    if time.monotonic() > until:
        sys.exit("the segments are not written")
    time.sleep(1)

theirs = duckdb.connect()
files = glob.glob(sys.argv[2] + "/reports/*.parquet")
theirs.execute(f"CREATE VIEW reports AS SELECT * FROM read_parquet({files!r})")


def by_ours(query):
    ours.execute(query)
    return ours.fetch_arrow_table()


def by_duckdb(query):
    return theirs.sql(query).to_arrow_table()


ratios = []
for name, query in QUERIES.items():
    texts = [[[str(v) for v in row.values()] for row in run(query).to_pylist()] for run in (by_ours, by_duckdb)]
    assert texts[0] == texts[1], (name, texts[0][:3], texts[1][:3])
    times = {by_ours: [], by_duckdb: []}
    for _ in range(rounds):
        for run, taken in times.items():
            began = time.perf_counter()
            run(query)
            taken.append((time.perf_counter() - began) * 1000)
    mine, base = (statistics.median(taken) for taken in times.values())
    ratios.append(base / mine)
    print(f"  {name}: ours {mine:.1f} ms, DuckDB {base:.1f} ms, ratio {base / mine:.2f}", flush=True)
print(f"ratio {math.exp(sum(map(math.log, ratios)) / len(ratios)):.3f}")
