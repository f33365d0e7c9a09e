//! `roster.csv`: date, half, agency, seat, person. Who sits where, in half days (S2-01).

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::{
    ToSpan as _,
    civil::{Date, DateTime, Time, time},
};
use serde::Deserialize;

use super::{
    Agencies, Directory,
    fields::check_name,
    files::{Inspection, ROSTER_FILE},
    people::{DAY_BEGINS, People},
};

const NOON: Time = time(12, 0, 0, 0);
const EVENING: Time = time(18, 0, 0, 0);

/// A part of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Half {
    /// Until 12:00.
    Am,
    /// Until 18:00.
    Pm,
    /// The rest.
    Night,
}

/// The half of its day in which a local time lies.
#[must_use]
pub fn half_of(at: DateTime) -> Half {
    match at.time() {
        early if early < NOON => Half::Am,
        early if early < EVENING => Half::Pm,
        _ => Half::Night,
    }
}

/// The Monday of a day's week.
#[must_use]
pub fn monday_of(day: Date) -> Date {
    day.saturating_sub(i64::from(day.weekday().to_monday_zero_offset()).days())
}

/// Somebody sits somewhere for half a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterSlot {
    /// The day.
    pub date: Date,
    /// Its half.
    pub half: Half,
    /// The agency whose roster it is.
    pub agency: String,
    /// The seat there; several people may share one.
    pub seat: String,
    /// The principal's name.
    pub person: String,
}

/// How a seat has to be filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatRule {
    /// The agency whose roster it is.
    pub agency: String,
    /// The seat.
    pub seat: String,
    /// In how many half days of a week.
    pub half_days: usize,
    /// By how many people at a time.
    pub people: usize,
}

