"""What tools ask a Flight SQL server besides rows: its tables, its refusals. Prints `ok` at the end."""

import json, sys
import adbc_driver_flightsql.dbapi as flight_sql
import adbc_driver_manager

stack = json.load(open(sys.argv[1]))
own_token = open(sys.argv[2]).read().strip()


def connect(token):
    options = {
        "adbc.flight.sql.authorization_header": f"Bearer {token}",
        "adbc.flight.sql.client_option.tls_root_certs": open(stack["ca"]).read(),
    }
    return flight_sql.connect(stack["services"]["analysts"].replace("https", "grpc+tls"), db_kwargs=options, autocommit=True)


def refused(run, word):
    try:
        run()
    except adbc_driver_manager.Error as error:
        assert word in str(error), error
    else:
        raise AssertionError(f"{word} was expected")


token = open(stack["tokens"]["analyst"]).read().strip()
with connect(token) as connection, connection.cursor() as cursor:
    tables = connection.adbc_get_objects(depth="columns").read_all().to_pylist()
    names = {t["table_name"] for c in tables for s in c["catalog_db_schemas"] for t in s["db_schema_tables"]}
    assert {"reports", "cases", "pushes", "duties", "activities", "town_months", "columns"} <= names, names
    columns = connection.adbc_get_table_schema("reports")
    assert "accepted_at" in columns.names, columns
    cursor.execute("SELECT * FROM reports")
    rows = cursor.fetch_arrow_table()
    assert rows.num_rows == int(sys.argv[3]), rows.num_rows
    # Through pandas, with times in the county's zone.
    frame = rows.to_pandas()
    assert str(frame["accepted_at"].dt.tz) == "Asia/Shanghai", frame.dtypes
    cursor.execute("SELECT words FROM columns WHERE table_name = 'cases' AND column_name = 'level'")
    assert "RED" in cursor.fetchone()[0]
    refused(lambda: cursor.execute("DROP TABLE reports"), "SELECT")
    refused(lambda: cursor.execute("SELECT no_such FROM reports"), "no_such")
with connect(own_token) as connection, connection.cursor() as cursor:
    cursor.execute("SELECT DISTINCT town_code FROM reports")
    assert [row[0] for row in cursor.fetchall()] == ["421181105"]
for stranger in ["", "a.b.c", open(stack["tokens"]["source-hotline_12345"]).read().strip()]:
    with connect(stranger) as connection, connection.cursor() as cursor:
        refused(lambda: cursor.execute("SELECT 1"), "")
print("ok")
