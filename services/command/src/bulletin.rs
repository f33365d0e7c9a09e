//! Bulletins (日报、周报、月报、季报、专报): kinds, list, show, get, make.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use fengqiao_proto::statistics::v1::{
    Bulletin, BulletinFormat, BulletinPeriod, GetBulletinFileRequest, GetBulletinFileResponse,
    GetBulletinRequest, GetBulletinResponse, ListBulletinKindsRequest, ListBulletinKindsResponse,
    ListBulletinsRequest, MakeBulletinRequest,
};

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::{Ink, Output},
    paging,
    request_id::RequestId,
    table::Table,
};

/// What to do with bulletins.
#[derive(Debug, Subcommand)]
pub enum BulletinCommand {
    /// List the county's kinds, when each is made by itself, and who gets it.
    Kinds,
    /// List bulletins, the newest first.
    List(ListOptions),
    /// Show what a bulletin says, and how each figure in its text was counted.
    Show(Named),
    /// Get a bulletin's file: the same bytes for ever.
    Get(GetOptions),
    /// Make a bulletin now.
    Make(MakeOptions),
}

/// A bulletin.
#[derive(Debug, Args)]
pub struct Named {
    /// The bulletin's id.
    bulletin: String,
    /// As this agency; as the centre where not given.
    #[arg(long)]
    agency: Option<String>,
}

/// Which bulletins.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Only this kind.
    #[arg(long, default_value = "", hide_default_value = true)]
    kind: String,
    /// As this agency: what was made for it.
    #[arg(long)]
    agency: Option<String>,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// The form of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// PDF.
    #[default]
    Pdf,
    /// XLSX: tables, charts' numbers, definitions.
    Xlsx,
}

