//! The police's records of one call (接警, 处警, 反馈), in any order and any number, folded into one report.

mod checking;

use std::collections::BTreeMap;

use fengqiao_county::CategoryDictionary;
use fengqiao_proto::{
    intake::v1::{
        Details, PoliceCall, PoliceDispatch, PoliceFeedback, PolicePerson, PoliceTaking, Report,
        SourceCategory, details, record,
    },
    types::v1::{Party, PartyRole, Source},
};
use fengqiao_serving::time::from_proto;
use jiff::Timestamp;
use prost::Message as _;

pub use self::checking::{check, check_call};
use super::{
    linkage::Digest,
    mapping::{Unmapped, on_one_line, unknown_source_category},
    said_numbers, text,
};

/// One of the police's records.
#[derive(Debug, Clone, PartialEq)]
pub enum PoliceForm {
    /// A call that was taken.
    Taking(Box<PoliceTaking>),
    /// Officers are sent.
    Dispatch(Box<PoliceDispatch>),
    /// What came of it.
    Feedback(Box<PoliceFeedback>),
}

/// Which record: of its kind, by its own number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordName {
    /// The kind, as it is stored.
    pub kind: i16,
    /// The record's own number.
    pub number: String,
}

/// Which of two versions of one record holds: the later; of two of one moment always the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// When the record was last changed, by the police's clock.
    pub told_at: Timestamp,
    /// The keyed hash of what it says.
    pub digest: Digest,
}

/// A dispatch's kind.
pub const DISPATCH: i16 = 2;

/// What the details of a report show at most; the store keeps all.
const MOST_DISPATCHES: usize = 30;
const MOST_FEEDBACKS: usize = 60;
/// The rest of a report's 10,000 characters is for feedbacks.
const MOST_PARTIES: usize = 50;
const NARRATIVE_LENGTH: usize = 10_000;

impl PoliceForm {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> RecordName {
        let (kind, number) = match self {
            Self::Taking(taking) => (1, &taking.number),
            Self::Dispatch(dispatch) => (DISPATCH, &dispatch.number),
            Self::Feedback(feedback) => (3, &feedback.number),
        };
        RecordName { kind, number: number.clone() }
    }

    /// The number of the call that it belongs to, where it says so itself.
    #[must_use]
    pub fn call(&self) -> Option<&str> {
        let call = match self {
            Self::Taking(taking) => &taking.number,
            Self::Dispatch(dispatch) => &dispatch.call_number,
            Self::Feedback(feedback) => &feedback.call_number,
        };
        Some(call.as_str()).filter(|call| !call.is_empty())
    }

    /// The number of the dispatch that it answers, where it does.
    #[must_use]
    pub fn dispatch(&self) -> Option<&str> {
        match self {
            Self::Feedback(feedback) => Some(feedback.dispatch_number.as_str()).filter(|n| !n.is_empty()),
            Self::Taking(_) | Self::Dispatch(_) => None,
        }
    }

    /// When it was last changed, or else when what it tells happened; the beginning of time where it says neither.
    #[must_use]
    pub fn told_at(&self) -> Timestamp {
        let times = match self {
            Self::Taking(taking) => [taking.updated_at, taking.called_at],
            Self::Dispatch(dispatch) => [dispatch.updated_at, dispatch.dispatched_at],
            Self::Feedback(feedback) => [feedback.updated_at, feedback.fed_back_at],
        };
        let told = times.iter().flatten().find_map(from_proto).unwrap_or(Timestamp::UNIX_EPOCH);
        // Kept to the microsecond, as the database does, so that what is read compares as what came.
        Timestamp::from_microsecond(told.as_microsecond()).unwrap_or(told)
    }

