//! Figures: indicators as a table, one column each.

mod analysis;
mod asked;
mod watching;

use clap::Args;
use fengqiao_proto::statistics::v1::{
    DescribeIndicatorsRequest, IndicatorDefinition, IndicatorRow, QueryIndicatorsRequest,
    QueryIndicatorsResponse, RowKind, StreamIndicatorsRequest,
};
use jiff::{Timestamp, tz::TimeZone};

pub use self::analysis::StatsCommand;
use self::asked::{Asked, By, Compare};

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::{Ink, Output},
    table::{Align, Cell, Table},
};

/// What to count.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:\n  fengqiao stats\n  fengqiao stats --by area,level reports cases\n  \
                        fengqiao stats --by day --from 2026-11-01 --to 2026-11-30 sign_rate\n  fengqiao stats --by agency --compare yoy cases\n  \
                        fengqiao stats --known-at 2026-11-20 resolved_rate\n  fengqiao stats check-published -16.1 --change --numerator 56\n  \
                        fengqiao stats --definitions")]
pub struct StatsOptions {
    /// What else to do.
    #[command(subcommand)]
    command: Option<StatsCommand>,
    /// The indicators' ids; all where none is given.
    indicators: Vec<String>,
    #[command(flatten)]
    asked: Asked,
    /// With which other window to compare: a year before, a month before, or just before (同比、环比).
    #[arg(long, value_enum, value_name = "WITH")]
    compare: Option<Compare>,
    /// With `--compare yoy`: let the two Spring Festivals fall on each other (春节对齐).
    #[arg(long)]
    spring_festival: bool,
    /// Only so many groups, the greatest by the first indicator, and the rest in one line.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    top: i32,
    /// Add a line for the total.
    #[arg(long)]
    total: bool,
    /// Take as many rows as there are, in parts.
    #[arg(long, conflicts_with_all = ["compare", "top", "total"])]
    stream: bool,
    /// Show how each indicator is counted, and count nothing.
    #[arg(long)]
    definitions: bool,
}

/// Counts, or shows the definitions.
///
/// # Errors
/// Where a call fails.
pub async fn show(options: StatsOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    if let Some(command) = options.command {
        return analysis::execute(command, session, output).await;
    }
    let mut client = session.statistics(&Caller::Analyst).await?;
    let described = client
        .describe_indicators(
            session.request(DescribeIndicatorsRequest { county: session.county(), all_versions: false }),
        )
        .await
        .map_err(CommandError::call("the indicators"))?
        .into_inner();
    if options.definitions {
        if output.json {
            return output.document(&described);
        }
        let columns = ["指标", "名称", "版本", "分子", "分母", "时间口径", "单位", "最小样本"];
        let mut table = Table::of_words(columns);
        for definition in described.indicators {
            table.row(vec![
                definition.id.into(),
                definition.name.into(),
                definition.version.to_string().into(),
                definition.numerator.into(),
                definition.denominator.into(),
                definition.time_role.into(),
                definition.unit.into(),
                definition.minimum_sample.to_string().into(),
            ]);
        }
        return output.table(&table, "没有指标");
    }
    let question = question(&options, session.county(), &output.zone, Timestamp::now())?;
    if options.stream {
        return stream(question, &options.asked.by, &described.indicators, session, output).await;
    }
    let answer = client
        .query_indicators(session.request(question))
        .await
        .map_err(CommandError::call("the figures"))?
        .into_inner();
    if output.json {
        return output.document(&answer);
    }
    output.table(&figures(&answer.rows, &options.asked.by, &described.indicators), "没有数据")?;
    output.line(&output.paint.ink(&footing(&answer, output), Ink::Dim))
}

