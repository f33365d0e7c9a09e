//! Forms that no case presses: those by which an agency is only told of a case (报告单, 告知单), and those that were issued by
//! hand. Notification tells when the limit of one nears. From then on it is a duty like others, with reminders and the ladder,
//! until the form is signed or answered.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Office, StandingDuty, StandingKind, Subject};
use crate::domain::duty::{Duty, Holder};

/// A form whose limit nears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwedForm {
    /// What is owed: to sign it, or to answer it.
    pub kind: StandingKind,
    /// Its push.
    pub push_id: Uuid,
    /// Who owes it.
    pub agency: String,
    /// The form's title and number.
    pub name: String,
    /// Where; the county's code where it is of no area.
    pub area_code: String,
    /// Since when.
    pub since: Timestamp,
    /// By when.
    pub due_at: Timestamp,
}

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormEnd {
    /// The agency signed, or said how far it is.
    Signed,
    /// The agency gave it back, or said what became of it.
    Answered,
    /// The centre took it back.
    Recalled,
}

impl FormEnd {
    /// Whether what was owed is met by it; none where it is owed as before.
    const fn meets(self, kind: StandingKind) -> Option<bool> {
        match (self, kind) {
            (Self::Signed, StandingKind::AnswerForm) => None,
            (Self::Signed | Self::Answered, _) => Some(true),
            (Self::Recalled, _) => Some(false),
        }
    }
}

/// What is told of forms, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormNews {
    /// A limit nears.
    Owed(OwedForm),
    /// Something became of a push, at a time.
    Ended {
        /// Which.
        push_id: Uuid,
        /// What.
        end: FormEnd,
        /// When.
        at: Timestamp,
    },
}

impl FormNews {
    /// Which push.
    #[must_use]
    pub const fn push_id(&self) -> Uuid {
        match self {
            Self::Owed(owed) => owed.push_id,
            Self::Ended { push_id, .. } => *push_id,
        }
    }
}

/// A duty of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormDuty {
    /// Its id.
    pub id: Uuid,
    /// The form's push.
    pub push_id: Uuid,
    /// What is owed.
    pub kind: StandingKind,
    /// By whom and by when it is owed.
    pub duty: Duty,
}

/// What follows from news of forms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormChanges {
    /// Duties that are new.
    pub made: Vec<StandingDuty>,
    /// Duties that ended, among them such as are new.
    pub ended: Vec<(Uuid, Duty)>,
}

/// What follows from news of forms whose duties are these. What was told before makes no second duty, whatever became of the
/// first. `ids` gives the ids of what is new.
#[must_use]
pub fn follow(
    mut known: Vec<FormDuty>,
    news: &[FormNews],
    by: &str,
    office: Office<'_>,
    mut ids: impl FnMut() -> Uuid,
) -> FormChanges {
    let mut changes = FormChanges::default();
    for news in news {
        match news {
            FormNews::Owed(owed) => {
                if known.iter().any(|one| one.push_id == owed.push_id && one.kind == owed.kind) {
                    continue;
                }
                let made = form_duty(ids(), owed, by, office);
                known.push(FormDuty {
                    id: made.id,
                    push_id: owed.push_id,
                    kind: owed.kind,
                    duty: made.duty.clone(),
                });
                changes.made.push(made);
            }
            FormNews::Ended { push_id, end, at } => {
                let owed = known.iter_mut().filter(|one| one.push_id == *push_id && one.duty.is_open());
                for FormDuty { id, kind, duty, .. } in owed {
                    if let Some(met) = end.meets(*kind) {
                        duty.end(*at, met);
                        changes.ended.push((*id, duty.clone()));
                    }
                }
            }
        }
    }
    changes
}

fn form_duty(id: Uuid, owed: &OwedForm, by: &str, office: Office<'_>) -> StandingDuty {
    StandingDuty {
        id,
        kind: owed.kind,
        group: String::new(),
        period: None,
        area_code: owed.area_code.clone(),
        place: None,
        topic: owed.name.clone(),
        restricted: false,
        parent: Some(owed.push_id),
        subject: Subject::default(),
        created_at: owed.since,
        created_by: by.to_owned(),
        duty: office.owed(owed.kind, Holder::agency(&owed.agency), owed.since, Some(owed.due_at)),
        record: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_form_ends_what_is_owed_of_it() {
        use StandingKind::{AnswerForm, SignForm};
        let ends = |end: FormEnd| [SignForm, AnswerForm].map(|kind| end.meets(kind));
        assert_eq!(ends(FormEnd::Signed), [Some(true), None]);
        assert_eq!(ends(FormEnd::Answered), [Some(true), Some(true)]);
        assert_eq!(ends(FormEnd::Recalled), [Some(false), Some(false)]);
    }
}
