"""What tools ask a Flight SQL server besides rows: its tables, what it can do, its refusals; with a token, and with user and
password as JDBC and ODBC drivers sign in. Prints `ok` at the end."""

import base64, json, sys
import adbc_driver_flightsql, adbc_driver_flightsql.dbapi as flight_sql
import adbc_driver_manager
import pyarrow
import pyarrow.flight as flight

stack = json.load(open(sys.argv[1]))
own_token = open(sys.argv[2]).read().strip()
address = stack["services"]["analysts"].replace("https", "grpc+tls")
authority = open(stack["ca"]).read()


def connect(token=None, user=None, password=None, **more):
    options = {"adbc.flight.sql.client_option.tls_root_certs": authority, **more}
    if token is not None:
        options["adbc.flight.sql.authorization_header"] = f"Bearer {token}"
    if user is not None:
        options |= {"username": user, "password": password}
    return flight_sql.connect(address, db_kwargs=options, autocommit=True)


def refused(run, *words):
    try:
        run()
    except (adbc_driver_manager.Error, pyarrow.ArrowException) as error:
        assert all(word in str(error) for word in words), error
    else:
        raise AssertionError(f"{words} was expected")


token = open(stack["tokens"]["analyst"]).read().strip()
claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
name = claims["sub"]


def asked(connection):
    """What DBeaver, Power BI and the like ask before people do."""
    with connection.cursor() as cursor:
        tables = connection.adbc_get_objects(depth="columns").read_all().to_pylist()
        found = {t["table_name"]: t for c in tables for s in c["catalog_db_schemas"] for t in s["db_schema_tables"]}
        expected = {"reports", "cases", "pushes", "duties", "activities", "events", "open_spells", "open_per_day", "town_months", "columns"}
        assert expected <= set(found), found.keys()
        assert {"accepted_at", "town_code"} <= {c["column_name"] for c in found["reports"]["table_columns"]}
        only = connection.adbc_get_objects(depth="tables", table_name_filter="open%").read_all().to_pylist()
        assert {t["table_name"] for c in only for s in c["catalog_db_schemas"] for t in s["db_schema_tables"]} == {"open_spells", "open_per_day"}
        assert connection.adbc_get_table_types() == ["TABLE"]
        about = connection.adbc_get_info()
        assert about["vendor_name"] == "Fengqiao" and about["vendor_version"], about
        assert (connection.adbc_current_catalog, connection.adbc_current_db_schema) == ("fengqiao", "facts")
        for table in found:
            columns = connection.adbc_get_table_schema(table)
            # What is told of a table is what comes of it.
            cursor.execute(f"SELECT * FROM {table} LIMIT 0")
            assert cursor.fetch_arrow_table().schema.equals(columns), (table, columns)
        remarks = connection.adbc_get_table_schema("reports").field("accepted_at").metadata
        assert "受理时间" in remarks[b"ARROW:FLIGHT:SQL:REMARKS"].decode(), remarks
        prepared = cursor.adbc_prepare("SELECT count(*) FROM reports")
        assert prepared is None or len(prepared) == 0, "no parameters"
        cursor.execute("SELECT count(*) FROM reports")
        return cursor.fetchone()[0]


with connect(token) as connection, connection.cursor() as cursor:
    assert asked(connection) == int(sys.argv[3])
    cursor.execute("SELECT * FROM reports")
    rows = cursor.fetch_arrow_table()
    assert rows.num_rows == int(sys.argv[3]), rows.num_rows
    # Through pandas, with times in the county's zone.
    frame = rows.to_pandas()
    assert str(frame["accepted_at"].dt.tz) == "Asia/Shanghai", frame.dtypes
    cursor.execute("SELECT words FROM columns WHERE table_name = 'cases' AND column_name = 'level'")
    assert "RED" in cursor.fetchone()[0]
    cursor.execute("SELECT count(*) FROM events WHERE about = 'REPORT' AND kind = 'ACCEPTED'")
    assert cursor.fetchone()[0] == int(sys.argv[3])
    cursor.execute("SELECT sum(open_cases) FROM open_per_day WHERE day = CAST(now() AS DATE)")
    standing = cursor.fetchone()[0]
    cursor.execute("SELECT count(*) FROM cases WHERE state = 'OPEN'")
    assert cursor.fetchone()[0] == standing > 0
    refused(lambda: cursor.execute("DROP TABLE reports"), "SELECT")
    refused(lambda: cursor.execute("SELECT no_such FROM reports"), "no_such")

