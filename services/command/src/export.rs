//! Exports: tables of facts as files (导出).

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand, ValueEnum};
use fengqiao_proto::statistics::v1::{
    CancelExportRequest, DownloadExportRequest, Export, ExportFormat, ExportState, GetExportRequest,
    ListExportsRequest, StartExportRequest, export_service_client::ExportServiceClient,
};
use tokio::{fs::File, io::AsyncWriteExt as _};

use crate::{
    connection::{Caller, Connection, Session},
    errors::CommandError,
    output::Output,
    request_id::RequestId,
    table::Table,
};

/// How often it is asked how far an export is.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// What to do with exports.
#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// Start an export; with --to wait for it and fetch it.
    Start(StartOptions),
    /// How far an export is.
    Show(Named),
    /// List your exports, the newest first.
    List,
    /// Fetch the file of an export that is done.
    Fetch(FetchOptions),
    /// End an export that runs, and remove one that is done.
    Cancel(Named),
}

/// What to export.
#[derive(Debug, Args)]
pub struct StartOptions {
    /// The table: reports, cases, pushes, duties, activities, events, `open_spells`, `open_per_day` or `town_months`.
    table: String,
    /// The first day.
    #[arg(long, value_name = "DAY")]
    from: String,
    /// The day after the last one.
    #[arg(long, value_name = "DAY")]
    before: String,
    /// What kind of file.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Wait for it, and write it there.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    #[command(flatten)]
    request_id: RequestId,
}

/// What kind of file.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    /// Comma-separated text.
    Csv,
    /// An Excel workbook.
    Xlsx,
    /// A Parquet file.
    Parquet,
}

/// Which export.
#[derive(Debug, Args)]
pub struct Named {
    /// Its id.
    id: String,
}

/// Which file, and where to.
#[derive(Debug, Args)]
pub struct FetchOptions {
    #[command(flatten)]
    named: Named,
    /// Where to write it.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

/// Does what was asked.
///
/// # Errors
/// Where a call fails, or a file cannot be written.
pub async fn execute(command: ExportCommand, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.exports(&Caller::Analyst).await?;
    match command {
        ExportCommand::Start(options) => start(options, client, session, output).await,
        ExportCommand::Show(named) => shown(&show(&mut client, session, named.id).await?, output),
        ExportCommand::List => list(client, session, output).await,
        ExportCommand::Fetch(FetchOptions { named, to }) => fetch(&mut client, session, named.id, to).await,
        ExportCommand::Cancel(named) => {
            let request = session.request(CancelExportRequest { export_id: named.id });
            let gone = client.cancel_export(request).await.map_err(CommandError::call("the export"))?;
            if output.json { output.document(gone.get_ref()) } else { output.line("已取消") }
        }
    }
}

async fn start(
    options: StartOptions,
    mut client: ExportServiceClient<Connection>,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let format = match options.format {
        Format::Csv => ExportFormat::Csv,
        Format::Xlsx => ExportFormat::Xlsx,
        Format::Parquet => ExportFormat::Parquet,
    };
    let request = session.request(StartExportRequest {
        request_id: options.request_id.or_new(),
        table: options.table,
        from_day: options.from,
        before_day: options.before,
        format: format.into(),
    });
    let started = client.start_export(request).await.map_err(CommandError::call("the export"))?;
    let mut export = started.into_inner().export.unwrap_or_default();
    if let Some(to) = options.to {
        while matches!(export.state(), ExportState::Waiting | ExportState::Running) {
            tokio::time::sleep(ASK_EVERY).await;
            export = show(&mut client, session, export.export_id).await?;
        }
        if export.state() == ExportState::Done {
            fetch(&mut client, session, export.export_id.clone(), to).await?;
        }
    }
    shown(&export, output)
}

async fn show(
    client: &mut ExportServiceClient<Connection>,
    session: &Session,
    export_id: String,
) -> Result<Export, CommandError> {
    let request = session.request(GetExportRequest { export_id });
    let answer = client.get_export(request).await.map_err(CommandError::call("the export"))?;
    Ok(answer.into_inner().export.unwrap_or_default())
}

async fn fetch(
    client: &mut ExportServiceClient<Connection>,
    session: &Session,
    export_id: String,
    to: PathBuf,
) -> Result<(), CommandError> {
    let failed = || CommandError::call("the file");
    let request = session.request(DownloadExportRequest { export_id });
    let mut pieces = client.download_export(request).await.map_err(failed())?.into_inner();
    let unwritable = |source| CommandError::File { path: to.clone(), source };
    let mut file = File::create(&to).await.map_err(unwritable)?;
    while let Some(part) = pieces.message().await.map_err(failed())? {
        file.write_all(&part.piece).await.map_err(unwritable)?;
    }
    file.flush().await.map_err(unwritable)
}

fn shown(export: &Export, output: &Output) -> Result<(), CommandError> {
    if output.json {
        return output.document(export);
    }
    let rows = format!("{}/{}行", export.rows_done, export.rows_total);
    output.line(&format!("{}  {}  {rows}  {}字节", export.export_id, state(export), export.size))
}

async fn list(
    mut client: ExportServiceClient<Connection>,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let request = session.request(ListExportsRequest {});
    let answer = client.list_exports(request).await.map_err(CommandError::call("the exports"))?;
    let exports = answer.into_inner().exports;
    if output.json {
        return exports.iter().try_for_each(|one| output.json_line(one));
    }
    let mut table = Table::of_words(["导出", "表", "自", "至(不含)", "状态", "行", "字节", "保留至"]);
    for one in &exports {
        table.row(vec![
            one.export_id.as_str().into(),
            one.table.as_str().into(),
            one.from_day.as_str().into(),
            one.before_day.as_str().into(),
            state(one).into(),
            one.rows_done.to_string().into(),
            one.size.to_string().into(),
            output.minute(one.kept_until.as_ref()).into(),
        ]);
    }
    output.table(&table, "没有导出")
}

fn state(export: &Export) -> String {
    match export.state() {
        ExportState::Unspecified => "未知".to_owned(),
        ExportState::Waiting => "等待".to_owned(),
        ExportState::Running => "导出中".to_owned(),
        ExportState::Done => "完成".to_owned(),
        ExportState::Failed => format!("失败:{}", export.failure),
    }
}
