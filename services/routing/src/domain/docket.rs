//! What a case holds besides its plain columns. It is stored as one sealed text, since much of it is personal,
//! and travels with the case: whoever has read a case knows all that a change needs.
//!
//! The stored form outlives the code: fields are only ever added, each with a default.

use std::collections::BTreeSet;

use fengqiao_proto::types::v1::PartyRole;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    acts::{
        calls::OneKeyCall,
        handling::{Handler, Part},
        links::Links,
        major::MajorEvent,
        mediation::Mediation,
        meetings::Decision,
        respite::Respite,
        returns::Returned,
        revisits::Revisit,
        supervision::{Alert, Supervision},
        whistles::Whistle,
    },
    case::State,
    duty::{Duty, DutyKind},
    level::Level,
    tickets::Ticket,
};

/// What a case holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Docket {
    /// The county's own state of it, a code of its state table.
    pub state: String,
    /// Which version of the county's practice it was opened under.
    pub practice: String,
    /// Which version of the directory its agencies were found in.
    pub directory: String,
    /// The last number that a duty got.
    pub last_duty: u32,
    /// What is owed; what is over stands in the history only.
    pub duties: Vec<Duty>,
    /// Who handles it, the lead first.
    pub handlers: Vec<Handler>,
    /// How many must own it together; fewer while a seat is free. 0 where one leads.
    pub owners_wanted: u32,
    /// What the people of the case are in it; who they are stands in the matter.
    pub people: Vec<i32>,
    /// Marks: `minor`, `five_small`, `fast_lane`, a kind of place.
    pub tags: BTreeSet<String>,
    /// A higher level that something suggests and an officer has to decide on.
    pub suggestion: Option<Suggestion>,
    /// Returns.
    pub returns: Vec<Returned>,
    /// Pauses and more time.
    pub respite: Respite,
    /// Supervisions.
    pub supervisions: Vec<Supervision>,
    /// Alerts by tier.
    pub alerts: Vec<Alert>,
    /// Whistles.
    pub whistles: Vec<Whistle>,
    /// One-key calls; of many the last ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<OneKeyCall>,
    /// Sessions, agreement, the way of settling.
    pub mediation: Mediation,
    /// Whether it is an exercise (演练), as its first report or whoever started it says.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub drill: bool,
    /// Whether the exercise is a technical test: it only has to arrive.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
    /// Set where it is a major event.
    pub major: Option<MajorEvent>,
    /// Asking people again.
    pub revisits: Vec<Revisit>,
    /// What meetings decided on it.
    pub decisions: Vec<Decision>,
    /// How its 12345 tickets stand with the hotline; of many the last ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tickets: Vec<Ticket>,
    /// Other cases that it has to do with.
    pub links: Links,
    /// What became of the people besides: whether a crime came of it (民转刑).
    pub aftermath: Vec<Aftermath>,
}

/// A level that something suggests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// The level.
    pub level: Level,
    /// Why, for people; no personal data.
    pub why: String,
    /// Since when.
    pub at: Timestamp,
}

/// That a dispute had an outcome before the law (S3-12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aftermath {
    /// What.
    pub kind: AftermathKind,
    /// The other record's number, for instance a criminal file's.
    pub reference: String,
    /// When.
    pub at: Timestamp,
}

/// What came of a dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AftermathKind {
    /// A criminal case (民转刑).
    Criminal,
    /// A public order case (治安案件).
    PublicOrder,
}

impl AftermathKind {
    /// Its name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Criminal => "刑事案件",
            Self::PublicOrder => "治安案件",
        }
    }
}

/// The tag of a case that goes before others of its level (直通车; S2-07).
pub const FAST_LANE: &str = "fast_lane";

/// How the tag begins that says how many days a case is open.
pub const AGEING: &str = "ageing_";

/// The tag of a case of which a report is confidential (保密).
pub const RESTRICTED: &str = "restricted";

/// A tag of cases whose people are protected: a minor, domestic violence, health (S2-06, S4-14).
pub const PROTECTED_TAGS: [&str; 4] = ["minor", "domestic_violence", "health", RESTRICTED];