/// Which file, and where to.
#[derive(Debug, Args)]
pub struct GetOptions {
    #[command(flatten)]
    named: Named,
    /// The form.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// What to make.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  fengqiao bulletin make weekly --day 2026-11-25\n  \
                        fengqiao bulletin make special --day 2026-11-01 --last-day 2026-11-20 --area 421181105 --category property")]
pub struct MakeOptions {
    /// The kind; `fengqiao bulletin kinds` lists them.
    kind: String,
    /// A day of the period; of a kind of any days the first one.
    #[arg(long, value_name = "DAY")]
    day: jiff::civil::Date,
    /// The last day, of a kind of any days.
    #[arg(long, value_name = "DAY")]
    last_day: Option<jiff::civil::Date>,
    /// Of this area and what lies below it.
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    area: String,
    /// Of this category.
    #[arg(long, default_value = "", hide_default_value = true)]
    category: String,
    /// Push it to the kind's agencies.
    #[arg(long)]
    push: bool,
    #[command(flatten)]
    request_id: RequestId,
}

fn caller(agency: Option<&String>) -> Caller {
    agency.map_or(Caller::Officer, |agency| Caller::Agency(agency.clone()))
}

/// Does what was asked.
///
/// # Errors
/// Where a call fails, or the file cannot be written.
pub async fn execute(
    command: BulletinCommand,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    match command {
        BulletinCommand::Kinds => kinds(session, output).await,
        BulletinCommand::List(options) => list(options, session, output).await,
        BulletinCommand::Show(named) => show(named, session, output).await,
        BulletinCommand::Get(options) => get(options, session, output).await,
        BulletinCommand::Make(options) => make(options, session, output).await,
    }
}

async fn kinds(session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.bulletins(&Caller::Officer).await?;
    let request = session.request(ListBulletinKindsRequest { county: session.county() });
    let answer: ListBulletinKindsResponse = client
        .list_bulletin_kinds(request)
        .await
        .map_err(CommandError::call("the kinds of bulletins"))?
        .into_inner();
    if output.json {
        return output.document(&answer);
    }
    let mut table = Table::of_words(["种类", "标题", "周期", "自动生成", "推送"]);
    for kind in &answer.kinds {
        let period = match kind.period() {
            BulletinPeriod::Day => "日",
            BulletinPeriod::Week => "周",
            BulletinPeriod::Month => "月",
            BulletinPeriod::Quarter => "季",
            BulletinPeriod::Any | BulletinPeriod::Unspecified => "任意",
        };
        let day = if kind.working_day { "期后首个工作日" } else { "期后次日" };
        let made = if kind.made_at.is_empty() { String::new() } else { format!("{day}{}", kind.made_at) };
        table.row(vec![
            kind.kind.as_str().into(),
            kind.title.as_str().into(),
            period.into(),
            made.into(),
            kind.agencies.join(" ").into(),
        ]);
    }
    output.table(&table, "没有种类")
}

async fn list(options: ListOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let client = session.bulletins(&caller(options.agency.as_ref())).await?;
    let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
    let (bulletins, more) = paging::collect(limit, |page_size, page_token| {
        let mut client = client.clone();
        let (county, kind) = (session.county(), options.kind.clone());
        let request = session.request(ListBulletinsRequest { county, kind, page_size, page_token });
        async move {
            let page = client.list_bulletins(request).await;
            let page = page.map_err(CommandError::call("the bulletins"))?.into_inner();
            Ok((page.bulletins, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return bulletins.iter().try_for_each(|bulletin| output.json_line(bulletin));
    }
    let mut table = Table::of_words(["报告", "起", "止", "生成", "由", "编号"]);
    for bulletin in &bulletins {
        table.row(vec![
            bulletin.title.as_str().into(),
            bulletin.first_day.as_str().into(),
            bulletin.last_day.as_str().into(),
            output.minute(bulletin.made_at.as_ref()).into(),
            bulletin.made_by.as_str().into(),
            bulletin.bulletin_id.as_str().into(),
        ]);
    }
    output.table(&table, "没有报告")?;
    if more { output.line("… 还有更多: --limit") } else { Ok(()) }
}

async fn show(named: Named, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.bulletins(&caller(named.agency.as_ref())).await?;
    let request =
        session.request(GetBulletinRequest { county: session.county(), bulletin_id: named.bulletin });
    let answer: GetBulletinResponse =
        client.get_bulletin(request).await.map_err(CommandError::call("the bulletin"))?.into_inner();
    if output.json {
        return output.document(&answer);
    }
    let bulletin = answer.bulletin.unwrap_or_default();
    output.line(&output.paint.ink(&bulletin.title, Ink::Bold))?;
    for paragraph in &answer.text {
        output.line(paragraph)?;
    }
    let mut table = Table::of_words(["写作", "指标", "起", "止", "地域", "单位", "类别", "分子", "分母"]);
    for figure in &answer.figures {
        table.row(vec![
            figure.shown.as_str().into(),
            format!("{}@{}", figure.indicator, figure.definition_version).into(),
            figure.first_day.as_str().into(),
            figure.last_day.as_str().into(),
            figure.area_code.as_str().into(),
            figure.agency.as_str().into(),
            figure.category.as_str().into(),
            figure.numerator.to_string().into(),
            figure.denominator.to_string().into(),
        ]);
    }
    output.table(&table, "")
}

async fn get(options: GetOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let GetOptions { named, format, out } = options;
    let mut client = session.bulletins(&caller(named.agency.as_ref())).await?;
    let format = match format {
        Format::Pdf => BulletinFormat::Pdf,
        Format::Xlsx => BulletinFormat::Xlsx,
    };
    let request = session.request(GetBulletinFileRequest {
        county: session.county(),
        bulletin_id: named.bulletin,
        format: format.into(),
    });
    let answer = client.get_bulletin_file(request).await;
    let file = answer.map_err(CommandError::call("the bulletin"))?.into_inner();
    std::fs::write(&out, &file.content).map_err(|source| CommandError::File { path: out.clone(), source })?;
    if output.json {
        // What stands in the file is not said again.
        return output.document(&GetBulletinFileResponse { content: Vec::new(), ..file });
    }
    output.line(&format!("{}  {}字节", out.display(), file.content.len()))
}

async fn make(options: MakeOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.bulletins(&Caller::Officer).await?;
    let request = session.request(MakeBulletinRequest {
        county: session.county(),
        request_id: options.request_id.or_new(),
        kind: options.kind,
        day: options.day.to_string(),
        last_day: options.last_day.map(|day| day.to_string()).unwrap_or_default(),
        area_code: options.area,
        category: options.category,
        push: options.push,
    });
    let answer =
        client.make_bulletin(request).await.map_err(CommandError::call("the bulletin"))?.into_inner();
    if output.json {
        return output.document(&answer);
    }
    let Bulletin { title, bulletin_id, summary, .. } = answer.bulletin.unwrap_or_default();
    output.line(&format!("{title}  {bulletin_id}"))?;
    output.line(&summary)
}
