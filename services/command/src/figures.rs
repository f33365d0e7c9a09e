//! Figures: indicators as a table, one column each.

use clap::{Args, ValueEnum};
use fengqiao_proto::{
    statistics::v1::{
        AreaLevel, DescribeIndicatorsRequest, Dimension, IndicatorDefinition, IndicatorRow,
        QueryIndicatorsRequest, QueryIndicatorsResponse,
    },
    types::v1::{Level, Source},
};
use jiff::{Timestamp, ToSpan, tz::TimeZone};

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    moment::{Moment, to_proto},
    output::{Ink, Output},
    table::{Align, Cell, Table},
    words,
};

/// How many days a question without a begin looks back, today included.
const DEFAULT_DAYS: i64 = 30;

/// By what to group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// 地区
    Area,
    /// 单位
    Agency,
    /// 来源
    Source,
    /// 级别
    Level,
    /// 类别
    Category,
    /// 日
    Day,
    /// 周
    Week,
    /// 月
    Month,
}

impl By {
    fn dimension(self) -> (Dimension, &'static str) {
        match self {
            Self::Area => (Dimension::Area, "地区"),
            Self::Agency => (Dimension::Agency, "单位"),
            Self::Source => (Dimension::Source, "来源"),
            Self::Level => (Dimension::Level, "级别"),
            Self::Category => (Dimension::Category, "类别"),
            Self::Day => (Dimension::Day, "日"),
            Self::Week => (Dimension::Week, "周"),
            Self::Month => (Dimension::Month, "月"),
        }
    }
}

/// A level of the area tree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum AreaCut {
    /// As reported.
    Reported,
    /// 县
    County,
    /// 乡镇、街道
    #[default]
    Town,
    /// 村、社区
    Community,
    /// 网格
    Grid,
}

impl AreaCut {
    fn level(self) -> AreaLevel {
        match self {
            Self::Reported => AreaLevel::Unspecified,
            Self::County => AreaLevel::County,
            Self::Town => AreaLevel::Town,
            Self::Community => AreaLevel::Community,
            Self::Grid => AreaLevel::Grid,
        }
    }
}

/// What to count.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  fengqiao stats\n  fengqiao stats --by area,level reports cases\n  \
                        fengqiao stats --by day --from 2026-11-01 --to 2026-11-30 sign_rate\n  fengqiao stats --definitions")]
pub struct StatsOptions {
    /// The indicators' ids; all where none is given.
    indicators: Vec<String>,
    /// By what to group, at most four.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "BY")]
    by: Vec<By>,
    /// From this day or time on; the last 30 days where not given.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    from: Option<Moment>,
    /// Until the end of this day, or this time; the end of today where not given.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    to: Option<Moment>,
    /// To which level areas are cut.
    #[arg(long, value_enum, default_value_t)]
    area_level: AreaCut,
    /// Only this area and what lies below it.
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    area: String,
    /// Only these agencies.
    #[arg(long = "agency", value_delimiter = ',', value_name = "AGENCY")]
    agencies: Vec<String>,
    /// Only these doors.
    #[arg(long = "source", value_delimiter = ',', value_parser = words::parser(words::SOURCES), ignore_case = true)]
    sources: Vec<Source>,
    /// Only these levels.
    #[arg(long = "level", value_delimiter = ',', value_parser = words::parser(words::LEVELS), ignore_case = true)]
    levels: Vec<Level>,
    /// Only these canonical categories.
    #[arg(long = "category", value_delimiter = ',', value_name = "CATEGORY")]
    categories: Vec<String>,
    /// Show how each indicator is counted, and count nothing.
    #[arg(long)]
    definitions: bool,
}

/// Counts, or shows the definitions.
///
/// # Errors
/// Where a call fails.
pub async fn show(options: StatsOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.statistics(&Caller::Analyst).await?;
    let described = client
        .describe_indicators(session.request(DescribeIndicatorsRequest {}))
        .await
        .map_err(CommandError::call("the indicators"))?
        .into_inner();
    if options.definitions {
        if output.json {
            return output.document(&described);
        }
        let columns = ["指标", "名称", "版本", "分子", "分母", "时间口径"];
        let mut table = Table::of_words(columns);
        for definition in described.indicators {
            table.row(vec![
                definition.id.into(),
                definition.name.into(),
                definition.version.to_string().into(),
                definition.numerator.into(),
                definition.denominator.into(),
                definition.time_role.into(),
            ]);
        }
        return output.table(&table, "没有指标");
    }
    let question = question(&options, session.county(), &output.zone, Timestamp::now())?;
    let answer = client
        .query_indicators(session.request(question))
        .await
        .map_err(CommandError::call("the figures"))?
        .into_inner();
    if output.json {
        return output.document(&answer);
    }
    output.table(&figures(&answer.rows, &options.by, &described.indicators), "没有数据")?;
    output.line(&output.paint.ink(&footing(&answer, output), Ink::Dim))
}

fn question(
    options: &StatsOptions,
    county: String,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<QueryIndicatorsRequest, CommandError> {
    let today = zone.to_datetime(now).date();
    let first_day = today.checked_sub((DEFAULT_DAYS - 1).days()).unwrap_or(today);
    let out_of_range = || CommandError::Usage("--from, --to: out of range".into());
    let from = options.from.unwrap_or(Moment::Day(first_day)).begin(zone).ok_or_else(out_of_range)?;
    let before = options.to.unwrap_or(Moment::Day(today)).end(zone).ok_or_else(out_of_range)?;
    Ok(QueryIndicatorsRequest {
        county,
        indicators: options.indicators.clone(),
        group_by: options.by.iter().map(|by| by.dimension().0 as i32).collect(),
        area_level: options.area_level.level() as i32,
        from: Some(to_proto(from)),
        before: Some(to_proto(before)),
        time_zone: zone.iana_name().unwrap_or_default().to_owned(),
        area_code: options.area.clone(),
        agencies: options.agencies.clone(),
        sources: options.sources.iter().map(|source| *source as i32).collect(),
        levels: options.levels.iter().map(|level| *level as i32).collect(),
        categories: options.categories.clone(),
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
    for group in rows.chunk_by(|one, next| one.dimensions == next.dimensions) {
        let labels = group.first().map(|row| row.labels.clone()).unwrap_or_default();
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

/// A count as it is; a rate with both its counts, or - where there was nothing to count.
fn figure(row: &IndicatorRow) -> String {
    match row.ratio {
        Some(ratio) => format!("{:.1}% ({}/{})", ratio * 100.0, row.numerator, row.denominator),
        None if row.indicator.ends_with("_rate") => "-".to_owned(),
        None => row.numerator.to_string(),
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
    use crate::{
        cli::{Cli, Command},
        output::Paint,
    };

    fn options(rest: &[&str]) -> StatsOptions {
        let cli = Cli::try_parse_from(["fengqiao", "stats"].iter().chain(rest)).unwrap();
        match cli.command {
            Command::Stats(options) => options,
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
        }
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