impl Docket {
    /// The docket of a case from before there were dockets: its columns say what is known.
    #[must_use]
    pub fn of_before(state: State, level: Level, lead: &str, since: Timestamp) -> Self {
        let code = match (state, level.pushes()) {
            (State::Open, true) => "to_sign",
            (State::Open, false) => "watched",
            (State::Resolved, _) => "resolved",
            (State::Closed, _) => "closed",
            (State::Rejected, _) => "rejected",
        };
        let handlers = vec![Handler::new(lead, Part::Lead, since)];
        Self { state: code.to_owned(), handlers, ..Self::default() }
    }

    /// Whether only those may see it who must, and each reading is kept.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        PROTECTED_TAGS.iter().any(|tag| self.tags.contains(*tag))
    }

    /// Whether someone may learn who the people are and what was told: the centre always (no agency, or its
    /// desk), an agency where the case is not protected or it handles it (S2-06, S4-14).
    #[must_use]
    pub fn shows_people_to(&self, agency: Option<&str>, desk: &str) -> bool {
        agency.is_none_or(|agency| agency == desk || !self.is_protected() || self.handler(agency).is_some())
    }

    /// The people who are asked again: who reported, whom it was about, who was harmed.
    #[must_use]
    pub fn people_to_ask(&self) -> Vec<PartyRole> {
        let asked = [PartyRole::Reporter, PartyRole::Respondent, PartyRole::Victim];
        self.people
            .iter()
            .filter_map(|role| PartyRole::try_from(*role).ok())
            .filter(|role| asked.contains(role))
            .collect()
    }

    /// The handler of an agency.
    #[must_use]
    pub fn handler(&self, agency: &str) -> Option<&Handler> {
        self.handlers.iter().find(|handler| handler.agency == agency)
    }

    /// What an agency owes of a kind now; none where it does not.
    #[must_use]
    pub fn owed_by(&self, agency: &str, kind: DutyKind) -> Option<&Duty> {
        self.duties.iter().find(|duty| duty.kind == kind && duty.holder.agency == agency && duty.is_open())
    }
}

#[cfg(test)]
mod tests {
    use fengqiao_calendar::Limit;

    use super::*;
    use crate::domain::{
        acts::{mediation::SessionResult, revisits::RevisitOutcome, supervision::Card},
        duty::Stage,
    };

    const SAMPLE: &str = include_str!("../../../../tests/samples/formats/docket-v1.json");
    const CALLS: &str = include_str!("../../../../tests/samples/formats/docket-2026-12-one-key-calls.json");
    const TAKEN_OVER: &str = include_str!("../../../../tests/samples/formats/docket-2026-12-taken-over.json");

    const TICKETS: &str = include_str!("../../../../tests/samples/formats/docket-2026-12-tickets.json");

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn tickets_that_were_once_stored_are_understood() {
        let docket: Docket = serde_json::from_str(TICKETS).unwrap();
        let ticket = &docket.tickets[0];
        assert_eq!((ticket.source_ref.as_str(), ticket.urgency, ticket.stage), ("GD-20261128-0001", 2, 3));
        assert_eq!((ticket.handlers[0].name.as_str(), ticket.handlers[0].days), ("市住建局", 5));
        let none: Docket = serde_json::from_str(SAMPLE).unwrap();
        assert!(none.tickets.is_empty());
    }

