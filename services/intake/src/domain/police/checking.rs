//! Is what a record of the police says within its limits?

use fengqiao_proto::{
    intake::v1::{OwnField, PoliceCall, PolicePerson, SourceCategory},
    types::v1::{Party, PartyRole},
};
use fengqiao_serving::time::from_proto;
use prost_types::Timestamp;

use super::{MOST_DISPATCHES, MOST_FEEDBACKS, PoliceForm};
use crate::domain::{
    details,
    said_numbers::AS_SAID_LENGTH,
    text,
    validation::{ADDRESS_LENGTH, NAME_LENGTH, NAMES_NOTHING, Violation},
};

const NUMBER_LENGTH: usize = 64;
const CODE_LENGTH: usize = 64;
const CONTENT_LENGTH: usize = 6_000;
const ADDITION_LENGTH: usize = 2_000;
const FEEDBACK_LENGTH: usize = 1_000;
const MOST_RELATED: usize = 20;
const MOST_PARTIES: usize = 10;

/// What is wrong with a record beside what a report of it would be refused for; the paths are below the record.
#[must_use]
pub fn check(form: &PoliceForm) -> Vec<Violation> {
    let mut checks = Checks(Vec::new());
    match form {
        PoliceForm::Taking(taking) => {
            checks.number("number", &taking.number);
            checks.optional_number("repeatOf", &taking.repeat_of);
            if taking.related_to.len() > MOST_RELATED {
                checks.add("relatedTo", format!("must be at most {MOST_RELATED}"));
            }
            for number in taking.related_to.iter().take(MOST_RELATED) {
                // It may name nothing: then it is not followed.
                if number.is_empty() {
                    checks.add("relatedTo", "must be given");
                }
                checks.optional_number("relatedTo", number);
            }
            for (path, time) in [
                ("takenAt", &taking.taken_at),
                ("endedAt", &taking.ended_at),
                ("updatedAt", &taking.updated_at),
            ] {
                checks.time(path, time.as_ref());
            }
            for (path, code) in [
                ("houseCode", &taking.house_code),
                ("grade", &taking.grade),
                ("state", &taking.state),
                ("takingUnit", &taking.taking_unit),
                ("competentUnit", &taking.competent_unit),
                ("callWay", &taking.call_way),
                ("callKind", &taking.call_kind),
                ("recording", &taking.recording),
            ] {
                checks.line(path, code, CODE_LENGTH);
            }
            checks.lines("content", &taking.content, CONTENT_LENGTH);
            checks.lines("addition", &taking.addition, ADDITION_LENGTH);
            checks.person("caller", taking.caller.as_ref());
            checks.person("phoneOwner", taking.phone_owner.as_ref());
            checks.category(taking.category.as_ref());
            checks.counts(taking.injured, taking.dead);
            let on_earth = taking.longitude.abs() <= 180.0 && taking.latitude.abs() <= 90.0;
            if !on_earth {
                checks.add("longitude", "must be degrees on earth, with the latitude");
            }
            checks.own(&taking.own_fields);
        }
        PoliceForm::Dispatch(dispatch) => {
            checks.number("number", &dispatch.number);
            checks.number("callNumber", &dispatch.call_number);
            checks.line("unit", &dispatch.unit, CODE_LENGTH);
            checks.line("officer", &dispatch.officer, NAME_LENGTH);
            for (path, time) in [
                ("dispatchedAt", &dispatch.dispatched_at),
                ("arrivedAt", &dispatch.arrived_at),
                ("updatedAt", &dispatch.updated_at),
            ] {
                checks.time(path, time.as_ref());
            }
            checks.lines("instruction", &dispatch.instruction, FEEDBACK_LENGTH);
            checks.own(&dispatch.own_fields);
        }
        PoliceForm::Feedback(feedback) => {
            checks.number("number", &feedback.number);
            checks.optional_number("dispatchNumber", &feedback.dispatch_number);
            checks.optional_number("callNumber", &feedback.call_number);
            let named = [&feedback.dispatch_number, &feedback.call_number];
            if named.into_iter().all(|number| text::names_nothing(number)) {
                checks.add("dispatchNumber", "must be given, or callNumber");
            }
            checks.line("unit", &feedback.unit, CODE_LENGTH);
            checks.line("officer", &feedback.officer, NAME_LENGTH);
            checks.line("result", &feedback.result, CODE_LENGTH);
            for (path, time) in [
                ("arrivedAt", &feedback.arrived_at),
                ("finishedAt", &feedback.finished_at),
                ("fedBackAt", &feedback.fed_back_at),
                ("updatedAt", &feedback.updated_at),
            ] {
                checks.time(path, time.as_ref());
            }
            checks.lines("content", &feedback.content, FEEDBACK_LENGTH);
            checks.category(feedback.category.as_ref());
            checks.counts(feedback.injured, feedback.dead);
            checks.parties(&feedback.parties);
            checks.own(&feedback.own_fields);
        }
    }
    checks.0
}

