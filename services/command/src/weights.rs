//! How much each evidence weighs: what is in force, and what a county's own reports teach.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use fengqiao_proto::intake::v1::{GetWeightsRequest, LearnWeightsRequest};

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::Output,
};

/// What to do with the weights.
#[derive(Debug, Subcommand)]
pub enum WeightsCommand {
    /// The weights that are in force, in the form of linkage.toml.
    Show,
    /// Learn weights from the county's own reports, and write them down. They take effect once the file stands in the
    /// county's folder and intake was started again, in all its processes.
    Learn(LearnOptions),
}

/// From what to learn.
#[derive(Debug, Args)]
pub struct LearnOptions {
    /// What the weights are to be called, for instance macheng-2026-12.
    #[arg(value_name = "VERSION")]
    called: String,
    /// From so many of the newest reports.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(i32).range(1..=20_000))]
    reports: i32,
    /// Where to write them.
    #[arg(long, value_name = "FILE", default_value = "linkage.toml")]
    out: PathBuf,
}

/// Does what was asked.
///
/// # Errors
/// Where the call fails, or the file cannot be written.
pub async fn execute(
    command: WeightsCommand,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let mut client = session.weights(&Caller::Operator).await?;
    let county = session.county();
    let failed = CommandError::call("the weights");
    match command {
        WeightsCommand::Show => {
            let request = session.request(GetWeightsRequest { county });
            let weights = client.get_weights(request).await.map_err(failed)?.into_inner();
            if output.json { output.document(&weights) } else { output.text(&weights.weights) }
        }
        WeightsCommand::Learn(LearnOptions { called, reports, out }) => {
            let request =
                session.request(LearnWeightsRequest { county, version: called, report_count: reports });
            let learned = client.learn_weights(request).await.map_err(failed)?.into_inner();
            std::fs::write(&out, &learned.weights)
                .map_err(|source| CommandError::File { path: out.clone(), source })?;
            if output.json {
                return output.document(&learned);
            }
            let said = format!(
                "{}：由 {} 件诉求的 {} 对比较得出",
                out.display(),
                learned.report_count,
                learned.pair_count
            );
            output.line(&said)
        }
    }
}
