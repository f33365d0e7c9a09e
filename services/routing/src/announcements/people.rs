//! The events by which persons are told something.

use fengqiao_messaging::Event;
use fengqiao_proto::{
    routing::v1::PersonToTell,
    types::v1::{PersonKind, PushSubject},
};
use fengqiao_serving::time::to_proto;
use prost::Message as _;
use uuid::Uuid;

use super::Announcement;
use crate::{
    counties::RoutingCounty,
    domain::{
        case::CaseFile,
        standing::chasing::DueDuty,
        telling::{Telling, Told},
    },
};

/// The kind of [`PersonToTell`].
pub const PERSON_TO_TELL: &str = "fengqiao.routing.v1.PersonToTell";

/// Says that someone has to be told of a case. None where the directory has no number of that person.
#[must_use]
pub fn person_of_case(
    case: &CaseFile,
    telling: Telling,
    place: &RoutingCounty,
    trace: Option<&str>,
) -> Option<Announcement> {
    let of_residents = telling.whom == Told::Residents;
    let person = PersonToTell {
        case_id: case.id.to_string(),
        case_number: case.number.clone(),
        subject: PushSubject::Case.into(),
        area_name: place.county.areas.now().name_path(&case.area_code),
        sealed_matter: if of_residents { case.sealed_matter.clone() } else { Vec::new() },
        drill: case.docket.drill,
        ..asked(&telling, place)
    };
    announced(person, &telling, place, trace.map(str::to_owned))
}

/// Says that someone has to be told of a duty besides cases.
#[must_use]
pub fn person_of_duty(due: &DueDuty, telling: Telling, place: &RoutingCounty) -> Option<Announcement> {
    let person = PersonToTell {
        case_id: due.id.to_string(),
        subject: PushSubject::Duty.into(),
        area_name: place.county.areas.now().name_path(due.told_area()),
        ..asked(&telling, place)
    };
    announced(person, &telling, place, None)
}

fn asked(telling: &Telling, place: &RoutingCounty) -> PersonToTell {
    let rulebook = place.rulebook();
    let (kind, person) = match &telling.whom {
        Told::Officer(person) => (PersonKind::Officer, person.clone()),
        Told::Contact(code) => (PersonKind::Contact, code.clone()),
        Told::Residents => (PersonKind::Resident, String::new()),
    };
    let contact = rulebook.directory.contact(&telling.agency);
    let name = contact.map_or_else(|| rulebook.directory.name(&telling.agency), |contact| &contact.name);
    PersonToTell {
        telling_id: Uuid::now_v7().to_string(),
        kind: telling.kind.code(),
        person_kind: kind.into(),
        person,
        level: telling.level.code().into(),
        agency_name: name.to_owned(),
        what: telling.what.clone(),
        requested_at: Some(to_proto(telling.at)),
        due_at: telling.due_at.map(to_proto),
        ..PersonToTell::default()
    }
}

fn announced(
    person: PersonToTell,
    telling: &Telling,
    place: &RoutingCounty,
    trace: Option<String>,
) -> Option<Announcement> {
    let rulebook = place.rulebook();
    let telephone = match &telling.whom {
        Told::Residents => {
            let event = Event { kind: PERSON_TO_TELL, payload: person.encode_to_vec(), trace };
            return Some(Announcement::Ready(event));
        }
        Told::Officer(officer) => {
            let at = place.county.time_zone.to_datetime(telling.at);
            rulebook.directory.contact_at(officer, at)?.to_owned()
        }
        Told::Contact(code) => rulebook.directory.contact(code)?.phone.clone(),
    };
    Some(Announcement::Told { person: Box::new(person), telephone, trace })
}
