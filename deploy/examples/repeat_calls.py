"""Draws the month's repeat calls by town, through Arrow Flight SQL.

    pip install adbc-driver-flightsql pyarrow pandas matplotlib
    python deploy/examples/repeat_calls.py [MONTH, for instance 2026-11-01]
"""

import json, sys
import adbc_driver_flightsql.dbapi as flight_sql

stack = json.load(open(".local/stack.json"))
token = open(stack["tokens"]["analyst"]).read().strip()
options = {"adbc.flight.sql.authorization_header": f"Bearer {token}",
           "adbc.flight.sql.client_option.tls_root_certs": open(stack["ca"]).read()}
with flight_sql.connect(stack["services"]["analysts"].replace("https", "grpc+tls"), db_kwargs=options, autocommit=True) as connection:
    month = f"DATE '{sys.argv[1]}'" if len(sys.argv) > 1 else "date_trunc('month', now())"
    with connection.cursor() as cursor:
        cursor.execute(f"""SELECT name, count(*) FILTER (WHERE repeat) AS repeat_calls, count(*) AS calls
                           FROM reports JOIN areas ON areas.area_code = reports.town_code
                           WHERE month = CAST({month} AS DATE) GROUP BY name ORDER BY repeat_calls DESC, name""")
        towns = cursor.fetch_df()
print(towns.to_string(index=False))
try:
    towns.plot.barh(x="name", y="repeat_calls").figure.savefig("repeat_calls.png", bbox_inches="tight")
except ImportError:
    print("matplotlib draws it")
