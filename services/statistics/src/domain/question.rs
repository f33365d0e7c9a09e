//! A question, checked: a closed grammar, so that nothing of a caller's text ever becomes SQL.

mod window;

use std::sync::Arc;

use fengqiao_proto::{
    statistics::v1::{Comparison, Dimension, QueryIndicatorsRequest},
    types::v1::{Level, Source},
};
use jiff::Timestamp;

pub use self::window::Window;
use self::window::{instant, time_zone, window};
use super::{
    area,
    definition::{Catalogue, Definition},
};

/// Most indicators in one question.
pub const MOST_INDICATORS: usize = 20;
/// Most dimensions in one question.
pub const MOST_DIMENSIONS: usize = 4;
/// Most values in one filter.
pub const MOST_FILTER_VALUES: usize = 500;
/// Most groups that can be asked for as the top ones.
pub const MOST_TOP: i32 = 1_000;
/// The largest page, in rows.
pub const LARGEST_PAGE: i32 = 10_000;

/// One wrong field of a question.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The field's path in its JSON name.
    pub field: String,
    /// What would be right.
    pub description: String,
}

/// A question that can be counted.
#[derive(Debug, Clone)]
pub struct Question {
    /// What to count.
    pub indicators: Vec<Arc<Definition>>,
    /// By what to group.
    pub group_by: Vec<Dimension>,
    /// To how many digits areas are cut; 0 leaves them as reported.
    pub area_digits: i32,
    /// Which times.
    pub window: Window,
    /// The IANA name of the time zone of days, weeks and months.
    pub time_zone: String,
    /// Only areas whose code starts so.
    pub area_prefix: String,
    /// Only these agencies; all where empty.
    pub agencies: Vec<String>,
    /// Only these sources; all where empty.
    pub sources: Vec<i16>,
    /// Only these levels; all where empty.
    pub levels: Vec<i16>,
    /// Only these categories; all where empty.
    pub categories: Vec<String>,
    /// With what was known by then; with all that is known where not given.
    pub known_at: Option<Timestamp>,
    /// What happened later is left out; nothing is where not given.
    pub happened_by: Option<Timestamp>,
    /// With which other window to compare.
    pub comparison: Comparison,
    /// Whether Spring Festivals fall on each other.
    pub spring_festival: bool,
    /// So many groups only, and the rest; all where 0.
    pub top: usize,
    /// With a row for the total.
    pub total: bool,
    /// Rows on a page; all in one answer where 0.
    pub page_size: usize,
}

impl Question {
    /// The same without groups: one total.
    pub fn total(&self) -> Self {
        Self { group_by: Vec::new(), ..self.clone() }
    }

    /// Up to when its answer knows, where all is known up to `known`: no later than asked for.
    pub fn knows(&self, known: Option<Timestamp>) -> Option<Timestamp> {
        known.map(|known| self.known_at.map_or(known, |asked| asked.min(known)))
    }
}

/// Whether a dimension is one of time.
pub fn is_of_time(dimension: Dimension) -> bool {
    use Dimension as D;
    matches!(dimension, D::Day | D::Week | D::Month | D::Quarter | D::Year)
}

/// What the county's directory knows of the words in a question.
pub trait Directory {
    /// Whether there is an area with that code.
    fn has_area(&self, code: &str) -> bool;
    /// Whether there is a canonical category with that code.
    fn has_category(&self, code: &str) -> bool;
}

