//! Who sits where, in half days.

use clap::Args;
use fengqiao_proto::routing::v1::{GetRosterRequest, GetRosterResponse};
use jiff::civil::Date;

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::{Ink, Output},
    table::{Cell, Table},
    words,
};

/// Whose roster, and of which week.
#[derive(Debug, Args)]
pub struct RosterOptions {
    /// Only this agency's; `fengqiao agencies` lists the codes.
    #[arg(default_value = "", hide_default_value = true)]
    agency: String,
    /// Any day of the week, as 2026-11-25; today where not given.
    #[arg(long)]
    day: Option<Date>,
}

/// Shows a week's roster, and what is missing.
///
/// # Errors
/// Where the call fails.
pub async fn show(options: RosterOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.work(&Caller::Officer).await?;
    let request = session.request(GetRosterRequest {
        county: session.county(),
        agency: options.agency,
        day: options.day.map(|day| day.to_string()).unwrap_or_default(),
    });
    let answer = client.get_roster(request).await.map_err(CommandError::call("the roster"))?.into_inner();
    if output.json {
        return output.document(&answer);
    }
    output.line(&format!("{}当周", answer.monday))?;
    output.table(&table(&answer), "没有排班")
}

/// Slots and gaps in the order of time.
fn table(answer: &GetRosterResponse) -> Table {
    let slots = answer
        .slots
        .iter()
        .map(|slot| (&slot.date, slot.half(), &slot.agency, &slot.seat, Some(&slot.person)));
    let gaps = answer.gaps.iter().map(|gap| (&gap.date, gap.half(), &gap.agency, &gap.seat, None));
    let mut rows: Vec<_> = slots.chain(gaps).collect();
    rows.sort_by_key(|(date, half, agency, seat, person)| (*agency, *date, *half as i32, *seat, *person));
    let mut table = Table::of_words(["日期", "时段", "单位", "席位", "值班人"]);
    for (date, half, agency, seat, person) in rows {
        table.row(vec![
            date.as_str().into(),
            words::said(words::HALF_DAYS, half).into(),
            agency.as_str().into(),
            seat.as_str().into(),
            person.map_or_else(|| Cell::inked("空缺", Ink::Red), |person| person.as_str().into()),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::routing::v1::{HalfDay, RosterGap, RosterSlot};

    use super::*;
    use crate::output::Paint;

    #[test]
    fn a_gap_stands_where_somebody_would_sit() {
        let slot = |date: &str, half: HalfDay| RosterSlot {
            date: date.into(),
            half: half.into(),
            agency: "centre".into(),
            seat: "窗口".into(),
            person: "officer-zhao".into(),
        };
        let gap = RosterGap {
            date: "2026-11-24".into(),
            half: HalfDay::Am.into(),
            agency: "centre".into(),
            seat: "窗口".into(),
        };
        let slots = vec![slot("2026-11-24", HalfDay::Pm), slot("2026-11-23", HalfDay::Am)];
        let answer = GetRosterResponse { monday: "2026-11-23".into(), slots, gaps: vec![gap] };
        let drawn = table(&answer).draw(Paint::NONE);
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(lines[2], "2026-11-24  上午  centre  窗口  空缺");
        assert!(lines[1].starts_with("2026-11-23") && lines[3].contains("下午"), "{drawn}");
    }
}
