//! The fields of an act: each is read or is a violation that names it as its JSON path.

use fengqiao_proto::types::v1::PartyRole;
use fengqiao_serving::{status::Violation, time::from_proto};
use jiff::{SignedDuration, Timestamp};

use super::{contract::meant, requests};
use crate::{directory::Directory, error::RoutingError};

/// Reasons, results, words in general.
pub(super) const WORDS: usize = 1_000;
/// Comments, terms, what was said in a session.
pub(super) const LONG_WORDS: usize = 4_000;
const NAME: usize = 80;
const REFERENCE: usize = 100;
const LINE: usize = 200;
const MOST_LISTED: usize = 20;

/// The longest that a time may lie ahead: no limit is longer.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 3_650);

/// Reads the fields of one act.
pub(super) struct Fields<'a> {
    /// The act's name in the request.
    act: &'static str,
    directory: &'a Directory,
    wrong: Vec<Violation>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(act: &'static str, directory: &'a Directory) -> Self {
        Self { act, directory, wrong: Vec::new() }
    }

    /// What was read, or all that is wrong.
    pub(super) fn end<T>(self, read: Option<T>) -> Result<T, RoutingError> {
        match read {
            Some(read) if self.wrong.is_empty() => Ok(read),
            _ => Err(RoutingError::Invalid(self.wrong)),
        }
    }

    pub(super) fn wrong(&mut self, field: &str, description: impl Into<String>) {
        self.wrong.push(Violation::new(format!("{}.{field}", self.act), description));
    }

    fn sized(&mut self, field: &str, text: &str, least: usize, most: usize) {
        if let Some(needed) = requests::text_needed(text, least, most) {
            self.wrong(field, needed);
        }
    }

    /// Words that are needed.
    pub(super) fn words(&mut self, text: &str) -> String {
        self.text("words", text, WORDS)
    }

    /// Words that may be left out.
    pub(super) fn maybe_words(&mut self, text: &str, most: usize) -> String {
        self.sized("words", text, 0, most);
        text.to_owned()
    }

    /// A text that is needed.
    pub(super) fn text(&mut self, field: &str, text: &str, most: usize) -> String {
        self.sized(field, text, 1, most);
        text.to_owned()
    }

    /// A text of one line that is needed.
    pub(super) fn line(&mut self, field: &str, text: &str) -> String {
        self.text(field, text, LINE)
    }

    /// The number of another record.
    pub(super) fn reference(&mut self, text: &str) -> String {
        self.text("reference", text, REFERENCE)
    }

    /// A principal's name, or none.
    pub(super) fn person_if(&mut self, text: &str) -> Option<String> {
        self.sized("person", text, 0, NAME);
        (!text.trim().is_empty()).then(|| text.to_owned())
    }

    /// A principal's name.
    pub(super) fn person(&mut self, text: &str) -> String {
        self.text("person", text, NAME)
    }

    /// An agency of the directory.
    pub(super) fn agency(&mut self, field: &str, code: &str) -> String {
        if self.directory.agency(code).is_none() {
            self.wrong(field, "must be an agency of the directory");
        }
        code.to_owned()
    }

    /// An agency of the directory, or none.
    pub(super) fn agency_if(&mut self, field: &str, code: &str) -> Option<String> {
        (!code.is_empty()).then(|| self.agency(field, code))
    }

    /// The agency whose part the caller does: its own; the centre may name another.
    pub(super) fn own_agency(&mut self, code: &str, own: Option<&str>) -> String {
        match own {
            Some(own) => {
                if !code.is_empty() && code != own {
                    self.wrong("agency", "must be the caller's own agency");
                }
                own.to_owned()
            }
            None if code.is_empty() => self.directory.desk().to_owned(),
            None => self.agency("agency", code),
        }
    }

    /// Who was called by a whistle: the caller's own agency where none is named.
    pub(super) fn called(&mut self, code: &str, own: Option<&str>) -> String {
        if code.is_empty() {
            own.unwrap_or(self.directory.desk()).to_owned()
        } else {
            self.callable("code", code)
        }
    }

    /// An agency or a contact of the directory.
    fn callable(&mut self, field: &str, code: &str) -> String {
        if self.directory.agency(code).is_none() && self.directory.contact(code).is_none() {
            self.wrong(field, "must be an agency or a contact of the directory");
        }
        code.to_owned()
    }

    /// Those who are called to a spot.
    pub(super) fn all_called(&mut self, codes: &[String]) -> Vec<String> {
        self.count("called", codes.len(), 1, MOST_LISTED);
        for (index, code) in codes.iter().enumerate().take(MOST_LISTED) {
            self.callable(&format!("called[{index}]"), code);
        }
        codes.to_vec()
    }

    /// Photos, as references.
    pub(super) fn photos(&mut self, photos: &[String]) -> Vec<String> {
        self.listed("photos", photos, 0, LINE)
    }

    /// Those who mediated.
    pub(super) fn mediators(&mut self, mediators: &[String]) -> Vec<String> {
        self.listed("mediators", mediators, 1, NAME)
    }

    /// Short texts in a list.
    fn listed(&mut self, field: &str, texts: &[String], least: usize, longest: usize) -> Vec<String> {
        self.count(field, texts.len(), least, MOST_LISTED);
        for (index, text) in texts.iter().enumerate().take(MOST_LISTED) {
            self.sized(&format!("{field}[{index}]"), text, 1, longest);
        }
        texts.to_vec()
    }

    /// Marks of a case.
    pub(super) fn tags(&mut self, field: &str, tags: &[String]) -> Vec<String> {
        self.count(field, tags.len(), 0, MOST_LISTED);
        for (index, tag) in tags.iter().enumerate().take(MOST_LISTED) {
            let fits = (1..=40).contains(&tag.chars().count())
                && tag.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
            if !fits {
                self.wrong(&format!("{field}[{index}]"), "1 to 40 letters, digits, hyphens or underscores");
            }
        }
        tags.to_vec()
    }

    /// What people are in the case.
    pub(super) fn roles(&mut self, field: &str, roles: &[i32]) -> Vec<i32> {
        self.count(field, roles.len(), 0, MOST_LISTED);
        for (index, role) in roles.iter().enumerate().take(MOST_LISTED) {
            if *role == 0 || PartyRole::try_from(*role).is_err() {
                self.wrong(&format!("{field}[{index}]"), "must be a role of the contract");
            }
        }
        roles.to_vec()
    }

    /// How many there are in a list.
    pub(super) fn count(&mut self, field: &str, count: usize, least: usize, most: usize) {
        if count < least || count > most {
            let needed = if least == 0 { format!("at most {most}") } else { format!("{least} to {most}") };
            self.wrong(field, needed);
        }
    }

    /// A number within bounds.
    pub(super) fn number<T: TryFrom<i32>>(
        &mut self,
        field: &str,
        given: i32,
        from: i32,
        to: i32,
    ) -> Option<T> {
        let read = (from..=to).contains(&given).then(|| T::try_from(given).ok()).flatten();
        if read.is_none() {
            self.wrong(field, format!("{from} to {to}"));
        }
        read
    }

    /// The number of something in the case, from 1.
    pub(super) fn no(&mut self, given: i32) -> Option<u32> {
        let read = u32::try_from(given).ok().filter(|no| *no > 0);
        if read.is_none() {
            self.wrong("no", "counts from 1");
        }
        read
    }

    /// The number of what the act is about; 0 where the last one is meant.
    pub(super) fn no_if(&mut self, given: i32) -> Option<u32> {
        if given == 0 { Some(0) } else { self.no(given) }
    }

    /// A value of the contract that is needed.
    pub(super) fn choice<D: Copy, C: Copy + Into<i32>>(
        &mut self,
        field: &str,
        table: &[(D, C)],
        given: i32,
    ) -> Option<D> {
        let read = meant(table, given);
        if read.is_none() {
            self.wrong(field, if given == 0 { "is needed" } else { "must be a value of the contract" });
        }
        read
    }

    /// A value of the contract, or none.
    pub(super) fn choice_if<D: Copy, C: Copy + Into<i32>>(
        &mut self,
        field: &str,
        table: &[(D, C)],
        given: i32,
    ) -> Option<D> {
        if given == 0 { None } else { self.choice(field, table, given) }
    }

    /// A time that is over, as of now.
    pub(super) fn past(
        &mut self,
        field: &str,
        given: Option<&prost_types::Timestamp>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        self.time(
            field,
            given,
            |at| at <= now && now.duration_since(at) <= LONGEST,
            "must not be in the future",
        )
    }

    /// A time to come, as of now.
    pub(super) fn coming(
        &mut self,
        field: &str,
        given: Option<&prost_types::Timestamp>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let sane = |at: Timestamp| at > now && at.duration_since(now) <= LONGEST;
        self.time(field, given, sane, "must be in the future, within 3650 days")
    }

    fn time(
        &mut self,
        field: &str,
        given: Option<&prost_types::Timestamp>,
        sane: impl FnOnce(Timestamp) -> bool,
        needed: &str,
    ) -> Option<Timestamp> {
        let Some(given) = given else {
            self.wrong(field, "is needed");
            return None;
        };
        let read = from_proto(given).filter(|at| sane(*at));
        if read.is_none() {
            self.wrong(field, needed);
        }
        read
    }
}