/// Checks a question.
///
/// # Errors
/// Everything that is wrong with it, field by field.
pub fn check(
    asked: &QueryIndicatorsRequest,
    catalogue: &Catalogue,
    directory: &dyn Directory,
) -> Result<Question, Vec<Mistake>> {
    let mut wrong = Mistakes(Vec::new());
    let mut indicators = indicators(asked, catalogue, &mut wrong);
    let group_by = dimensions(asked, &mut wrong);
    let by_time = group_by.iter().any(|dimension| is_of_time(*dimension));
    if by_time && asked.indicators.is_empty() {
        indicators.retain(|definition| definition.time.is_some());
    }
    if let Some(index) = indicators.iter().position(|one| by_time && one.time.is_none()) {
        wrong.add(
            &format!("indicators[{index}]"),
            "without DAY, WEEK, MONTH, QUARTER and YEAR: it looks at the whole window",
        );
    }
    moment_of(asked, by_time, &mut wrong);
    let point = |field: &str, given: Option<&prost_types::Timestamp>, wrong: &mut Mistakes| {
        given.and_then(|given| instant(field, Some(given), wrong))
    };
    let known_at = point("knownAt", asked.known_at.as_ref(), &mut wrong);
    let happened_by = point("happenedBy", asked.happened_by.as_ref(), &mut wrong);
    if fengqiao_proto::statistics::v1::AreaLevel::try_from(asked.area_level).is_err() {
        wrong.add("areaLevel", "COUNTY, TOWN, COMMUNITY or GRID");
    }
    let window = window(asked, &mut wrong);
    let time_zone = time_zone(&asked.time_zone, &mut wrong);
    let area_prefix = area::significant(&asked.area_code);
    if !asked.area_code.is_empty() && !directory.has_area(&asked.area_code) {
        wrong.add("areaCode", "an area of the county: 6, 9, 12 or 15 digits");
    }
    bounded("agencies", asked.agencies.len(), &mut wrong);
    bounded("categories", asked.categories.len(), &mut wrong);
    for (index, agency) in asked.agencies.iter().enumerate() {
        if agency.is_empty() || agency.len() > 64 || agency.contains('\0') {
            wrong.add(&format!("agencies[{index}]"), "an agency's code, 1 to 64 characters");
        }
    }
    for (index, category) in asked.categories.iter().enumerate().take(MOST_FILTER_VALUES) {
        if !directory.has_category(category) {
            wrong.add(&format!("categories[{index}]"), "a canonical category of the county");
        }
    }
    let sources = numbers("sources", "a source", &asked.sources, &mut wrong, |n| Source::try_from(n).is_ok());
    let levels = numbers("levels", "a level", &asked.levels, &mut wrong, |n| Level::try_from(n).is_ok());
    match window {
        Some(window) if wrong.0.is_empty() => Ok(Question {
            indicators,
            group_by,
            area_digits: area::digits(asked.area_level()),
            window,
            time_zone,
            area_prefix: area_prefix.to_owned(),
            agencies: asked.agencies.clone(),
            sources,
            levels,
            categories: asked.categories.clone(),
            known_at,
            happened_by,
            comparison: asked.comparison(),
            spring_festival: asked.spring_festival,
            top: usize::try_from(asked.top).unwrap_or_default(),
            total: asked.total,
            page_size: usize::try_from(asked.page_size.min(LARGEST_PAGE)).unwrap_or_default(),
        }),
        _ => Err(wrong.0),
    }
}

struct Mistakes(Vec<Mistake>);

impl Mistakes {
    fn add(&mut self, field: &str, description: &str) {
        self.0.push(Mistake { field: field.to_owned(), description: description.to_owned() });
    }
}

fn bounded(field: &str, length: usize, wrong: &mut Mistakes) {
    if length > MOST_FILTER_VALUES {
        wrong.add(field, &format!("at most {MOST_FILTER_VALUES}"));
    }
}

/// What does not go together.
fn moment_of(asked: &QueryIndicatorsRequest, by_time: bool, wrong: &mut Mistakes) {
    match Comparison::try_from(asked.comparison) {
        Err(_) => wrong.add("comparison", "YOY, MOM or PREVIOUS"),
        Ok(Comparison::Unspecified) => {}
        Ok(_) if by_time => wrong.add("comparison", "not together with DAY, WEEK, MONTH, QUARTER or YEAR"),
        Ok(_) => {}
    }
    if asked.spring_festival && asked.comparison() != Comparison::Yoy {
        wrong.add("springFestival", "only with YOY");
    }
    if !(0..=MOST_TOP).contains(&asked.top) {
        wrong.add("top", &format!("0 to {MOST_TOP}"));
    }
    if asked.page_size < 0 || (asked.page_size > 0 && asked.top > 0) {
        wrong.add("pageSize", "from 0, and not together with top");
    }
}

