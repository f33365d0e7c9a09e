//! Reading `practice.toml`.

use std::{collections::BTreeMap, path::Path, sync::LazyLock};

use fengqiao_calendar::Limit;
use fengqiao_county::{AreaLevel, Mistake, Mistakes, line_at};
use fengqiao_proto::notification::v1::ReturnReason;
use serde::Deserialize;
use toml::Spanned;

use super::{
    Agenda, Asked, CoOwnership, Extensions, Major, OnBreach, Practice, Returns, RevisitTask, Terms, Tier,
};
use crate::{
    directory::{Directory, Rank, SeatRule},
    domain::{
        duty::DutyKind,
        level::Level,
        standing::{
            StandingKind,
            series::{Every, Series},
        },
        states::{RawTable, StateTable},
        withholding::{RawWithholding, Withholding},
    },
};

const DEFAULT: &str = include_str!("default.toml");
const MOST_CHASES: usize = 16;
/// Mornings and afternoons of a week.
const MOST_HALF_DAYS: usize = 14;
const MOST_AT_A_SEAT: usize = 50;

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    reopen_days: Option<u16>,
    ageing_days: Option<Vec<u16>>,
    screening_signals: Option<u8>,
    visit_minutes: Option<u16>,
    #[serde(default)]
    series: Vec<Spanned<RawSeries>>,
    #[serde(default)]
    seat: Vec<Spanned<RawSeat>>,
    withheld: Option<Vec<Spanned<RawWithholding>>>,
    names_persons: Option<bool>,
    returns: Option<RawReturns>,
    extensions: Option<RawExtensions>,
    #[serde(default)]
    terms: BTreeMap<String, Spanned<RawTerms>>,
    #[serde(default)]
    owners: Vec<Spanned<RawOwners>>,
    revisit: Option<Vec<Spanned<RawRevisit>>>,
    alerts: Option<BTreeMap<Level, Vec<RawTier>>>,
    major: Option<RawMajor>,
    agenda: Option<RawAgenda>,
    states: Option<Spanned<RawTable>>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct RawReturns {
    at_most: u32,
    within: Limit,
    #[serde(default)]
    evidence_for: Vec<String>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct RawExtensions {
    at_most: u32,
    leader_from: u32,
    longest_days: u16,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct RawTerms {
    any: Option<Limit>,
    red: Option<Limit>,
    orange: Option<Limit>,
    yellow: Option<Limit>,
    blue: Option<Limit>,
    warn_before: Option<Limit>,
    #[serde(default)]
    chase_after: Vec<Limit>,
    #[serde(default)]
    on_breach: OnBreach,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct RawOwners {
    category: Option<String>,
    source: Option<String>,
    area: Option<String>,
    #[serde(default)]
    repeat_only: bool,
    agencies: Vec<String>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct RawRevisit {
    by: Rank,
    whom: Asked,
    after: Limit,
    post: Option<String>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct RawTier {
    name: String,
    agency: Option<String>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct RawMajor {
    recipients: Vec<String>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct RawAgenda {
    level: Level,
    open_days: u16,
    returned: u32,
    weekday: i8,
    hour: i8,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct RawSeries {
    code: String,
    kind: String,
    every: Every,
    areas: Option<AreaLevel>,
    within: Option<String>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct RawSeat {
    agency: String,
    seat: String,
    half_days: usize,
    people: usize,
}

/// The shipped file; a test proves that it reads.
static SHIPPED: LazyLock<Option<File>> = LazyLock::new(|| toml::from_str(DEFAULT).ok());

impl Practice {
    /// What holds where a county has no practice of its own.
    #[must_use]
    pub const fn shipped_text() -> &'static str {
        DEFAULT
    }

    /// Reads the text of a practice. `file` is the name in mistakes.
    ///
    /// # Errors
    /// All mistakes, each with its line.
    pub fn parse(file: &Path, text: &str, directory: &Directory) -> Result<Self, Mistakes> {
        let own: File = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(0, |span| line_at(text, span.start));
            Mistake::new(file, line, e.message())
        })?;
        let shipped =
            SHIPPED.as_ref().ok_or_else(|| Mistake::new(file, 0, "the shipped practice is broken"))?;
        let mut reading = Reading { file, text, directory, mistakes: Vec::new() };
        let practice = reading.practice(own, shipped.clone());
        match practice {
            Some(practice) if reading.mistakes.is_empty() => Ok(practice),
            _ => Err(Mistakes(reading.mistakes)),
        }
    }
}

struct Reading<'a> {
    file: &'a Path,
    text: &'a str,
    directory: &'a Directory,
    mistakes: Vec<Mistake>,
}

impl Reading<'_> {
    fn practice(&mut self, own: File, shipped: File) -> Option<Practice> {
        if own.version.trim().is_empty() {
            self.mistake(1, "a practice needs a version");
        }
        let mut terms = BTreeMap::new();
        for (word, raw) in shipped.terms.into_iter().chain(own.terms) {
            let line = line_at(self.text, raw.span().start);
            match DutyKind::from_word(&word) {
                Some(kind) => {
                    let base = terms.remove(&kind).unwrap_or_else(|| super::terms::NO_TERMS.clone());
                    let read = self.terms(line, raw.into_inner(), base);
                    terms.insert(kind, read);
                }
                None => self.mistake(line, &format!("{word} is not a kind of duty")),
            }
        }
        let owners = own.owners.into_iter().map(|raw| self.owners(raw)).collect();
        let series = self.series(own.series);
        let seats = self.seats(own.seat);
        let alerts = own.alerts.or(shipped.alerts).unwrap_or_default();
        let alerts = alerts.into_iter().map(|(level, tiers)| (level, self.tiers(tiers))).collect();
        let major = Major { recipients: own.major.or(shipped.major)?.recipients };
        for agency in &major.recipients {
            self.agency(0, agency);
        }
        let returns = own.returns.or(shipped.returns)?;
        let evidence_for = returns.evidence_for.iter().filter_map(|word| self.return_reason(word)).collect();
        let extensions = own.extensions.or(shipped.extensions)?;
        let agenda = own.agenda.or(shipped.agenda)?;
        if !(1..=7).contains(&agenda.weekday) || !(0..24).contains(&agenda.hour) {
            self.mistake(0, "agenda.weekday must be 1 to 7, agenda.hour 0 to 23");
        }
        if (agenda.weekday, agenda.hour) == (1, 0) {
            self.mistake(0, "agenda: a meeting at 00:00 on Monday would be late as its week begins");
        }
        let ageing_days = own.ageing_days.or(shipped.ageing_days)?;
        if ageing_days.len() > MOST_CHASES
            || !ageing_days.is_sorted_by(|a, b| a < b)
            || ageing_days.contains(&0)
        {
            self.mistake(0, "ageing_days must be at most 16 numbers that grow");
        }
        ageing(&mut terms, &ageing_days);
        let revisits = match own.revisit {
            Some(own) => {
                own.iter().for_each(|raw| self.revisit(raw));
                own
            }
            // A county need not have the posts that are shipped.
            None => shipped.revisit?,
        };
        let revisits = revisits
            .into_iter()
            .map(Spanned::into_inner)
            .map(|RawRevisit { by, whom, after, post }| RevisitTask { by, whom, after, post })
            .collect();
        let withheld = match own.withheld {
            Some(own) => own.into_iter().filter_map(|raw| self.withheld(raw)).collect(),
            // A county need not have the agencies that are shipped either.
            None => {
                let shipped = shipped.withheld?.into_iter().map(Spanned::into_inner);
                shipped.map(Withholding::check).collect::<Result<_, _>>().ok()?
            }
        };
        let states = own.states.or(shipped.states)?;
        let states_line = line_at(self.text, states.span().start);
        let states = match StateTable::check(states.into_inner()) {
            Ok(states) => Some(states),
            Err(wrong) => {
                wrong.iter().for_each(|reason| self.mistake(states_line, reason));
                None
            }
        };
        Some(Practice {
            version: own.version,
            states: states?,
            terms,
            owners,
            returns: Returns { at_most: returns.at_most, within: returns.within, evidence_for },
            extensions: Extensions {
                at_most: extensions.at_most,
                leader_from: extensions.leader_from,
                longest_days: extensions.longest_days,
            },
            alerts,
            revisits,
            reopen_days: own.reopen_days.or(shipped.reopen_days)?,
            major,
            agenda: Agenda {
                level: agenda.level,
                open_days: agenda.open_days,
                returned: agenda.returned,
                weekday: agenda.weekday,
                hour: agenda.hour,
            },
            ageing_days,
            screening_signals: own.screening_signals.or(shipped.screening_signals)?.max(1),
            visit_minutes: own.visit_minutes.or(shipped.visit_minutes)?,
            series,
            seats,
            withheld,
            names_persons: own.names_persons.or(shipped.names_persons)?,
        })
    }

    fn terms(&mut self, line: u64, raw: RawTerms, base: Terms) -> Terms {
        if raw.chase_after.len() > MOST_CHASES {
            self.mistake(line, "at most 16 chases");
        }
        let chase_after_seconds: Vec<u32> =
            raw.chase_after.iter().map(|limit| self.natural(line, *limit)).collect();
        if !chase_after_seconds.is_sorted_by(|a, b| a < b) {
            self.mistake(line, "chase_after must grow");
        }
        let own = [raw.blue, raw.yellow, raw.orange, raw.red];
        // A county that says `any` means it for all levels that it does not name.
        let by_level = match raw.any {
            Some(_) => own,
            None => std::array::from_fn(|level| own[level].or(base.by_level[level])),
        };
        Terms {
            any: raw.any.unwrap_or(base.any),
            by_level,
            warn_before_seconds: raw.warn_before.map(|limit| self.natural(line, limit)),
            chase_after_seconds,
            on_breach: raw.on_breach,
        }
    }

    fn series(&mut self, raw: Vec<Spanned<RawSeries>>) -> Vec<Series> {
        let mut all: Vec<Series> = Vec::new();
        for raw in raw {
            let line = line_at(self.text, raw.span().start);
            let RawSeries { code, kind, every, areas, within } = raw.into_inner();
            if code.is_empty() || code.len() > 64 || all.iter().any(|known| known.code == code) {
                self.mistake(line, "a series needs a code of its own, of 1 to 64 bytes");
            }
            let kind = DutyKind::from_word(&kind).and_then(StandingKind::of_duty);
            let comes_again = |kind: &StandingKind| {
                matches!(
                    kind,
                    StandingKind::Sweep
                        | StandingKind::ZeroReport
                        | StandingKind::Visit
                        | StandingKind::Meeting
                        | StandingKind::Patrol
                        | StandingKind::Publicity
                )
            };
            let Some(kind) = kind.filter(comes_again) else {
                self.mistake(
                    line,
                    "a series is of the kind sweep, zero_report, patrol, publicity, visit or meeting",
                );
                continue;
            };
            let meets = kind == StandingKind::Meeting;
            if meets && (every != Every::Week || areas.is_some() || within.is_some()) {
                self.mistake(line, "a series of meetings is every week, of the whole county");
            }
            if within.as_deref().is_some_and(|code| fengqiao_county::shortest_code(code).is_none()) {
                self.mistake(line, "within must be the code of an area");
            }
            let areas = if meets { AreaLevel::County } else { areas.unwrap_or(AreaLevel::Grid) };
            all.push(Series { code, kind, every, areas, within });
        }
        all
    }

    fn seats(&mut self, raw: Vec<Spanned<RawSeat>>) -> Vec<SeatRule> {
        let mut seats = Vec::<SeatRule>::with_capacity(raw.len());
        for raw in raw {
            let line = line_at(self.text, raw.span().start);
            let seat = self.seat(raw);
            if seats.iter().any(|other| (&other.agency, &other.seat) == (&seat.agency, &seat.seat)) {
                self.mistake(line, &format!("the seat {} of {} stands twice", seat.seat, seat.agency));
            }
            seats.push(seat);
        }
        seats
    }

    fn seat(&mut self, raw: Spanned<RawSeat>) -> SeatRule {
        let line = line_at(self.text, raw.span().start);
        let RawSeat { agency, seat, half_days, people } = raw.into_inner();
        self.agency(line, &agency);
        if seat.trim().is_empty() {
            self.mistake(line, "a seat has a name");
        }
        if !(1..=MOST_HALF_DAYS).contains(&half_days) || !(1..=MOST_AT_A_SEAT).contains(&people) {
            self.mistake(line, "a seat is filled in 1 to 14 half days of a week, by 1 to 50 people");
        }
        SeatRule { agency, seat, half_days, people }
    }

    fn withheld(&mut self, raw: Spanned<RawWithholding>) -> Option<Withholding> {
        let line = line_at(self.text, raw.span().start);
        let checked = Withholding::check(raw.into_inner())
            .and_then(|rule| rule.check_named(self.directory).map(|()| rule));
        checked.map_err(|reason| self.mistake(line, &reason)).ok()
    }

    fn natural(&mut self, line: u64, limit: Limit) -> u32 {
        match limit {
            Limit::Natural { seconds } => seconds,
            Limit::WorkingDays { .. } => {
                self.mistake(line, "warnings and chases are natural time: 30m, 24h, 7d");
                0
            }
        }
    }

    fn owners(&mut self, raw: Spanned<RawOwners>) -> CoOwnership {
        let line = line_at(self.text, raw.span().start);
        let RawOwners { category, source, area, repeat_only, agencies } = raw.into_inner();
        if agencies.len() < 2 {
            self.mistake(line, "a case is owned together by two agencies or more");
        }
        for agency in &agencies {
            self.agency(line, agency);
        }
        CoOwnership { category, source, area, repeat_only, agencies }
    }

    /// Who is to ask must be one who may.
    fn revisit(&mut self, raw: &Spanned<RawRevisit>) {
        let line = line_at(self.text, raw.span().start);
        let RawRevisit { by, post, .. } = raw.get_ref();
        let Some(code) = post else { return };
        match self.directory.post(code) {
            None => self.mistake(line, &format!("the post {code} is not in the directory")),
            Some(post) if post.rank < *by => {
                self.mistake(line, &format!("the post {code} is not {} or above", by.word()));
            }
            Some(_) => {}
        }
    }

    /// The reason of a word: `not_our_duty`.
    fn return_reason(&mut self, word: &str) -> Option<ReturnReason> {
        let name = format!("RETURN_REASON_{}", word.to_ascii_uppercase());
        let known = ReturnReason::from_str_name(&name).filter(|reason| *reason != ReturnReason::Unspecified);
        if known.is_none() {
            self.mistake(0, &format!("returns.evidence_for: {word} is no reason of a return"));
        }
        known
    }

    fn tiers(&mut self, raw: Vec<RawTier>) -> Vec<Tier> {
        for agency in raw.iter().filter_map(|tier| tier.agency.as_deref()) {
            self.agency(0, agency);
        }
        raw.into_iter().map(|RawTier { name, agency }| Tier { name, agency }).collect()
    }

    fn agency(&mut self, line: u64, code: &str) {
        if self.directory.agency(code).is_none() {
            self.mistake(line, &format!("the agency {code} is not in the directory"));
        }
    }

    fn mistake(&mut self, line: u64, reason: &str) {
        self.mistakes.push(Mistake::new(self.file, line, reason));
    }
}

/// The clock of growing old says each of the days once.
fn ageing(terms: &mut BTreeMap<DutyKind, Terms>, days: &[u16]) {
    const DAY: u32 = 86_400;
    let Some((first, later)) = days.split_first() else {
        terms.remove(&DutyKind::Ageing);
        return;
    };
    terms.insert(
        DutyKind::Ageing,
        Terms {
            any: Limit::Natural { seconds: u32::from(*first) * DAY },
            by_level: [None; 4],
            warn_before_seconds: None,
            chase_after_seconds: later.iter().map(|day| u32::from(day - first) * DAY).collect(),
            on_breach: OnBreach::Nothing,
        },
    );
}
