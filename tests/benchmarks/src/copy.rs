//! The baseline of the stream: `COPY` of the same rows, 500 reports in a transaction.

use std::fmt::Write as _;

use sqlx::{Connection as _, PgConnection, Postgres, Transaction};

use crate::pgbench::{EVENT_BYTES, SEALED_BYTES, bytes};

const BATCH: u64 = 500;

/// Writes so many reports, each with two parties and an event.
///
/// # Errors
/// What Postgres says.
pub async fn same_rows(url: &str, round: u64, reports: u64) -> Result<(), Box<dyn std::error::Error>> {
    let mut connection = PgConnection::connect(url).await?;
    let (sealed, event) = (bytes(SEALED_BYTES), bytes(EVENT_BYTES));
    let first = (round + 1) * 1_000_000_000;
    for begin in (0..reports).step_by(BATCH as usize) {
        let (mut report, mut party, mut outbox) = (String::new(), String::new(), String::new());
        for number in first + begin..first + (begin + BATCH).min(reports) {
            let id = format!("00000000-0000-0001-0000-{number:012x}");
            let key = |salt: u64| {
                format!("\\\\x{:016x}{:016x}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15 ^ salt), salt)
            };
            writeln!(
                report,
                "421181\t{id}\t2\tcopy-{number}\t1\t{}\t2026-01-01\t2026-01-01\t421181105200\tneighbourhood\t邻里纠纷\t{id}\t\\N\t{}\t12345\t\\{sealed}",
                key(1),
                key(2)
            )?;
            for (ordinal, role) in [(0, 1), (1, 2)] {
                writeln!(
                    party,
                    "421181\t{id}\t{ordinal}\t{role}\t{}\t\\N\t{id}\t2026-01-01",
                    key(3 + ordinal)
                )?;
            }
            writeln!(
                outbox,
                "421181\t{number}\tfengqiao.intake.v1.ReportAccepted\t\\{event}\t00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            )?;
        }
        let mut tx = connection.begin().await?;
        copy(&mut tx, "COPY report (county, report_id, source, source_ref, revision, fingerprint, occurred_at, accepted_at, area_code, category, source_category, cluster_id, link_reasons, address_key, submitted_by, sealed_matter) FROM STDIN", report).await?;
        copy(&mut tx, "COPY party (county, report_id, ordinal, role, phone_key, id_key, cluster_id, occurred_at) FROM STDIN", party).await?;
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
