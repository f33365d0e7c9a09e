//! Where every report belongs, as a file.

use std::{fs::File, io::BufWriter, path::PathBuf};

use clap::Args;
use fengqiao_proto::intake::v1::{Link, ListLinksRequest};
use tokio_stream::StreamExt as _;

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::Output,
};

/// Where to write which links.
#[derive(Debug, Args)]
pub struct LinksOptions {
    /// The file (CSV: source_ref, person, household, case); standard output where not given. Two sources may give the same
    /// source_ref: --json says the source and intake's own id too.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes where every report belongs, in the order of acceptance.
///
/// # Errors
/// Where the call fails or the file cannot be written.
pub async fn links(options: LinksOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.linkage(&Caller::Officer).await?;
    let request = ListLinksRequest { county: session.county(), after_report_id: String::new() };
    // As long as it takes: a county has millions of reports.
    let answer = client.list_links(request).await.map_err(CommandError::call("the links"))?;
    let mut pages = answer.into_inner();
    if output.json {
        while let Some(page) = pages.next().await {
            let links = page.map_err(CommandError::call("the links"))?.links;
            links.iter().try_for_each(|link| output.json_line(link))?;
        }
        return Ok(());
    }
    let written = |error: csv::Error| CommandError::File {
        path: options.out.clone().unwrap_or_else(|| PathBuf::from("-")),
        source: error.into(),
    };
    let sink: Box<dyn std::io::Write> = match &options.out {
        Some(path) => Box::new(BufWriter::new(
            File::create(path).map_err(|source| CommandError::File { path: path.clone(), source })?,
        )),
        None => Box::new(std::io::stdout().lock()),
    };
    let mut table = csv::Writer::from_writer(sink);
    table.write_record(["source_ref", "person", "household", "case"]).map_err(written)?;
    while let Some(page) = pages.next().await {
        for link in page.map_err(CommandError::call("the links"))?.links {
            let Link { source_ref, person_id, household_id, cluster_id, .. } = link;
            table.write_record([source_ref, person_id, household_id, cluster_id]).map_err(written)?;
        }
    }
    table.flush().map_err(|error| written(error.into()))
}