    /// The bytes that are kept, sealed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Taking(taking) => taking.encode_to_vec(),
            Self::Dispatch(dispatch) => dispatch.encode_to_vec(),
            Self::Feedback(feedback) => feedback.encode_to_vec(),
        }
    }

    /// What was encoded as a record of this kind; nothing where it was not.
    #[must_use]
    pub fn decode(kind: i16, bytes: &[u8]) -> Option<Self> {
        match kind {
            1 => PoliceTaking::decode(bytes).ok().map(|taking| Self::Taking(Box::new(taking))),
            DISPATCH => PoliceDispatch::decode(bytes).ok().map(|dispatch| Self::Dispatch(Box::new(dispatch))),
            3 => PoliceFeedback::decode(bytes).ok().map(|feedback| Self::Feedback(Box::new(feedback))),
            _ => None,
        }
    }

    /// The record that arrived, where it is one of the police's.
    #[must_use]
    pub fn of(form: record::Form) -> Option<Self> {
        match form {
            record::Form::PoliceTaking(taking) => Some(Self::Taking(Box::new(taking))),
            record::Form::PoliceDispatch(dispatch) => Some(Self::Dispatch(Box::new(dispatch))),
            record::Form::PoliceFeedback(feedback) => Some(Self::Feedback(Box::new(feedback))),
            record::Form::Mapped(_) => None,
        }
    }

    /// Its kind of matter, where the county does not know it; `path` is the record's name.
    #[must_use]
    pub fn unknown_category(&self, path: &str, categories: &CategoryDictionary) -> Option<Unmapped> {
        let named = |person: &PolicePerson| Party { name: person.name.clone(), ..Party::default() };
        let (category, people): (_, Vec<Party>) = match self {
            Self::Taking(taking) => {
                let people = [&taking.caller, &taking.phone_owner];
                (&taking.category, people.into_iter().flatten().map(named).collect())
            }
            Self::Dispatch(_) => return None,
            Self::Feedback(feedback) => (&feedback.category, feedback.parties.clone()),
        };
        unknown_source_category(category.as_ref()?, &format!("{path}.category"), &people, categories)
    }
}

/// The call that was taken, where it is one.
fn taking_of(details: Option<&Details>) -> Option<&PoliceTaking> {
    match details?.form.as_ref()? {
        details::Form::PoliceCall(call) => call.taking.as_ref(),
        details::Form::HotlineTicket(_) => None,
    }
}

/// Whether the police say that a call repeats another one (重复警情编号). One that only has to do with another (关联警情编号)
/// may be of somebody else.
#[must_use]
pub fn repeats(details: Option<&Details>) -> bool {
    let Some(taking) = taking_of(details) else { return false };
    names_a_call(&taking.repeat_of) && taking.repeat_of != taking.number
}

/// The numbers of a call and of those that the police say have to do with it: its own, the one that it repeats
/// (重复警情编号), then the related ones (关联警情编号). None where there is no call, and none that names nothing.
#[must_use]
pub fn numbers(details: Option<&Details>) -> Vec<&str> {
    let Some(taking) = taking_of(details) else { return Vec::new() };
    let named = [&taking.number, &taking.repeat_of].into_iter().chain(&taking.related_to);
    named.map(String::as_str).filter(|number| names_a_call(number)).collect()
}

/// Whether it may be a call's number. What stands in a form where there is none (无, 否, /, null, 000) has no digit, or is
/// all zeros; it stays what was said, but whoever says it would be of one file with all others who do.
fn names_a_call(number: &str) -> bool {
    number.contains(char::is_numeric) && !text::names_nothing(number)
}

/// Of each record the version that holds.
#[must_use]
pub fn holding<T>(
    versions: impl IntoIterator<Item = (RecordName, Version, T)>,
) -> BTreeMap<RecordName, (Version, T)> {
    let mut holding: BTreeMap<RecordName, (Version, T)> = BTreeMap::new();
    for (name, version, what) in versions {
        match holding.get(&name) {
            Some((held, _)) if *held >= version => {}
            _ => {
                holding.insert(name, (version, what));
            }
        }
    }
    holding
}