# As JDBC and ODBC drivers come in.
with connect(user=name, password=token) as connection:
    assert asked(connection) == int(sys.argv[3])
refused(lambda: connect(user="somebody", password=token), "user")
refused(lambda: connect(user=name, password="a.b.c"), "password")
source = open(stack["tokens"]["source-hotline_12345"]).read().strip()
refused(lambda: connect(user="source-hotline_12345", password=source), "")

# Another driver of the protocol, and what none of the above asks: the server's words, types, keys, sessions.
client = flight.FlightClient(address, tls_root_certs=authority)
header, bearer = client.authenticate_basic_token(name, token)
options = flight.FlightCallOptions(headers=[(header, bearer)])


def varint(number):
    return bytes([number]) if number < 128 else bytes([number % 128 + 128]) + varint(number // 128)


def text(tag, value):
    return bytes([tag << 3 | 2]) + varint(len(value)) + value


def command(message, body=b""):
    """An Any of a message of Flight SQL."""
    return text(1, b"type.googleapis.com/arrow.flight.protocol.sql." + message.encode()) + (text(2, body) if body else b"")


def rows_of(message, body=b""):
    info = client.get_flight_info(flight.FlightDescriptor.for_command(command(message, body)), options)
    return client.do_get(info.endpoints[0].ticket, options).read_all()


words = {row["info_name"]: row["value"] for row in rows_of("CommandGetSqlInfo").to_pylist()}
assert words[0] == "Fengqiao" and words[3] is True and words[504] == '"' and len(words) > 80, words
assert rows_of("CommandGetXdbcTypeInfo").num_rows == 7
assert rows_of("CommandGetCatalogs").to_pylist() == [{"catalog_name": "fengqiao"}]
assert rows_of("CommandGetDbSchemas").num_rows == 1
reports = text(3, b"reports")
for keys in ["CommandGetPrimaryKeys", "CommandGetImportedKeys", "CommandGetExportedKeys"]:
    assert rows_of(keys, reports).num_rows == 0, keys
assert rows_of("CommandGetCrossReference", reports + text(6, b"cases")).num_rows == 0
said = [bytes(one.body) for one in client.do_action(flight.Action("CloseSession", b""), options)]
assert said == [b"\x08\x01"], said
refused(lambda: list(client.do_action(flight.Action("NoSuch", b""), options)), "action")

with connect(own_token) as connection, connection.cursor() as cursor:
    cursor.execute("SELECT DISTINCT town_code FROM reports")
    assert [row[0] for row in cursor.fetchall()] == ["421181105"]
    cursor.execute("SELECT DISTINCT town_code FROM events UNION SELECT DISTINCT town_code FROM open_per_day")
    assert [row[0] for row in cursor.fetchall()] == ["421181105"]
for stranger in ["", "a.b.c", source]:
    with connect(stranger) as connection, connection.cursor() as cursor:
        refused(lambda: cursor.execute("SELECT 1"), "")
# Guessing comes to an end, for this address; who has a token goes on.
for _ in range(70):
    refused(lambda: client.authenticate_basic_token(name, "guess"), "")
refused(lambda: client.authenticate_basic_token(name, token), "too many tries")
with connect(token) as connection, connection.cursor() as cursor:
    cursor.execute("SELECT 1")
print("ok")