/// Tells `wrong` of each field of a whole call, below a report, that is not right.
pub fn check_call(call: &PoliceCall, wrong: &mut dyn FnMut(String, String)) {
    for (list, number, at_most) in [
        ("dispatches", call.dispatches.len(), MOST_DISPATCHES),
        ("feedbacks", call.feedbacks.len(), MOST_FEEDBACKS),
    ] {
        if number > at_most {
            return wrong(format!("details.policeCall.{list}"), format!("must be at most {at_most}"));
        }
    }
    let taking =
        call.taking.iter().map(|one| ("taking".to_owned(), PoliceForm::Taking(Box::new(one.clone()))));
    let dispatches =
        call.dispatches.iter().enumerate().map(|(index, one)| {
            (format!("dispatches[{index}]"), PoliceForm::Dispatch(Box::new(one.clone())))
        });
    let feedbacks = call
        .feedbacks
        .iter()
        .enumerate()
        .map(|(index, one)| (format!("feedbacks[{index}]"), PoliceForm::Feedback(Box::new(one.clone()))));
    for (path, form) in taking.chain(dispatches).chain(feedbacks) {
        for Violation { field, description } in check(&form) {
            wrong(format!("details.policeCall.{path}.{field}"), description);
        }
    }
    for (path, category) in
        [("firstCategory", &call.first_category), ("confirmedCategory", &call.confirmed_category)]
    {
        if let Some(category) = category {
            details::check_category(category, &format!("details.policeCall.{path}"), wrong);
        }
    }
}

struct Checks(Vec<Violation>);

impl Checks {
    fn add(&mut self, path: &str, right: impl Into<String>) {
        self.0.push(Violation::new(path, right));
    }

    fn fault(&mut self, path: &str, found: Result<(), text::Fault>) {
        if let Err(right) = found {
            self.add(path, right);
        }
    }

    fn number(&mut self, path: &str, number: &str) {
        if number.is_empty() {
            self.add(path, "must be given");
        } else if text::names_nothing(number) {
            self.add(path, NAMES_NOTHING);
        }
        self.optional_number(path, number);
    }

    fn optional_number(&mut self, path: &str, number: &str) {
        self.line(path, number, NUMBER_LENGTH);
        // It names the record for ever, so it is never changed silently.
        if number.trim().len() != number.len() {
            self.add(path, "must not begin or end with a space");
        }
    }

    fn line(&mut self, path: &str, said: &str, at_most: usize) {
        self.fault(path, text::single_line(said, at_most));
    }

    fn lines(&mut self, path: &str, said: &str, at_most: usize) {
        self.fault(path, text::lines(said, at_most));
    }

    fn time(&mut self, path: &str, time: Option<&Timestamp>) {
        if time.is_some_and(|time| from_proto(time).is_none()) {
            self.add(path, "must be a time");
        }
    }

    fn person(&mut self, path: &str, person: Option<&PolicePerson>) {
        let Some(person) = person else { return };
        for (part, said, at_most) in [
            ("name", &person.name, NAME_LENGTH),
            ("phone", &person.phone, CODE_LENGTH),
            ("idNumber", &person.id_number, CODE_LENGTH),
            ("sex", &person.sex, CODE_LENGTH),
            ("address", &person.address, ADDRESS_LENGTH),
        ] {
            self.line(&format!("{path}.{part}"), said, at_most);
        }
    }

    fn parties(&mut self, parties: &[Party]) {
        if parties.len() > MOST_PARTIES {
            return self.add("parties", format!("must be at most {MOST_PARTIES}"));
        }
        for (index, party) in parties.iter().enumerate() {
            let path = |part: &str| format!("parties[{index}].{part}");
            if !matches!(PartyRole::try_from(party.role), Ok(role) if role != PartyRole::Unspecified) {
                self.add(&path("role"), "must be one of the known roles");
            }
            self.line(&path("name"), &party.name, NAME_LENGTH);
            self.line(&path("phone"), &party.phone, CODE_LENGTH);
            self.line(&path("idNumber"), &party.id_number, CODE_LENGTH);
            self.line(&path("phoneAsSaid"), &party.phone_as_said, AS_SAID_LENGTH);
            self.line(&path("idNumberAsSaid"), &party.id_number_as_said, AS_SAID_LENGTH);
        }
    }

    fn category(&mut self, category: Option<&SourceCategory>) {
        let Some(category) = category else { return };
        details::check_category(category, "category", &mut |path, right| {
            self.0.push(Violation::new(path, right))
        });
    }

    fn counts(&mut self, injured: i32, dead: i32) {
        for (path, count) in [("injured", injured), ("dead", dead)] {
            if !(0..=100_000).contains(&count) {
                self.add(path, "must be 0 to 100000");
            }
        }
    }

    fn own(&mut self, fields: &[OwnField]) {
        details::check_own(fields, "ownFields", &mut |path, right| self.0.push(Violation::new(path, right)));
    }
}