    #[test]
    fn a_docket_that_was_once_stored_is_understood() {
        let docket: Docket = serde_json::from_str(SAMPLE).unwrap();
        let handled = &docket.duties[0];
        assert_eq!((handled.kind, handled.limit), (DutyKind::Handle, Limit::WorkingDays { days: 7 }));
        assert!(handled.is_open() && handled.is_paused());
        assert_eq!(handled.pauses[0].to, Some(at("2026-11-09T02:00:00Z")));
        assert_eq!(docket.duties[1].stage, Stage::Breached { chased: 1 });
        assert_eq!(docket.duties[3].holder.post.as_deref(), Some("centre-director"));
        assert_eq!(docket.conclusions(), Some((1, 2)));
        assert!(docket.is_protected());
        assert_eq!(docket.people_to_ask().len(), 3);
        assert_eq!(docket.suggestion.unwrap().level, Level::Red);
        assert_eq!(docket.returns.iter().filter(|returned| returned.decision.is_none()).count(), 1);
        assert!(docket.respite.extensions[0].verdict.as_ref().is_some_and(|verdict| verdict.granted));
        assert_eq!(docket.respite.parks[0].resumed_at, handled.pauses[0].to);
        assert_eq!(docket.supervisions[1].card, Card::Yellow);
        assert_eq!(docket.alerts[1].acknowledged_at, None);
        assert_eq!(docket.whistles[0].called[0].rating, Some(4));
        assert_eq!(docket.mediation.sessions[1].result, SessionResult::Agreed);
        let agreement = docket.mediation.agreement.unwrap();
        assert_eq!(agreement.performances[0].checked, Some((at("2026-11-12T08:00:00Z"), true)));
        assert_eq!(docket.major.unwrap().progress, 2);
        assert_eq!(docket.revisits[1].answer.as_ref().unwrap().outcome, RevisitOutcome::Relapse);
        assert_eq!(docket.decisions[1].done_at, None);
        assert_eq!(docket.links.merged_into.unwrap().duties[0].kind, DutyKind::Sign);
        assert_eq!(docket.links.clusters.len(), 1);
        assert_eq!(docket.aftermath[0].kind, AftermathKind::PublicOrder);
    }

    #[test]
    fn what_came_later_is_understood_as_it_was_stored() {
        let docket: Docket = serde_json::from_str(TAKEN_OVER).unwrap();
        assert_eq!(docket.returns[0].evidence, ["photo-1.jpg"]);
        let taken = &docket.links.taken_over[0];
        assert_eq!((taken.duties[1].kind, taken.duties[1].ours), (DutyKind::WhistleResult, 8));
        assert!(taken.duties[0].ending.as_ref().unwrap().met && taken.duties[1].ending.is_none());
        assert!(taken.agreement_made_room && taken.helpers == ["justice"]);
        let (stored, written): (serde_json::Value, _) =
            (serde_json::from_str(TAKEN_OVER).unwrap(), serde_json::to_value(&docket).unwrap());
        assert_eq!(written["links"]["taken_over"], stored["links"]["taken_over"]);
        assert_eq!(written["returns"], stored["returns"]);
    }

    #[test]
    fn one_key_calls_are_understood_as_they_were_stored() {
        let docket: Docket = serde_json::from_str(CALLS).unwrap();
        assert_eq!(docket.calls[0].contacts[0].holder.post.as_deref(), Some("building-head"));
        assert_eq!(docket.calls[0].accepted.as_ref().unwrap().by, "officer");
        assert!(docket.calls[1].accepted.is_none() && docket.calls[1].arrived_at.is_none());
        let (stored, written): (serde_json::Value, _) =
            (serde_json::from_str(CALLS).unwrap(), serde_json::to_value(&docket).unwrap());
        assert_eq!(written["calls"], stored["calls"]);
    }

    #[test]
    fn what_is_written_reads_equal() {
        let docket: Docket = serde_json::from_str(SAMPLE).unwrap();
        let written = serde_json::to_value(&docket).unwrap();
        assert_eq!(serde_json::from_value::<Docket>(written.clone()).unwrap(), docket);
        // Nothing that was stored is lost when it is stored again.
        let stored: serde_json::Value = serde_json::from_str(SAMPLE).unwrap();
        for (part, held) in stored.as_object().unwrap() {
            assert_eq!(&written[part], held, "{part}");
        }
        assert_eq!(serde_json::from_str::<Docket>("{}").unwrap(), Docket::default());
    }

    #[test]
    fn s2_06_people_of_a_protected_case_are_for_those_who_handle_it() {
        let since = Timestamp::UNIX_EPOCH;
        let mut docket = Docket::of_before(State::Open, Level::Red, "womens_federation", since);
        assert!(docket.shows_people_to(Some("police"), "centre"), "it is not protected yet");
        docket.tags.insert("minor".to_owned());
        assert!(!docket.shows_people_to(Some("police"), "centre"));
        for who in [None, Some("centre"), Some("womens_federation")] {
            assert!(docket.shows_people_to(who, "centre"), "{who:?}");
        }
    }
}