/// The report of one call, from all its records that hold, in any order; none as long as the call itself is not among
/// them.
#[must_use]
pub fn fold(records: impl IntoIterator<Item = PoliceForm>) -> Option<Report> {
    let mut taken = None;
    let (mut dispatches, mut feedbacks) = (Vec::new(), Vec::new());
    for record in records {
        match record {
            PoliceForm::Taking(taking) => taken = Some(*taking),
            PoliceForm::Dispatch(dispatch) => dispatches.push(*dispatch),
            PoliceForm::Feedback(feedback) => feedbacks.push(*feedback),
        }
    }
    let taking = taken?;
    dispatches.sort_by(|a, b| a.number.cmp(&b.number));
    let since = |feedback: &PoliceFeedback| feedback.fed_back_at.as_ref().and_then(from_proto);
    feedbacks.sort_by(|a, b| (since(a), &a.number).cmp(&(since(b), &b.number)));
    dispatches.truncate(MOST_DISPATCHES);
    // The newest ones count.
    feedbacks.drain(..feedbacks.len().saturating_sub(MOST_FEEDBACKS));
    let confirmed =
        feedbacks.iter().rev().find_map(|feedback| feedback.category.clone().filter(says_something));
    let first = taking.category.clone().filter(says_something);
    let deciding = confirmed.clone().or_else(|| first.clone()).unwrap_or_default();
    let own_fields = taking.own_fields.clone();
    Some(Report {
        source: Source::Police110.into(),
        source_ref: taking.number.clone(),
        occurred_at: taking.called_at,
        area_code: taking.area_code.clone(),
        address: taking.address.clone(),
        title: title(&taking, &deciding),
        narrative: narrative(&taking, &feedbacks),
        category: category(&deciding),
        parties: people(&taking, &feedbacks),
        confidential: taking.confidential,
        details: Some(Details {
            own_fields,
            source_category: Some(deciding).filter(says_something),
            form: Some(details::Form::PoliceCall(PoliceCall {
                // Its own fields stand in the details already.
                taking: Some(PoliceTaking { own_fields: Vec::new(), ..taking }),
                dispatches,
                feedbacks,
                first_category: first,
                confirmed_category: confirmed,
            })),
            ..Details::default()
        }),
        ..Report::default()
    })
}

fn says_something(category: &SourceCategory) -> bool {
    *category != SourceCategory::default()
}

/// The word for the report's category: what the county's mapping says it means, or else the police's own.
fn category(deciding: &SourceCategory) -> String {
    let words = [&deciding.canonical, &deciding.word, &deciding.code];
    words.into_iter().find(|word| !word.is_empty()).cloned().unwrap_or_default()
}

fn title(taking: &PoliceTaking, deciding: &SourceCategory) -> String {
    let said = if deciding.word.is_empty() { &taking.content } else { &deciding.word };
    let title = on_one_line(said);
    if title.is_empty() { "110警情".to_owned() } else { title }
}

fn narrative(taking: &PoliceTaking, feedbacks: &[PoliceFeedback]) -> String {
    let mut text = taking.content.clone();
    let mut add = |name: &str, said: &str| {
        if !said.trim().is_empty() {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(name);
            text.push_str(said);
        }
    };
    add("补充: ", &taking.addition);
    for feedback in feedbacks {
        add("反馈: ", &feedback.content);
    }
    if text.chars().count() > NARRATIVE_LENGTH {
        text = text.chars().take(NARRATIVE_LENGTH - 1).chain(['…']).collect();
    }
    text
}

/// Who called, then whom the officers found. What is no number or no id (号码隐藏) is kept as it was said.
fn people(taking: &PoliceTaking, feedbacks: &[PoliceFeedback]) -> Vec<Party> {
    // An id number's birth is not after the call.
    let called_at = taking.called_at.as_ref().and_then(from_proto).unwrap_or(Timestamp::UNIX_EPOCH);
    let today = said_numbers::latest_day(called_at);
    let mut people: Vec<Party> = Vec::new();
    let mut add = |party: Party| {
        let party = said_numbers::of_party(party, today);
        let nobody = party.name.is_empty() && party.phone.is_empty() && party.id_number.is_empty();
        if !nobody && people.len() < MOST_PARTIES && !people.contains(&party) {
            people.push(party);
        }
    };
    if let Some(PolicePerson { name, phone, id_number, .. }) = taking.caller.clone() {
        add(Party { role: PartyRole::Reporter.into(), name, phone, id_number, ..Party::default() });
    }
    feedbacks.iter().flat_map(|feedback| feedback.parties.clone()).for_each(add);
    people
}

#[cfg(test)]
mod tests;
