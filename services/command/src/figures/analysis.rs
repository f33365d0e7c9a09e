//! What is behind figures: the cases, rankings, published percentages, exclusions, and making the facts anew.

use clap::{Args, Subcommand, ValueEnum};
use fengqiao_proto::statistics::v1::{
    CheckPublishedRequest, CheckPublishedResponse, ExcludeCaseRequest, Exclusion, FigureSide,
    GetLeagueTableRequest, GetLeagueTableResponse, IncludeCaseRequest, LeagueFigure, ListExclusionsRequest,
    ListExclusionsResponse, ListFigureCasesRequest, ListFigureCasesResponse, PublishedKind,
    RebuildFactsRequest,
};
use jiff::Timestamp;

use super::{
    Asked, figure,
    watching::{self, WatchingCommand},
};
use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::{Ink, Output},
    paging,
    table::{Align, Cell, Table},
};

/// What else to do with figures.
#[derive(Debug, Subcommand)]
pub enum StatsCommand {
    /// List the cases behind a figure, by their ids (下钻).
    Behind(BehindOptions),
    /// Rank agencies or areas, with how sure each rank is (排名).
    League(LeagueOptions),
    /// Say whether a published percentage can come from whole numbers (验算).
    CheckPublished(PublishedOptions),
    /// Take a case out of an indicator of the rankings, with a reason (剔除).
    Exclude(ExcludeOptions),
    /// Let an excluded case count again, with a reason.
    Include(IncludeOptions),
    /// List who excluded which case, and why.
    Exclusions(ExclusionsOptions),
    /// What is watched, and what moved further than chance explains (监测预警): list, look at, mute.
    #[command(subcommand)]
    Watch(WatchingCommand),
    /// Make all facts anew from the events that were received; questions go on meanwhile (重建).
    Rebuild,
}

/// Which side of a figure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Side {
    /// What was counted.
    #[default]
    Numerator,
    /// Out of what.
    Denominator,
    /// What is in the denominator and not in the numerator.
    Rest,
}