/// A long answer, part by part.
async fn stream(
    question: QueryIndicatorsRequest,
    by: &[By],
    definitions: &[IndicatorDefinition],
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let failed = || CommandError::call("the figures");
    let mut client = session.analysis(&Caller::Analyst).await?;
    let request = StreamIndicatorsRequest { question: Some(question) };
    // As long as it takes; a dead peer is noticed by the keep-alive.
    let mut parts = client.stream_indicators(request).await.map_err(failed())?.into_inner();
    let mut rows = Vec::new();
    while let Some(part) = parts.message().await.map_err(failed())? {
        if output.json {
            output.json_line(&part)?;
        } else {
            rows.extend(part.rows);
        }
    }
    if output.json { Ok(()) } else { output.table(&figures(&rows, by, definitions), "没有数据") }
}

fn question(
    options: &StatsOptions,
    county: String,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<QueryIndicatorsRequest, CommandError> {
    Ok(QueryIndicatorsRequest {
        comparison: options.compare.map_or(0, |compare| compare.comparison().into()),
        spring_festival: options.spring_festival,
        top: options.top,
        total: options.total,
        ..options.asked.question(&options.indicators, county, zone, now)?
    })
}

/// A line for each group, a column for each indicator. Rows of one group follow each other.
fn figures(rows: &[IndicatorRow], by: &[By], definitions: &[IndicatorDefinition]) -> Table {
    let mut indicators: Vec<&str> = Vec::new();
    for row in rows {
        if !indicators.contains(&row.indicator.as_str()) {
            indicators.push(&row.indicator);
        }
    }
    let name = |id: &str| {
        let definition = definitions.iter().find(|definition| definition.id == id);
        definition.map_or_else(|| id.to_owned(), |definition| definition.name.clone())
    };
    let words = by.iter().map(|by| (by.dimension().1.to_owned(), Align::Left));
    let numbers = indicators.iter().map(|id| (name(id), Align::Right));
    let mut table = Table::new(words.chain(numbers));
    let same = |one: &IndicatorRow, next: &IndicatorRow| {
        (&one.dimensions, one.kind) == (&next.dimensions, next.kind)
    };
    for group in rows.chunk_by(same) {
        let kind = group.first().map_or(RowKind::Unspecified, IndicatorRow::kind);
        let labels = match kind {
            RowKind::Unspecified => group.first().map(|row| row.labels.clone()).unwrap_or_default(),
            RowKind::Rest => vec!["其余".to_owned(); by.len()],
            RowKind::Total => vec!["合计".to_owned(); by.len()],
        };
        let mut line: Vec<Cell> = labels
            .into_iter()
            .map(|label| if label.is_empty() { "(未知)".into() } else { label.into() })
            .collect();
        for id in &indicators {
            let row = group.iter().find(|row| row.indicator == *id);
            line.push(row.map(figure).unwrap_or_default().into());
        }
        table.row(line);
    }
    table
}

/// A count as it is; a rate with both its counts, or - where there was nothing to count; p50 and p90 of a duration; and
/// beside it the other window's, with a comparison.
fn figure(row: &IndicatorRow) -> String {
    let now = match (&row.spread, row.ratio) {
        (Some(spread), _) => format!("p50 {} p90 {} ({})", spread.p50, spread.p90, row.numerator),
        (None, Some(ratio)) => shown(row, ratio, row.numerator, row.denominator),
        (None, None) if row.indicator.ends_with("_rate") => "-".to_owned(),
        (None, None) => row.numerator.to_string(),
    };
    let Some(base) = &row.base else { return now };
    let then = match base.ratio {
        Some(ratio) => shown(row, ratio, base.numerator, base.denominator),
        None => base.numerator.to_string(),
    };
    let change = base.change.map_or_else(
        || "-".to_owned(),
        |change| {
            let unit = if row.ratio.is_some() { "百分点" } else { "%" };
            format!("{:+.1}{unit}", change * 100.0)
        },
    );
    format!("{now} 比 {then} {change}")
}

/// A ratio: a share of a hundred, or a number where it is none.
fn shown(row: &IndicatorRow, ratio: f64, numerator: i64, denominator: i64) -> String {
    let is_share = row.indicator.ends_with("_rate")
        || row.indicator.ends_with("_share")
        || row.indicator.ends_with("_mostly");
    if is_share {
        format!("{:.1}% ({numerator}/{denominator})", ratio * 100.0)
    } else {
        format!("{ratio:.2} ({numerator}/{denominator})")
    }
}

fn footing(answer: &QueryIndicatorsResponse, output: &Output) -> String {
    let as_of = output.second(answer.as_of.as_ref());
    let as_of = if as_of.is_empty() { "尚未汇集完整".to_owned() } else { format!("截至 {as_of}") };
    format!(
        "{} 至 {} ({})  {as_of}",
        output.minute(answer.from.as_ref()),
        output.minute(answer.before.as_ref()),
        answer.time_zone,
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use fengqiao_proto::statistics::v1::{AreaLevel, Base, Comparison, Dimension};

    use crate::{
        cli::{Cli, Command},
        output::Paint,
    };

    fn options(rest: &[&str]) -> StatsOptions {
        let cli = Cli::try_parse_from(["fengqiao", "stats"].iter().chain(rest)).unwrap();
        match cli.command {
            Command::Stats(options) => *options,
            _ => unreachable!("only stats is parsed"),
        }
    }

    fn asked(rest: &[&str]) -> QueryIndicatorsRequest {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let now = "2026-11-24T00:30:00Z".parse().unwrap();
        question(&options(rest), String::new(), &zone, now).unwrap()
    }

    #[test]
    fn the_last_thirty_days_are_whole() {
        let asked = asked(&[]);
        let days = (asked.before.unwrap().seconds - asked.from.unwrap().seconds) / 86_400;
        assert_eq!(days, 30);
        assert_eq!(asked.before.unwrap().seconds, 1_795_536_000);
    }

    #[test]
    fn a_day_ends_with_itself() {
        let asked = asked(&["--from", "2026-11-24", "--to", "2026-11-24", "--by", "area,day", "reports"]);
        assert_eq!(asked.before.unwrap().seconds - asked.from.unwrap().seconds, 86_400);
        assert_eq!(asked.group_by, [Dimension::Area as i32, Dimension::Day as i32]);
        assert_eq!((asked.area_level(), asked.indicators[0].as_str()), (AreaLevel::Town, "reports"));
    }

    #[test]
    fn filters_are_lists() {
        let asked = asked(&["--level", "red,orange", "--source", "grid", "--agency", "police,justice"]);
        assert_eq!(asked.levels, [4, 3]);
        assert_eq!(asked.sources, [3]);
        assert_eq!(asked.agencies.len(), 2);
    }

    fn row(town: &str, indicator: &str, counts: (i64, i64), ratio: Option<f64>) -> IndicatorRow {
        IndicatorRow {
            dimensions: vec![town.to_owned()],
            labels: vec![town.to_owned()],
            indicator: indicator.into(),
            definition_version: 1,
            numerator: counts.0,
            denominator: counts.1,
            ratio,
            ..Default::default()
        }
    }

    #[test]
    fn a_comparison_shows_both_values() {
        let mut cases = row("", "cases", (56, 0), None);
        cases.base = Some(Base { numerator: 67, change: Some(-11.0 / 67.0), ..Default::default() });
        assert_eq!(figure(&cases), "56 比 67 -16.4%");
        cases.base = Some(Base::default());
        assert_eq!(figure(&cases), "56 比 0 -");
        let asked = asked(&["--compare", "yoy", "--spring-festival", "cases"]);
        assert_eq!((asked.comparison(), asked.spring_festival), (Comparison::Yoy, true));
    }

    #[test]
    fn indicators_stand_beside_each_other() {
        let rows = [
            row("", "reports", (7, 0), None),
            row("", "sign_rate", (0, 0), None),
            row("宋埠镇", "reports", (12, 0), None),
            row("宋埠镇", "sign_rate", (3, 8), Some(0.375)),
        ];
        let definitions =
            [IndicatorDefinition { id: "reports".into(), name: "诉求数".into(), ..Default::default() }];
        let drawn = figures(&rows, &[By::Area], &definitions).draw(Paint::NONE);
        assert_eq!(
            drawn,
            "地区    诉求数    sign_rate\n(未知)       7            -\n宋埠镇      12  37.5% (3/8)\n"
        );
    }
}
