//! What people do to a case, subject by subject. Each file holds what its subject keeps in the docket, what
//! can be done, and what follows; the transitions of all of them go through the one function in
//! [`transition`](super::transition).

pub mod calls;
pub mod closing;
pub mod handling;
pub mod levels;
pub mod links;
pub mod major;
pub mod mediation;
pub mod meetings;
pub mod repeats;
pub mod respite;
pub mod returns;
pub mod revisits;
pub mod supervision;
pub mod taken_over;
pub mod whistles;

use super::{docket::AftermathKind, level::Level};

/// What someone does to a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Sets a level.
    Relevel {
        /// The level.
        level: Level,
        /// Why.
        words: String,
    },
    /// Gives it to an agency of the directory.
    Assign {
        /// The agency.
        agency: String,
        /// Who there takes it over, where a person is named (面对面认领).
        person: Option<String>,
        /// Why; may be empty.
        words: String,
    },
    /// Writes a comment.
    Comment {
        /// The comment.
        words: String,
    },
    /// Says that the matter is settled.
    Resolve(closing::Settlement),
    /// Says that people were asked again and that it is over.
    Close {
        /// What they said.
        words: String,
    },
    /// Does not take it up; the lawful way is told (不予受理).
    Reject {
        /// Why, and which way.
        words: String,
    },
    /// It was not over.
    Reopen {
        /// Why.
        words: String,
    },
    /// Puts marks on it or takes them off.
    Tag {
        /// On.
        add: Vec<String>,
        /// Off.
        remove: Vec<String>,
    },
    /// Records what came of it before the law (S3-12).
    RecordAftermath {
        /// What.
        kind: AftermathKind,
        /// The other record's number.
        reference: String,
    },
    /// Who handles it.
    Handling(handling::HandlingAct),
    /// Returns and who decides on them.
    Return(returns::ReturnAct),
    /// Pauses and more time.
    Respite(respite::RespiteAct),
    /// Pressing.
    Supervision(supervision::SupervisionAct),
    /// Calling agencies to the spot.
    Whistle(whistles::WhistleAct),
    /// Answering one-key calls.
    Call(calls::CallAct),
    /// Sessions and agreements.
    Mediation(mediation::MediationAct),
    /// Major events.
    Major(major::MajorAct),
    /// Asking people again.
    Revisit(revisits::RevisitAct),
    /// What meetings decide.
    Meeting(meetings::MeetingAct),
    /// Sorts a repeat call (S3-02).
    ClassifyRepeat {
        /// Which report of the case, counted from 1.
        report: u32,
        /// What is behind it.
        class: repeats::RepeatClass,
    },
}

/// Who may do something to a case, among those who see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// Only the centre.
    Centre,
    /// The agencies that handle the case, and the centre.
    Handlers,
    /// Whoever is concerned: the act itself looks who owes what it does.
    Concerned,
}

impl Act {
    /// Who may do it. Each act has its line here, so that a new one cannot be forgotten.
    #[must_use]
    pub const fn allowed(&self) -> Allowed {
        use Allowed::{Centre, Concerned, Handlers};
        use handling::HandlingAct;
        use major::MajorAct;
        use mediation::MediationAct;
        use meetings::MeetingAct;
        use respite::RespiteAct;
        use returns::ReturnAct;
        use revisits::RevisitAct;
        use supervision::SupervisionAct;
        match self {
            Self::Relevel { .. }
            | Self::Assign { .. }
            | Self::Resolve(_)
            | Self::Close { .. }
            | Self::Reject { .. }
            | Self::Reopen { .. }
            | Self::Tag { .. }
            | Self::Return(ReturnAct::Decide { .. })
            | Self::Handling(HandlingAct::Add { .. } | HandlingAct::Remove { .. })
            | Self::Respite(RespiteAct::DecideExtension { .. } | RespiteAct::DecidePark { .. })
            | Self::Supervision(SupervisionAct::Supervise { .. })
            | Self::Meeting(MeetingAct::Decide { .. })
            | Self::ClassifyRepeat { .. }
            | Self::Major(MajorAct::Declare { .. } | MajorAct::Calm { .. }) => Centre,
            Self::RecordAftermath { .. }
            | Self::Handling(
                HandlingAct::Conclude { .. }
                | HandlingAct::HandOver { .. }
                | HandlingAct::Claim { .. }
                | HandlingAct::Sign { .. }
                | HandlingAct::Contact { .. },
            )
            | Self::Respite(
                RespiteAct::AskExtension { .. } | RespiteAct::AskPark { .. } | RespiteAct::Resume { .. },
            )
            | Self::Supervision(SupervisionAct::SendLetter { .. })
            | Self::Mediation(
                MediationAct::HoldSession { .. }
                | MediationAct::Agree { .. }
                | MediationAct::CheckPerformance { .. }
                | MediationAct::Confirm { .. }
                | MediationAct::ChooseMethod { .. },
            )
            | Self::Major(MajorAct::Progress { .. }) => Handlers,
            // An officer of the beat asks people again, whoever handled the case (S0-02).
            Self::Revisit(RevisitAct::Record { .. })
            | Self::Comment { .. }
            | Self::Supervision(
                SupervisionAct::Reply { .. }
                | SupervisionAct::Acknowledge { .. }
                | SupervisionAct::AnswerLetter { .. },
            )
            | Self::Meeting(MeetingAct::Finish { .. })
            | Self::Call(_)
            | Self::Whistle(_) => Concerned,
        }
    }

    /// Whether only the centre may do it.
    #[must_use]
    pub const fn only_centre(&self) -> bool {
        matches!(self.allowed(), Allowed::Centre)
    }

    /// The word in metrics.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Relevel { .. } => "relevel",
            Self::Assign { .. } => "assign",
            Self::Comment { .. } => "comment",
            Self::Resolve(_) => "resolve",
            Self::Close { .. } => "close",
            Self::Reject { .. } => "reject",
            Self::Reopen { .. } => "reopen",
            Self::Tag { .. } => "tag",
            Self::RecordAftermath { .. } => "aftermath",
            Self::Handling(_) => "handling",
            Self::Return(_) => "return",
            Self::Respite(_) => "respite",
            Self::Supervision(_) => "supervision",
            Self::Whistle(_) => "whistle",
            Self::Call(_) => "call",
            Self::Mediation(_) => "mediation",
            Self::Major(_) => "major",
            Self::Revisit(_) => "revisit",
            Self::Meeting(_) => "meeting",
            Self::ClassifyRepeat { .. } => "classify",
        }
    }
}

#[cfg(test)]
mod tests;
