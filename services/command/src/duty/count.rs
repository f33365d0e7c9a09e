//! How much was owed and done, and how long people were out.

use clap::Args;
use fengqiao_proto::routing::v1::{
    CountDutiesRequest, CountDutiesResponse, GetVisitTimeRequest, GetVisitTimeResponse, PlaceKind,
    StandingKind, duty_service_client::DutyServiceClient,
};
use jiff::civil::Date;

use crate::{
    connection::{Connection, Session},
    errors::CommandError,
    moment::{self, Moment},
    output::{Ink, Output},
    table::{Align, Cell, Table},
    words,
};

/// What to count.
#[derive(Debug, Args)]
pub struct CountOptions {
    /// Only this kind.
    #[arg(long, value_parser = words::parser(words::STANDING_KINDS), ignore_case = true)]
    kind: Option<StandingKind>,
    /// Only this series or campaign.
    #[arg(long, default_value = "", hide_default_value = true)]
    group: String,
    /// Only this area and what lies below it.
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    area: String,
    /// Only this kind of place.
    #[arg(long, value_parser = words::parser(words::PLACE_KINDS), ignore_case = true)]
    place: Option<PlaceKind>,
    /// Only due from then on.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    from: Option<Moment>,
    /// Only due until then; a day is counted whole.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    to: Option<Moment>,
}

/// Whose time, and when.
#[derive(Debug, Args)]
pub struct TimeOptions {
    /// The visitor: a principal's name.
    visitor: String,
    /// The first day, as 2026-11-23.
    from: Date,
    /// The last day; at most 92 days later.
    to: Date,
}

/// Counts duties.
///
/// # Errors
/// Where the call fails.
pub async fn count(
    options: CountOptions,
    mut client: DutyServiceClient<Connection>,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let request = session.request(CountDutiesRequest {
        county: session.county(),
        kind: options.kind.unwrap_or_default().into(),
        group: options.group,
        area_code: options.area,
        place: options.place.unwrap_or_default().into(),
        due_from: options.from.and_then(|from| from.begin(&output.zone)).map(moment::to_proto),
        due_before: options.to.and_then(|to| to.end(&output.zone)).map(moment::to_proto),
    });
    let answer = client.count_duties(request).await.map_err(CommandError::call("the duties"))?.into_inner();
    if output.json { output.document(&answer) } else { output.text(&counts(&answer, output)) }
}

fn counts(answer: &CountDutiesResponse, output: &Output) -> String {
    let words = ["事项", "场所"].map(|name| (name, Align::Left));
    let numbers = ["应完成", "已完成", "完成率", "逾期", "隐患"].map(|name| (name, Align::Right));
    let mut table = Table::new(words.into_iter().chain(numbers));
    for one in &answer.counts {
        table.row(vec![
            words::said(words::STANDING_KINDS, one.kind()).into(),
            words::said(words::PLACE_KINDS, one.place()).into(),
            one.owed.to_string().into(),
            one.met.to_string().into(),
            share(one.met, one.owed).into(),
            one.late.to_string().into(),
            one.hazards.to_string().into(),
        ]);
    }
    let CountDutiesResponse { owed, met, late, counts } = answer;
    let hazards: i64 = counts.iter().map(|one| one.hazards).sum();
    table.row(vec![
        Cell::inked("合计", Ink::Bold),
        Cell::default(),
        owed.to_string().into(),
        met.to_string().into(),
        share(*met, *owed).into(),
        late.to_string().into(),
        hazards.to_string().into(),
    ]);
    table.draw(output.paint)
}

/// A share of a whole, to the tenth of a percent; a stroke where there is no whole.
fn share(part: i64, whole: i64) -> String {
    if whole == 0 { "—".to_owned() } else { format!("{:.1}%", part as f64 * 100.0 / whole as f64) }
}

/// Says how long someone was out.
///
/// # Errors
/// Where the call fails.
pub async fn time(
    options: TimeOptions,
    mut client: DutyServiceClient<Connection>,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let failed = CommandError::call(format!("the time of {}", options.visitor));
    let request = session.request(GetVisitTimeRequest {
        county: session.county(),
        visitor: options.visitor,
        from: options.from.to_string(),
        to: options.to.to_string(),
    });
    let answer = client.get_visit_time(request).await.map_err(failed)?.into_inner();
    if output.json { output.document(&answer) } else { output.text(&days(&answer, output)) }
}

fn days(answer: &GetVisitTimeResponse, output: &Output) -> String {
    let mut table = Table::new([("日期", Align::Left), ("分钟", Align::Right), ("达标", Align::Left)]);
    for day in &answer.days {
        let (enough, ink) = if day.enough { ("是", Ink::Green) } else { ("否", Ink::Red) };
        table.row(vec![day.day.as_str().into(), day.minutes.to_string().into(), Cell::inked(enough, ink)]);
    }
    format!("{}每日应入户{}分钟\n", table.draw(output.paint), answer.wanted_minutes)
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::routing::v1::{DutyCount, VisitDay};

    use super::*;
    use crate::output::Paint;

    fn plain() -> Output {
        Output { json: false, paint: Paint::NONE, zone: jiff::tz::TimeZone::UTC }
    }

    #[test]
    fn counts_end_with_their_sum() {
        let school = DutyCount {
            kind: StandingKind::Visit.into(),
            place: PlaceKind::School.into(),
            owed: 8,
            met: 6,
            late: 1,
            hazards: 2,
        };
        let answer = CountDutiesResponse { counts: vec![school], owed: 8, met: 6, late: 1 };
        let drawn = counts(&answer, &plain());
        assert_eq!(drawn.lines().nth(1).unwrap(), "走访  学校       8       6   75.0%     1     2");
        assert!(drawn.lines().last().unwrap().starts_with("合计"), "{drawn}");
        assert!(counts(&CountDutiesResponse::default(), &plain()).contains('—'));
    }

    #[test]
    fn a_day_says_whether_it_was_enough() {
        let day = VisitDay { day: "2026-11-25".into(), minutes: 230, enough: false };
        let answer = GetVisitTimeResponse { days: vec![day], wanted_minutes: 240 };
        let drawn = days(&answer, &plain());
        assert!(drawn.contains("2026-11-25   230  否\n") && drawn.contains("240"), "{drawn}");
    }
}
