//! What figures are asked for: which facts, when, and by what.

use clap::{Args, ValueEnum};
use fengqiao_proto::{
    statistics::v1::{AreaLevel, Comparison, Dimension, QueryIndicatorsRequest},
    types::v1::{Level, Source},
};
use jiff::{Timestamp, ToSpan, tz::TimeZone};

use crate::{
    errors::CommandError,
    moment::{Moment, to_proto},
    words,
};

/// How many days a question without a begin looks back, today included.
const DEFAULT_DAYS: i64 = 30;

/// By what to group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
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
    /// 季度
    Quarter,
    /// 年
    Year,
    /// 文书、时限或工作的种类
    Kind,
    /// 化解层级
    SettledAt,
    /// 化解方式
    Method,
}

impl By {
    /// The contract's dimension, and its name for people.
    pub fn dimension(self) -> (Dimension, &'static str) {
        match self {
            Self::Area => (Dimension::Area, "地区"),
            Self::Agency => (Dimension::Agency, "单位"),
            Self::Source => (Dimension::Source, "来源"),
            Self::Level => (Dimension::Level, "级别"),
            Self::Category => (Dimension::Category, "类别"),
            Self::Day => (Dimension::Day, "日"),
            Self::Week => (Dimension::Week, "周"),
            Self::Month => (Dimension::Month, "月"),
            Self::Quarter => (Dimension::Quarter, "季度"),
            Self::Year => (Dimension::Year, "年"),
            Self::Kind => (Dimension::Kind, "种类"),
            Self::SettledAt => (Dimension::SettledAt, "化解层级"),
            Self::Method => (Dimension::Method, "化解方式"),
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

/// With which other window to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Compare {
    /// 同比
    Yoy,
    /// 环比
    Mom,
    /// 上一时段
    Previous,
}

impl Compare {
    /// The contract's.
    pub fn comparison(self) -> Comparison {
        match self {
            Self::Yoy => Comparison::Yoy,
            Self::Mom => Comparison::Mom,
            Self::Previous => Comparison::Previous,
        }
    }
}

/// Which facts, when, and by what.
#[derive(Debug, Args)]
pub struct Asked {
    /// By what to group, at most four.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "BY")]
    pub by: Vec<By>,
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
    /// Answer with what was known by then, or by the end of that day: what was published then is found again.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    known_at: Option<Moment>,
    /// Count only what had happened by then, or by the end of that day.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    happened_by: Option<Moment>,
}

impl Asked {
    /// The question that it is.
    ///
    /// # Errors
    /// Where times are out of range.
    pub fn question(
        &self,
        indicators: &[String],
        county: String,
        zone: &TimeZone,
        now: Timestamp,
    ) -> Result<QueryIndicatorsRequest, CommandError> {
        let today = zone.to_datetime(now).date();
        let first_day = today.checked_sub((DEFAULT_DAYS - 1).days()).unwrap_or(today);
        let out_of_range = || CommandError::Usage("--from, --to: out of range".into());
        let from = self.from.unwrap_or(Moment::Day(first_day)).begin(zone).ok_or_else(out_of_range)?;
        let before = self.to.unwrap_or(Moment::Day(today)).end(zone).ok_or_else(out_of_range)?;
        let end = |moment: Option<Moment>| moment.and_then(|moment| moment.end(zone)).map(to_proto);
        Ok(QueryIndicatorsRequest {
            county,
            indicators: indicators.to_vec(),
            group_by: self.by.iter().map(|by| by.dimension().0 as i32).collect(),
            area_level: self.area_level.level() as i32,
            from: Some(to_proto(from)),
            before: Some(to_proto(before)),
            time_zone: zone.iana_name().unwrap_or_default().to_owned(),
            area_code: self.area.clone(),
            agencies: self.agencies.clone(),
            sources: self.sources.iter().map(|source| *source as i32).collect(),
            levels: self.levels.iter().map(|level| *level as i32).collect(),
            categories: self.categories.clone(),
            known_at: end(self.known_at),
            happened_by: end(self.happened_by),
            ..QueryIndicatorsRequest::default()
        })
    }
}