/// Behind which figure.
#[derive(Debug, Args)]
pub struct BehindOptions {
    /// The indicator's id.
    indicator: String,
    /// Which side of it.
    #[arg(long, value_enum, default_value_t)]
    side: Side,
    #[command(flatten)]
    asked: Asked,
    /// At most so many.
    #[arg(short = 'n', long = "limit", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// Who is ranked by what.
#[derive(Debug, Args)]
pub struct LeagueOptions {
    /// The indicators' ids, the one that ranks first; the usual ones where none is given.
    indicators: Vec<String>,
    #[command(flatten)]
    asked: Asked,
}

/// What was published.
#[derive(Debug, Args)]
pub struct PublishedOptions {
    /// The percentage as it was printed, for instance 99.1 or -16.1.
    #[arg(allow_hyphen_values = true)]
    percentage: String,
    /// It is a change, from the denominator to the numerator; else a share.
    #[arg(long)]
    change: bool,
    /// The numerator, or the present value, where it was printed.
    #[arg(long, value_name = "COUNT")]
    numerator: Option<i64>,
    /// The denominator, or the earlier value, where it was printed.
    #[arg(long, value_name = "COUNT")]
    denominator: Option<i64>,
}

/// What is taken out.
#[derive(Debug, Args)]
pub struct ExcludeOptions {
    /// The indicator's id.
    indicator: String,
    /// The case's id.
    case: String,
    /// Why; without personal data.
    #[arg(long)]
    reason: String,
}

/// What counts again.
#[derive(Debug, Args)]
pub struct IncludeOptions {
    /// The exclusion's id.
    exclusion: String,
    /// Why; without personal data.
    #[arg(long)]
    reason: String,
}

/// Which exclusions.
#[derive(Debug, Args)]
pub struct ExclusionsOptions {
    /// Only of this indicator.
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    indicator: String,
    /// At most so many.
    #[arg(short = 'n', long = "limit", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

/// Does what was asked.
///
/// # Errors
/// Where a call fails.
pub async fn execute(command: StatsCommand, session: &Session, output: &Output) -> Result<(), CommandError> {
    match command {
        StatsCommand::Behind(options) => cases(options, session, output).await,
        StatsCommand::League(options) => league(options, session, output).await,
        StatsCommand::CheckPublished(options) => check_published(options, session, output).await,
        StatsCommand::Exclude(options) => exclude(options, session, output).await,
        StatsCommand::Include(options) => include(options, session, output).await,
        StatsCommand::Exclusions(options) => exclusions(options, session, output).await,
        StatsCommand::Watch(command) => watching::execute(command, session, output).await,
        StatsCommand::Rebuild => rebuild(session, output).await,
    }
}

async fn cases(options: BehindOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let client = session.analysis(&Caller::Officer).await?;
    let side = match options.side {
        Side::Numerator => FigureSide::Numerator,
        Side::Denominator => FigureSide::Denominator,
        Side::Rest => FigureSide::Rest,
    };
    let indicators = [options.indicator];
    let question = options.asked.question(&indicators, session.county(), &output.zone, Timestamp::now())?;
    let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
    let (case_ids, more) = paging::collect(limit, |page_size, page_token| {
        let mut client = client.clone();
        let question = Some(question.clone());
        let request = ListFigureCasesRequest { question, side: side.into(), page_size, page_token };
        let request = session.request(request);
        async move {
            let page = client.list_figure_cases(request).await;
            let page = page.map_err(CommandError::call("the cases"))?.into_inner();
            Ok((page.case_ids, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return output.document(&ListFigureCasesResponse { case_ids, next_page_token: String::new() });
    }
    for case_id in &case_ids {
        output.line(case_id)?;
    }
    let more = if more { "，还有更多" } else { "" };
    output.line(&output.paint.ink(&format!("{}件{more}", case_ids.len()), Ink::Dim))
}

async fn league(options: LeagueOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.analysis(&Caller::Analyst).await?;
    let asked =
        options.asked.question(&options.indicators, session.county(), &output.zone, Timestamp::now())?;
    let request = session.request(GetLeagueTableRequest { question: Some(asked) });
    let table =
        client.get_league_table(request).await.map_err(CommandError::call("the ranking"))?.into_inner();
    if output.json {
        return output.document(&table);
    }
    output.table(&ranking(&table), "没有数据")?;
    let note = format!("最小样本{}，剔除{}件。{}", table.minimum_sample, table.excluded_cases, table.method);
    output.line(&output.paint.ink(&note, Ink::Dim))
}

fn ranking(league: &GetLeagueTableResponse) -> Table {
    let columns = league.rows.first().map(|row| row.figures.as_slice()).unwrap_or_default();
    let id = |figure: &LeagueFigure| figure.row.as_ref().map(|row| row.indicator.clone()).unwrap_or_default();
    let words = [("名次", Align::Right), ("名次区间", Align::Left), ("对象", Align::Left)];
    let words = words.map(|(word, align)| (word.to_owned(), align));
    let mut table = Table::new(words.into_iter().chain(columns.iter().map(|one| (id(one), Align::Right))));
    for row in &league.rows {
        let (rank, interval) = match row.rank {
            0 => ("-".to_owned(), "样本不足".to_owned()),
            rank => (rank.to_string(), format!("{}–{}", row.rank_from, row.rank_to)),
        };
        let mut line: Vec<Cell> = vec![rank.into(), interval.into(), row.label.clone().into()];
        line.extend(row.figures.iter().map(|one| one.row.as_ref().map(figure).unwrap_or_default().into()));
        table.row(line);
    }
    table
}

async fn check_published(
    options: PublishedOptions,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let mut client = session.analysis(&Caller::Analyst).await?;
    let kind = if options.change { PublishedKind::Change } else { PublishedKind::Rate };
    let request = session.request(CheckPublishedRequest {
        percentage: options.percentage,
        kind: kind.into(),
        numerator: options.numerator,
        denominator: options.denominator,
    });
    let failed = CommandError::call("the published figure");
    let found: CheckPublishedResponse = client.check_published(request).await.map_err(failed)?.into_inner();
    if output.json { output.document(&found) } else { output.line(&found.text) }
}

async fn exclude(options: ExcludeOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.analysis(&Caller::Officer).await?;
    let request = session.request(ExcludeCaseRequest {
        county: session.county(),
        indicator: options.indicator,
        case_id: options.case,
        reason: options.reason,
    });
    let kept = client.exclude_case(request).await.map_err(CommandError::call("the exclusion"))?.into_inner();
    show(kept.exclusion.unwrap_or_default(), output)
}

async fn include(options: IncludeOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.analysis(&Caller::Officer).await?;
    let request = session.request(IncludeCaseRequest {
        county: session.county(),
        exclusion_id: options.exclusion,
        reason: options.reason,
    });
    let kept = client.include_case(request).await.map_err(CommandError::call("the exclusion"))?.into_inner();
    show(kept.exclusion.unwrap_or_default(), output)
}

fn show(exclusion: Exclusion, output: &Output) -> Result<(), CommandError> {
    if output.json { output.document(&exclusion) } else { output.table(&excluded(&[exclusion], output), "") }
}

async fn exclusions(
    options: ExclusionsOptions,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let client = session.analysis(&Caller::Analyst).await?;
    let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
    let (exclusions, _) = paging::collect(limit, |page_size, page_token| {
        let mut client = client.clone();
        let (county, indicator) = (session.county(), options.indicator.clone());
        let request = session.request(ListExclusionsRequest { county, indicator, page_size, page_token });
        async move {
            let page = client.list_exclusions(request).await;
            let page = page.map_err(CommandError::call("the exclusions"))?.into_inner();
            Ok((page.exclusions, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return output.document(&ListExclusionsResponse { exclusions, next_page_token: String::new() });
    }
    output.table(&excluded(&exclusions, output), "没有剔除")
}

fn excluded(exclusions: &[Exclusion], output: &Output) -> Table {
    let columns = ["剔除", "指标", "事项", "原因", "由", "时间", "恢复由", "恢复时间", "恢复原因"];
    let mut table = Table::of_words(columns);
    for one in exclusions {
        table.row(vec![
            one.exclusion_id.clone().into(),
            one.indicator.clone().into(),
            one.case_id.clone().into(),
            one.reason.clone().into(),
            one.excluded_by.clone().into(),
            output.minute(one.excluded_at.as_ref()).into(),
            one.included_by.clone().into(),
            output.minute(one.included_at.as_ref()).into(),
            one.included_reason.clone().into(),
        ]);
    }
    table
}

async fn rebuild(session: &Session, output: &Output) -> Result<(), CommandError> {
    let failed = || CommandError::call("the rebuilding");
    let mut client = session.facts(&Caller::Operator).await?;
    // As long as it takes; a dead peer is noticed by the keep-alive.
    let request = RebuildFactsRequest { county: session.county() };
    let mut steps = client.rebuild_facts(request).await.map_err(failed())?.into_inner();
    let mut last = None;
    while let Some(step) = steps.message().await.map_err(failed())? {
        last = step.rebuilt.or(last);
    }
    let rebuilt =
        last.ok_or_else(|| CommandError::Unclear("the rebuilding did not come to its end".to_owned()))?;
    if output.json {
        return output.document(&rebuilt);
    }
    let same = if rebuilt.fingerprint == rebuilt.fingerprint_before {
        "与原有数据逐字节一致"
    } else {
        "与原有数据不同"
    };
    output.line(&format!("第{}代，{}行，{same}", rebuilt.generation, rebuilt.rows))
}
