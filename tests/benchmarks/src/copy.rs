//! The baseline of the stream: `COPY` of the same rows, 500 reports in a transaction.

use std::fmt::Write as _;

use sqlx::{Connection as _, PgConnection, Postgres, Transaction};

use crate::pgbench::{EVENT_BYTES, KEYS, SEALED_BYTES, TRAITS_BYTES, bytes};

const BATCH: u64 = 500;

/// Writes so many reports, each with where it belongs, its keys and an event.
///
/// # Errors
/// What Postgres says.
pub async fn same_rows(url: &str, round: u64, reports: u64) -> Result<(), Box<dyn std::error::Error>> {
    let mut connection = PgConnection::connect(url).await?;
    let (sealed, event, traits) = (bytes(SEALED_BYTES), bytes(EVENT_BYTES), bytes(TRAITS_BYTES));
    let first = (round + 1) * 1_000_000_000;
    for begin in (0..reports).step_by(BATCH as usize) {
        let (mut report, mut outbox) = (String::new(), String::new());
        let (mut link, mut keys) = (String::new(), String::new());
        for number in first + begin..first + (begin + BATCH).min(reports) {
            let id = format!("00000000-0000-0001-0000-{number:012x}");
            let key = |salt: u64| {
                format!("\\\\x{:016x}{:016x}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15 ^ salt), salt)
            };
            writeln!(
                report,
                "421181\t{id}\t2\tcopy-{number}\t1\t{}\t2026-01-01\t2026-01-01\t421181105200\tneighbourhood\t邻里纠纷\t{id}\tf\t\\N\t12345\t\\{sealed}",
                key(1)
            )?;
            writeln!(link, "421181\t{id}\t2\t2026-01-01\t{id}\t{id}\t{id}\t\\{traits}")?;
            for key in 0..KEYS {
                let hash = (number ^ key << 56).wrapping_mul(0x9E37_79B9_7F4A_7C15).cast_signed();
                writeln!(keys, "421181\t{hash}\t{id}")?;
            }
            writeln!(
                outbox,
                "421181\t{number}\tfengqiao.intake.v1.ReportAccepted\t\\{event}\t00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            )?;
        }
        let mut tx = connection.begin().await?;
        copy(&mut tx, "COPY report (county, report_id, source, source_ref, revision, fingerprint, occurred_at, accepted_at, area_code, category, source_category, cluster_id, repeat, link_reasons, submitted_by, sealed_matter) FROM STDIN", report).await?;
        copy(&mut tx, "COPY report_link (county, report_id, source, occurred_at, person_id, household_id, cluster_id, traits) FROM STDIN", link).await?;
        copy(&mut tx, "COPY link_key (county, key, report_id) FROM STDIN", keys).await?;
        copy(&mut tx, "COPY outbox_event (county, position, kind, payload, trace) FROM STDIN", outbox)
            .await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn copy(
    tx: &mut Transaction<'_, Postgres>,
    statement: &'static str,
    rows: String,
) -> Result<(), sqlx::Error> {
    let mut copy = tx.copy_in_raw(statement).await?;
    copy.send(rows.into_bytes()).await?;
    copy.finish().await?;
    Ok(())
}