fn indicators(
    asked: &QueryIndicatorsRequest,
    catalogue: &Catalogue,
    wrong: &mut Mistakes,
) -> Vec<Arc<Definition>> {
    if asked.indicators.is_empty() {
        return catalogue.newest().cloned().collect();
    }
    if asked.indicators.len() > MOST_INDICATORS {
        wrong.add("indicators", &format!("at most {MOST_INDICATORS}"));
        return Vec::new();
    }
    let mut found: Vec<Arc<Definition>> = Vec::new();
    for (index, name) in asked.indicators.iter().enumerate() {
        match catalogue.find(name) {
            Some(definition) if found.contains(definition) => {
                wrong.add(&format!("indicators[{index}]"), "each once");
            }
            Some(definition) => found.push(Arc::clone(definition)),
            None => {
                let known: Vec<_> = catalogue.newest().map(|one| one.id.as_str()).collect();
                wrong.add(&format!("indicators[{index}]"), &format!("one of {}", known.join(", ")));
            }
        }
    }
    found
}

fn dimensions(asked: &QueryIndicatorsRequest, wrong: &mut Mistakes) -> Vec<Dimension> {
    if asked.group_by.len() > MOST_DIMENSIONS {
        wrong.add("groupBy", &format!("at most {MOST_DIMENSIONS}"));
        return Vec::new();
    }
    let mut found = Vec::new();
    for (index, number) in asked.group_by.iter().enumerate() {
        let field = format!("groupBy[{index}]");
        match Dimension::try_from(*number) {
            Ok(Dimension::Unspecified) | Err(_) => {
                wrong.add(&field, "AREA, AGENCY, SOURCE, LEVEL, CATEGORY, DAY, WEEK, MONTH, QUARTER, YEAR, KIND, SETTLED_AT or METHOD");
            }
            Ok(dimension) if found.contains(&dimension) => wrong.add(&field, "each once"),
            Ok(dimension) => found.push(dimension),
        }
    }
    found
}

