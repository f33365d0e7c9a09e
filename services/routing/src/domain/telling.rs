//! Which persons are told what of a case besides its agencies' forms: who has to come or is late, and who reported.
//! By which channel and in which words is notification's to say.

use jiff::{Timestamp, civil::DateTime};

use super::{
    draft::Draft,
    duty::{Duty, Firing, Holder},
    level::Level,
};
use crate::directory::{Directory, Post};

/// Of what a person is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TellingKind {
    /// It is this person's turn to answer a one-key call.
    Called,
    /// What is owed is due soon.
    DueSoon,
    /// It is late.
    Overdue,
    /// It is late still.
    Chased,
    /// Someone below is late.
    Reported,
    /// A contact is called to a spot.
    Whistled,
    /// What was told is taken in.
    Received,
    /// It is settled, and people will be asked.
    Settled,
    /// The case is closed.
    Closed,
    /// A tier is alerted.
    Alerted,
}

impl TellingKind {
    /// The number by which the contract knows it.
    #[must_use]
    pub const fn code(self) -> i32 {
        self as i32 + 1
    }
}

impl From<Firing> for TellingKind {
    fn from(firing: Firing) -> Self {
        match firing {
            Firing::Near => Self::DueSoon,
            Firing::Over => Self::Overdue,
            Firing::Chase(_) => Self::Chased,
        }
    }
}

/// Whom one tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Someone of the directory, by the principal's name.
    Officer(String),
    /// A contact of the directory, by its code.
    Contact(String),
    /// Whoever reported: only the matter says who that is.
    Residents,
}

/// Something that a person has to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// Of what.
    pub kind: TellingKind,
    /// Whom.
    pub whom: Told,
    /// How urgent it is.
    pub level: Level,
    /// Since when it is to be told.
    pub at: Timestamp,
    /// By when what is owed is due.
    pub due_at: Option<Timestamp>,
    /// The agency that owes, or that leads.
    pub agency: String,
    /// What is owed, without personal data; empty of residents.
    pub what: String,
}

/// The persons behind a holder at a local time: a contact itself; of a duty that was handed to a person this one; of a
/// post all that hold it; of an agency who answers for it. Empty where the directory names nobody.
#[must_use]
pub fn persons_of(directory: &Directory, holder: &Holder, at: DateTime) -> Vec<Told> {
    if directory.contact(&holder.agency).is_some() {
        return vec![Told::Contact(holder.agency.clone())];
    }
    let officer = |person: &str| Told::Officer(person.to_owned());
    match (&holder.person, &holder.post) {
        (Some(person), _) => vec![officer(person)],
        (None, Some(post)) => directory.holder_of(post, at.date()).into_iter().map(officer).collect(),
        (None, None) => directory.answers_at(&holder.agency, at).into_iter().map(officer).collect(),
    }
}

/// Who is told that someone is late, besides who is: the holders of the post above.
#[must_use]
pub fn persons_above(directory: &Directory, above: &Post, at: DateTime) -> Vec<Told> {
    persons_of(directory, &Holder::post(&above.agency, &above.code), at)
}

impl Draft<'_> {
    /// The holder of a duty hears what its clock says.
    pub(super) fn tell_holder(&mut self, duty: &Duty, firing: Firing) {
        let what = duty.kind.name();
        let level = self.case.level;
        self.tell(TellingKind::from(firing), &duty.holder, level, Some(duty.due_at), what);
    }

    /// Whoever holds a post above hears that an agency is late with something.
    pub(super) fn tell_above(&mut self, above: &Post, agency: &str, what: &str) {
        let (at, local) = (self.occasion.at, self.local());
        for whom in persons_above(self.setting.directory, above, local) {
            self.tellings.push(Telling {
                kind: TellingKind::Reported,
                whom,
                level: self.case.level,
                at,
                due_at: None,
                agency: agency.to_owned(),
                what: what.to_owned(),
            });
        }
    }

    /// The persons behind a holder hear something.
    pub(super) fn tell(
        &mut self,
        kind: TellingKind,
        holder: &Holder,
        level: Level,
        due_at: Option<Timestamp>,
        what: &str,
    ) {
        let (at, local) = (self.occasion.at, self.local());
        for whom in persons_of(self.setting.directory, holder, local) {
            self.tellings.push(Telling {
                kind,
                whom,
                level,
                at,
                due_at,
                agency: holder.agency.clone(),
                what: what.to_owned(),
            });
        }
    }

    /// Whoever reported hears how it stands. Of a protected case nobody does: who reads the telephone may be the one
    /// that it is about. Nor of an exercise, whose telephones may be real people's.
    pub(super) fn tell_residents(&mut self, kind: TellingKind) {
        if self.case.docket.is_protected() || self.case.docket.drill {
            return;
        }
        self.tellings.push(Telling {
            kind,
            whom: Told::Residents,
            level: self.case.level,
            at: self.occasion.at,
            due_at: None,
            agency: self.case.lead_agency.clone(),
            what: String::new(),
        });
    }

    fn local(&self) -> DateTime {
        self.setting.zone.to_datetime(self.occasion.at)
    }
}
