//! The baseline of intake: pgbench inserting the same rows into the same tables, prepared statements,
//! one transaction a report.

use std::{fmt::Write as _, fs, path::Path, process::Command};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

/// The bytes of a sealed matter and of an event that carries it, as ours are for a report of 1 KB.
pub(crate) const SEALED_BYTES: usize = 960;
pub(crate) const EVENT_BYTES: usize = 1160;
/// The bytes of the traits of such a report, and the keys under which it is found.
pub(crate) const TRAITS_BYTES: usize = 160;
pub(crate) const KEYS: u64 = 8;

/// Makes a database with intake's own tables and the sequences that the script draws ids from.
///
/// # Errors
/// What Postgres says.
pub async fn prepare(admin_url: &str, name: &str) -> Result<String, Box<dyn std::error::Error>> {
    let mut admin = PgConnection::connect(admin_url).await?;
    admin.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))).await?;
    admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
    let (server, _) = admin_url.rsplit_once('/').ok_or("the URL names no database")?;
    let url = format!("{server}/{name}");
    let mut tables = PgConnection::connect(&url).await?;
    for migrations in [&fengqiao_messaging::MIGRATIONS, &fengqiao_intake::store::MIGRATIONS] {
        for migration in migrations.iter() {
            tables.execute(AssertSqlSafe(migration.sql.as_str().to_owned())).await?;
        }
    }
    tables.execute("CREATE SEQUENCE bench_report; CREATE SEQUENCE bench_event; CREATE TABLE single (id bigserial PRIMARY KEY, body bytea NOT NULL); ALTER TABLE single ALTER COLUMN body SET STORAGE EXTERNAL").await?;
    Ok(url)
}

/// The script that writes one report as ours does: report, where it belongs, keys, event; a transaction each.
#[must_use]
pub fn same_rows() -> String {
    let key = |salt: &str| format!("decode(md5('{salt}' || currval('bench_report')), 'hex')");
    let id = "lpad(to_hex(currval('bench_report')), 32, '0')::uuid";
    let hash = |salt: u64| format!("hashint8extended(currval('bench_report'), {salt})");
    let keys: Vec<String> = (0..KEYS).map(|key| format!("('421181', {}, {id})", hash(key))).collect();
    format!(
        "BEGIN;\n\
         INSERT INTO report (county, report_id, source, source_ref, revision, fingerprint, occurred_at, accepted_at, area_code, category, source_category, cluster_id, repeat, link_reasons, submitted_by, sealed_matter) \
         VALUES ('421181', lpad(to_hex(nextval('bench_report')), 32, '0')::uuid, 2, 'bench-' || currval('bench_report'), 1, {}, now(), now(), '421181105200', 'neighbourhood', '邻里纠纷', {id}, FALSE, NULL, '12345', '{}');\n\
         INSERT INTO report_link (county, report_id, source, occurred_at, person_id, household_id, cluster_id, traits) \
         VALUES ('421181', {id}, 2, now(), {id}, {id}, {id}, '{}');\n\
         INSERT INTO link_key (county, key, report_id) VALUES {};\n\
         INSERT INTO outbox_event (county, position, kind, payload, trace) \
         VALUES ('421181', nextval('bench_event'), 'fengqiao.intake.v1.ReportAccepted', '{}', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');\n\
         COMMIT;\n",
        key("f"),
        bytes(SEALED_BYTES),
        bytes(TRAITS_BYTES),
        keys.join(", "),
        bytes(EVENT_BYTES),
    )
}

/// The script that writes one row of 1 KB, nothing else.
#[must_use]
pub fn single_row() -> String {
    format!("INSERT INTO single (body) VALUES ('{}');\n", bytes(1024))
}

pub(crate) fn bytes(count: usize) -> String {
    let mut literal = String::from("\\x");
    for byte in 0..count {
        let _ = write!(literal, "{:02x}", (byte * 151 + 7) % 256);
    }
    literal
}

/// Runs a script with 64 clients and gives the transactions per second.
///
/// # Errors
/// Where pgbench cannot run or says nothing that can be read.
pub fn run(url: &str, script: &str, folder: &Path, seconds: u64) -> Result<f64, Box<dyn std::error::Error>> {
    let file = folder.join("pgbench.sql");
    fs::write(&file, script)?;
    let output = Command::new("pgbench")
        .args(["-M", "prepared", "-n", "-c", "64", "-j", "2", "-T", &seconds.to_string(), "-f"])
        .arg(&file)
        .arg(url)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines()
        .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok())
        .ok_or_else(|| format!("pgbench: {text}{}", String::from_utf8_lossy(&output.stderr)).into())
}