fn numbers(
    field: &str,
    what: &str,
    asked: &[i32],
    wrong: &mut Mistakes,
    known: impl Fn(i32) -> bool,
) -> Vec<i16> {
    bounded(field, asked.len(), wrong);
    let mut found = Vec::new();
    for (index, number) in asked.iter().enumerate().take(MOST_FILTER_VALUES) {
        match i16::try_from(*number) {
            Ok(small) if small != 0 && known(*number) => found.push(small),
            _ => wrong.add(&format!("{field}[{index}]"), &format!("{what} of the contract")),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Macheng;
    impl Directory for Macheng {
        fn has_area(&self, code: &str) -> bool {
            ["421181", "421181105", "421181105000", "421181105201"].contains(&code)
        }
        fn has_category(&self, code: &str) -> bool {
            code == "neighbourhood"
        }
    }

    fn day() -> QueryIndicatorsRequest {
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        QueryIndicatorsRequest { from: at(1_795_449_600), before: at(1_795_536_000), ..Default::default() }
    }

    fn fields(asked: &QueryIndicatorsRequest) -> Vec<String> {
        check(asked, &Catalogue::defaults().unwrap(), &Macheng)
            .unwrap_err()
            .into_iter()
            .map(|m| m.field)
            .collect()
    }

    #[test]
    fn empty_means_all_indicators_in_shanghai() {
        let question = check(&day(), &Catalogue::defaults().unwrap(), &Macheng).unwrap();
        assert_eq!(question.indicators.len(), Catalogue::defaults().unwrap().newest().count());
        assert_eq!(question.time_zone, "Asia/Shanghai");
    }

    #[test]
    fn an_answer_knows_no_more_than_was_asked_for() {
        let moment = |second| Timestamp::from_second(second).unwrap();
        let mut question = check(&day(), &Catalogue::defaults().unwrap(), &Macheng).unwrap();
        assert_eq!(question.knows(Some(moment(20))), Some(moment(20)));
        question.known_at = Some(moment(10));
        assert_eq!(question.knows(Some(moment(20))), Some(moment(10)), "what a day knew is as of that day");
        assert_eq!(question.knows(Some(moment(5))), Some(moment(5)), "no more than there is");
        assert_eq!(question.knows(None), None);
    }

    #[test]
    fn a_good_question_keeps_what_was_asked() {
        let question = check(
            &QueryIndicatorsRequest {
                indicators: vec!["sign_rate".into(), "pushes".into()],
                group_by: vec![Dimension::Area as i32, Dimension::Week as i32],
                area_level: 2,
                area_code: "421181105000".into(),
                time_zone: "utc".into(),
                sources: vec![Source::Grid as i32],
                levels: vec![Level::Red as i32, Level::Orange as i32],
                categories: vec!["neighbourhood".into()],
                agencies: vec!["police".into()],
                ..day()
            },
            &Catalogue::defaults().unwrap(),
            &Macheng,
        )
        .unwrap();
        assert_eq!((question.area_digits, question.area_prefix.as_str()), (9, "421181105"));
        assert_eq!(question.group_by, [Dimension::Area, Dimension::Week]);
        assert_eq!((question.sources, question.levels), (vec![3], vec![4, 3]));
        assert_eq!(question.time_zone, "UTC");
    }

    #[test]
    fn every_wrong_field_is_named() {
        let asked = QueryIndicatorsRequest {
            indicators: vec!["reports".into(), "reports".into(), "divorces; drop".into()],
            group_by: vec![0, 1, 1, 77],
            area_level: 9,
            time_zone: "Asia/Macheng'--".into(),
            area_code: "999999".into(),
            agencies: vec![String::new()],
            sources: vec![0, 99],
            levels: vec![5],
            categories: vec!["x".into()],
            from: None,
            ..day()
        };
        assert_eq!(
            fields(&asked),
            [
                "indicators[1]",
                "indicators[2]",
                "groupBy[0]",
                "groupBy[2]",
                "groupBy[3]",
                "areaLevel",
                "from",
                "timeZone",
                "areaCode",
                "agencies[0]",
                "categories[0]",
                "sources[0]",
                "sources[1]",
                "levels[0]",
            ]
        );
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let by_day = QueryIndicatorsRequest {
            indicators: vec!["resolved_flow_rate".into()],
            group_by: vec![Dimension::Day.into()],
            comparison: Comparison::Mom.into(),
            spring_festival: true,
            top: 5,
            page_size: 7,
            known_at: Some(prost_types::Timestamp::default()),
            ..day()
        };
        let expected = ["indicators[0]", "comparison", "springFestival", "pageSize", "knownAt"];
        assert_eq!(fields(&by_day), expected);
        let all = QueryIndicatorsRequest { group_by: vec![Dimension::Day.into()], ..day() };
        let all = check(&all, &Catalogue::defaults().unwrap(), &Macheng).unwrap();
        assert!(
            all.indicators.iter().all(|one| one.time.is_some()),
            "what looks at the whole window is left out"
        );
    }

    #[test]
    fn windows_are_bounded() {
        let backwards = QueryIndicatorsRequest { before: day().from, from: day().before, ..day() };
        assert_eq!(fields(&backwards), ["before"]);
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let long = QueryIndicatorsRequest { from: at(1_395_449_600), ..day() };
        assert_eq!(fields(&long), ["from"]);
        let odd = QueryIndicatorsRequest { from: at(i64::MIN), before: at(i64::MAX), ..day() };
        assert_eq!(fields(&odd), ["from", "before"]);
    }

    #[test]
    fn lists_are_bounded() {
        let asked = QueryIndicatorsRequest {
            indicators: vec!["reports".into(); 21],
            group_by: vec![1, 2, 3, 4, 5],
            agencies: vec!["a".into(); 501],
            sources: vec![1; 501],
            ..day()
        };
        assert_eq!(fields(&asked), ["indicators", "groupBy", "agencies", "sources"]);
    }
}