/// The duty rosters, by agency.
#[derive(Debug, Default)]
pub(super) struct Rosters(HashMap<String, BTreeMap<(Date, Half), Vec<RosterSlot>>>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RosterRow {
    date: Date,
    half: Half,
    agency: String,
    seat: String,
    person: String,
}

impl Rosters {
    /// Reads the file and checks each row against the agencies, the people and the others.
    pub(super) fn read(inspection: &mut Inspection<'_>, agencies: &Agencies, people: &People) -> Self {
        let mut rosters = Self::default();
        let mut busy = HashSet::new();
        inspection.each(ROSTER_FILE, |_, row: RosterRow| {
            let RosterRow { date, half, agency, seat, person } = row;
            agencies.check(&agency)?;
            people.check(&person)?;
            check_name(&seat, "a seat")?;
            if !busy.insert((date, half, person.clone())) {
                return Err(format!("{person} is on duty in that half day already"));
            }
            let slots = rosters.0.entry(agency.clone()).or_default().entry((date, half)).or_default();
            slots.push(RosterSlot { date, half, agency, seat, person });
            Ok(())
        });
        rosters
    }
}

impl Directory {
    /// Who is on duty at an agency in a half day, in the file's order.
    #[must_use]
    pub fn on_duty(&self, agency: &str, date: Date, half: Half) -> Vec<&RosterSlot> {
        let slots = self.rosters.0.get(agency).and_then(|roster| roster.get(&(date, half)));
        slots.into_iter().flatten().collect()
    }

    /// Who is on duty at an agency at a local time. Before the day begins that is the night's duty of the
    /// day before; where it has none, the morning's (S1-06).
    #[must_use]
    pub fn on_duty_at(&self, agency: &str, at: DateTime) -> Vec<&RosterSlot> {
        if at.time() < DAY_BEGINS
            && let Ok(yesterday) = at.date().yesterday()
        {
            let night = self.on_duty(agency, yesterday, Half::Night);
            if !night.is_empty() {
                return night;
            }
        }
        self.on_duty(agency, at.date(), half_of(at))
    }

    /// Where a person is on duty at a local time, where the roster has it anywhere.
    #[must_use]
    pub fn seat_of(&self, person: &str, at: DateTime) -> Option<&RosterSlot> {
        // The agencies in order, so that it is the same seat each time; nobody is rostered twice in a half day, but
        // the night's duty may still hold where the morning's begins elsewhere.
        let mut agencies: Vec<&String> = self.rosters.0.keys().collect();
        agencies.sort_unstable();
        agencies.into_iter().flat_map(|agency| self.on_duty_at(agency, at)).find(|slot| slot.person == person)
    }

    /// Who sits where in the seven days from a day on, at one agency or at all, by agency, day and half.
    #[must_use]
    pub fn roster_of_week(&self, monday: Date, agency: Option<&str>) -> Vec<&RosterSlot> {
        let sunday = monday.saturating_add(6.days());
        let rosters = self.rosters.0.iter().filter(|(code, _)| agency.is_none_or(|wanted| wanted == *code));
        let mut slots: Vec<&RosterSlot> = rosters
            .flat_map(|(_, roster)| roster.range((monday, Half::Am)..=(sunday, Half::Night)))
            .flat_map(|(_, slots)| slots)
            .collect();
        slots.sort_by_key(|slot| (&slot.agency, slot.date, slot.half));
        slots
    }

    /// The half days that are missing where a seat is filled in fewer half days of a week than its rule
    /// wants: as many as are missing, those first where somebody sits but not enough, then the earliest of
    /// the working days; none is a full week (S2-01). A week with fewer working half days than the rule
    /// wants owes no more than it has. `week` is any of its days, Monday to Sunday.
    #[must_use]
    pub fn roster_gaps(
        &self,
        rule: &SeatRule,
        week: Date,
        is_working_day: impl Fn(Date) -> bool,
    ) -> Vec<(Date, Half)> {
        let monday = monday_of(week);
        let days: Vec<Date> = (0..7).map(|day: i64| monday.saturating_add(day.days())).collect();
        let sitting = |date, half| {
            self.on_duty(&rule.agency, date, half).iter().filter(|slot| slot.seat == rule.seat).count()
        };
        let halves = |day: &Date| [(*day, Half::Am), (*day, Half::Pm), (*day, Half::Night)];
        let filled = days
            .iter()
            .flat_map(halves)
            .filter(|(date, half)| sitting(*date, *half) >= rule.people.max(1))
            .count();
        let working = days.iter().filter(|day| is_working_day(**day)).flat_map(halves);
        let working: Vec<_> = working.filter(|(_, half)| *half != Half::Night).collect();
        let missing = rule.half_days.min(working.len()).saturating_sub(filled);
        let mut open: Vec<_> = working
            .into_iter()
            .map(|(date, half)| (sitting(date, half), date, half))
            .filter(|(sitting, ..)| *sitting < rule.people.max(1))
            .collect();
        open.sort_by_key(|(sitting, date, half)| (*sitting == 0, *date, *half));
        let mut gaps: Vec<_> = open.into_iter().take(missing).map(|(_, date, half)| (date, half)).collect();
        gaps.sort_unstable();
        gaps
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, date};

    use super::{
        super::fixture::{PEOPLE, POSTS, mistakes, with},
        *,
    };

    fn rostered(rows: &str) -> Directory {
        let roster = format!("date,half,agency,seat,person\n{rows}");
        with(&[("posts.csv", POSTS), ("people.csv", PEOPLE), ("roster.csv", &roster)]).unwrap()
    }

    fn names(slots: Vec<&RosterSlot>) -> Vec<&str> {
        slots.into_iter().map(|slot| slot.person.as_str()).collect()
    }

    fn weekdays(day: Date) -> bool {
        !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
    }

    #[test]
    fn a_day_has_its_halves() {
        let day = date(2026, 11, 24);
        for (hour, minute, half) in [
            (0, 0, Half::Am),
            (11, 59, Half::Am),
            (12, 0, Half::Pm),
            (17, 59, Half::Pm),
            (18, 0, Half::Night),
            (23, 59, Half::Night),
        ] {
            assert_eq!(half_of(day.at(hour, minute, 0, 0)), half);
        }
    }

    #[test]
    fn s1_06_a_call_at_two_in_the_night_is_the_night_dutys() {
        let directory = rostered(
            "2026-11-23,night,police,值班,li\n2026-11-24,am,police,值班,wang\n2026-11-25,am,police,值班,li\n",
        );
        let at = |day, hour| names(directory.on_duty_at("police", date(2026, 11, day).at(hour, 0, 0, 0)));
        assert_eq!(at(24, 2), ["li"]);
        assert_eq!(at(24, 8), ["wang"]);
        assert_eq!(at(25, 2), ["li"], "no night duty the day before");
        assert!(at(25, 20).is_empty());
        assert!(directory.on_duty("court", date(2026, 11, 24), Half::Am).is_empty());
    }

    #[test]
    fn s2_01_a_gap_in_the_roster_shows() {
        let rule =
            SeatRule { agency: "centre".into(), seat: "驻中心窗口".into(), half_days: 4, people: 2 };
        let both = |day: u8, half: &str| {
            format!(
                "2026-11-{day},{half},centre,驻中心窗口,li\n2026-11-{day},{half},centre,驻中心窗口,wang\n"
            )
        };
        let full: String =
            [(23, "am"), (24, "pm"), (26, "am"), (27, "night")].map(|(d, h)| both(d, h)).concat();
        let week = date(2026, 11, 25);
        assert!(rostered(&full).roster_gaps(&rule, week, weekdays).is_empty());
        assert_eq!(rostered(&full).roster_gaps(&rule, date(2026, 12, 1), weekdays).len(), 4, "the next week");
        let one_short = format!("{}{}", both(23, "am"), "2026-11-26,pm,centre,驻中心窗口,li\n");
        assert_eq!(
            rostered(&one_short).roster_gaps(&rule, date(2026, 11, 29), weekdays),
            [(date(2026, 11, 23), Half::Pm), (date(2026, 11, 24), Half::Am), (date(2026, 11, 26), Half::Pm)],
            "half filled first, then the earliest"
        );
        assert!(rostered("").roster_gaps(&rule, week, |_| false).is_empty(), "a week of holidays");
        let one_day = rostered("").roster_gaps(&rule, week, |day| day == date(2026, 11, 28));
        assert_eq!(one_day, [(date(2026, 11, 28), Half::Am), (date(2026, 11, 28), Half::Pm)]);
        let other_seat = both(23, "am").replace("驻中心窗口", "前台");
        assert_eq!(rostered(&other_seat).roster_gaps(&rule, week, weekdays).len(), 4);
    }

    #[test]
    fn mistakes_of_rosters_are_named() {
        let found = mistakes(&[
            ("posts.csv", POSTS),
            ("people.csv", PEOPLE),
            (
                "roster.csv",
                "date,half,agency,seat,person\n\
                 2026-11-23,am,police,值班,li\n\
                 2026-11-23,am,centre,窗口,li\n\
                 2026-11-23,noon,centre,窗口,li\n\
                 2026-11-24,am,nobody,窗口,li\n\
                 2026-11-24,am,police,窗口,nobody\n\
                 2026-11-24,am,police,,li\n",
            ),
        ]);
        let said = [
            "roster.csv:3: li is on duty in that half day already",
            "roster.csv:4: unknown variant `noon`",
            "roster.csv:5: the agency nobody",
            "roster.csv:6: the person nobody",
            "roster.csv:7: a seat needs a name",
        ];
        assert_eq!(found.len(), said.len(), "{found:#?}");
        for (found, said) in found.iter().zip(said) {
            assert!(found.starts_with(said), "{said}: {found}");
        }
    }
}
