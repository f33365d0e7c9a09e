//! Which value of the contract stands for which of the domain. Each pair stands once, for both ways.

use fengqiao_proto::routing::v1 as contract;

use crate::{
    directory::{MediatorKind, Rank},
    domain::{
        acts::{
            handling::Part,
            mediation::{Method, SessionResult, SettledAt},
            revisits::RevisitOutcome,
            supervision::Card,
        },
        docket::AftermathKind,
        practice::Asked,
    },
};

/// The number of a value in the contract; 0 cannot be, since each table is whole.
pub(crate) fn told<D: PartialEq, C: Copy + Into<i32>>(table: &[(D, C)], value: &D) -> i32 {
    table.iter().find(|(own, _)| own == value).map_or(0, |(_, number)| (*number).into())
}

/// The value of a number of the contract; none for 0 and for what has no meaning.
pub(super) fn meant<D: Copy, C: Copy + Into<i32>>(table: &[(D, C)], number: i32) -> Option<D> {
    table.iter().find(|(_, told)| (*told).into() == number).map(|(own, _)| *own)
}

pub(super) const PARTS: &[(Part, contract::HandlerPart)] = &[
    (Part::Lead, contract::HandlerPart::Lead),
    (Part::CoHandler, contract::HandlerPart::CoHandler),
    (Part::Owner, contract::HandlerPart::Owner),
];

pub(super) const RANKS: &[(Rank, contract::PostRank)] = &[
    (Rank::Staff, contract::PostRank::Staff),
    (Rank::Officer, contract::PostRank::Officer),
    (Rank::Leader, contract::PostRank::Leader),
    (Rank::Director, contract::PostRank::Director),
];

pub(super) const ASKED: &[(Asked, contract::AskedAgain)] = &[
    (Asked::Agencies, contract::AskedAgain::Agencies),
    (Asked::People, contract::AskedAgain::People),
    (Asked::Community, contract::AskedAgain::Community),
];

pub(super) const OUTCOMES: &[(RevisitOutcome, contract::RevisitOutcome)] = &[
    (RevisitOutcome::Stable, contract::RevisitOutcome::Stable),
    (RevisitOutcome::Unstable, contract::RevisitOutcome::Unstable),
    (RevisitOutcome::Relapse, contract::RevisitOutcome::Relapse),
    (RevisitOutcome::Unreached, contract::RevisitOutcome::Unreached),
];

pub(super) const CARDS: &[(Card, contract::SupervisionCard)] = &[
    (Card::Reminder, contract::SupervisionCard::Reminder),
    (Card::Yellow, contract::SupervisionCard::Yellow),
    (Card::Red, contract::SupervisionCard::Red),
];

pub(super) const RESULTS: &[(SessionResult, contract::SessionResult)] = &[
    (SessionResult::Agreed, contract::SessionResult::Agreed),
    (SessionResult::Adjourned, contract::SessionResult::Adjourned),
    (SessionResult::Failed, contract::SessionResult::Failed),
    (SessionResult::Absent, contract::SessionResult::Absent),
];

pub(crate) const METHODS: &[(Method, contract::SettlementMethod)] = &[
    (Method::LeaderInCharge, contract::SettlementMethod::LeaderInCharge),
    (Method::PolicyComfort, contract::SettlementMethod::PolicyComfort),
    (Method::LegalEducation, contract::SettlementMethod::LegalEducation),
    (Method::CapablePeople, contract::SettlementMethod::CapablePeople),
    (Method::NewCustoms, contract::SettlementMethod::NewCustoms),
];

pub(crate) const PLACES: &[(SettledAt, contract::SettledAt)] = &[
    (SettledAt::Building, contract::SettledAt::Building),
    (SettledAt::Grid, contract::SettledAt::Grid),
    (SettledAt::Community, contract::SettledAt::Community),
    (SettledAt::Town, contract::SettledAt::Town),
    (SettledAt::County, contract::SettledAt::County),
];

pub(super) const AFTERMATHS: &[(AftermathKind, contract::AftermathKind)] = &[
    (AftermathKind::Criminal, contract::AftermathKind::Criminal),
    (AftermathKind::PublicOrder, contract::AftermathKind::PublicOrder),
];

pub(super) const MEDIATORS: &[(MediatorKind, contract::MediatorKind)] = &[
    (MediatorKind::Volunteer, contract::MediatorKind::Volunteer),
    (MediatorKind::PeopleMediation, contract::MediatorKind::PeopleMediation),
    (MediatorKind::ResidentsBody, contract::MediatorKind::ResidentsBody),
    (MediatorKind::Justice, contract::MediatorKind::Justice),
    (MediatorKind::Police, contract::MediatorKind::Police),
    (MediatorKind::Other, contract::MediatorKind::Other),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::duty::DutyKind;

    /// Each number that the contract knows, but 0, means something, and the same both ways.
    fn whole<D: Copy + PartialEq + std::fmt::Debug, C: Copy + Into<i32> + TryFrom<i32>>(table: &[(D, C)]) {
        let known = (1..100).filter(|number| C::try_from(*number).is_ok());
        for number in known {
            let value = meant(table, number).unwrap();
            assert_eq!(told(table, &value), number, "{value:?}");
        }
        assert!(meant(table, 0).is_none() && meant(table, 99).is_none());
    }

    #[test]
    fn the_tables_are_whole() {
        whole(PARTS);
        whole(RANKS);
        whole(ASKED);
        whole(OUTCOMES);
        whole(CARDS);
        whole(RESULTS);
        whole(METHODS);
        whole(PLACES);
        whole(AFTERMATHS);
        whole(MEDIATORS);
    }

    #[test]
    fn kinds_of_duties_have_the_same_numbers() {
        for kind in DutyKind::ALL {
            let told = contract::DutyKind::try_from(i32::from(kind.code())).unwrap();
            assert_eq!(told.as_str_name(), format!("DUTY_KIND_{}", kind.word().to_uppercase()));
        }
        assert!(contract::DutyKind::try_from(DutyKind::ALL.len() as i32 + 1).is_err());
    }
}
