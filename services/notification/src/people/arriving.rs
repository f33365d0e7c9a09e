//! Events become messages: routing says who is told what, the county's file in which words and by which channel. How cases
//! stand is kept beside it, for the residents' page.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use fengqiao_messaging::{Applied, Apply, ApplyError, Envelope, Step};
use fengqiao_proto::{
    routing::v1::{CaseChanged, PersonToTell},
    types::v1::{CaseState, Level, Matter, PartyRole, PersonKind, PushSubject, TellingKind},
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::from_proto;
use jiff::{Timestamp, tz::TimeZone};
use prost::{Message as _, Name as _};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{CountyPeople, People, settings::Tell};
use crate::{
    domain::{
        people::{Channel, Facts, NewMessage, Subject, Telling, mark_overtaken, mark_repeats},
        progress::{Standing, code},
    },
    error::NotificationError,
    events::{CASE_CHANGED, expired_cases},
    staff,
    store::{
        people::{ToldResident, drop_protected, expire_people, insert_messages, residents_told},
        progress::{codes_of, keep_standings},
    },
};

/// The kind of event by which a person is told.
const PERSON_TO_TELL: &str = "fengqiao.routing.v1.PersonToTell";
/// A text is on its way for seconds; what is told at once gathers for so long.
const GATHERED: Duration = Duration::from_millis(50);
/// What a message of a duty besides cases has in place of a number.
const NO_NUMBER: &str = "日常工作";
/// Of one report at most so many people are told.
const MOST_RESIDENTS: usize = 10;
/// And of those who were told before, of a case and of what was merged into it, so many hear how it ends.
const MOST_TOLD_BEFORE: usize = 500;
/// The kind of hash by which a number is known that was told before.
const TOLD: &str = "told";
/// Before every word of an exercise.
const DRILL: &str = "【演练】";

/// Makes messages of events.
#[derive(Clone)]
pub struct PeopleEvents {
    people: People,
    keyring: Arc<Keyring>,
}

impl PeopleEvents {
    /// In the counties' words, sealed by this keyring.
    #[must_use]
    pub const fn new(people: People, keyring: Arc<Keyring>) -> Self {
        Self { people, keyring }
    }

    /// Stores what a batch of one county says. Done again it changes nothing.
    async fn store(&self, conn: &mut PgConnection, batch: &[Envelope]) -> Result<(), ApplyError> {
        let Some(county) = batch.first().map(|first| first.county.as_str()) else { return Ok(()) };
        staff::keep_newest(conn, batch).await?;
        let standings = standings(batch)?;
        let tellings = tellings(batch)?;
        let expired = expired_cases(batch)?;
        let kept = async {
            self.keep(conn, county, &standings, tellings).await?;
            if expired.is_empty() { Ok(()) } else { expire_people(conn, county, &expired).await }
        };
        kept.await.map_err(|error: NotificationError| ApplyError::Retry(Box::new(error)))
    }

    async fn keep(
        &self,
        conn: &mut PgConnection,
        county: &str,
        standings: &[Standing],
        tellings: Vec<Telling>,
    ) -> Result<(), NotificationError> {
        if !standings.is_empty() {
            let code = || self.keyring.seal(code(rand::random()).as_bytes(), county.as_bytes());
            keep_standings(conn, county, standings, code).await?;
            let protected: Vec<Uuid> =
                standings.iter().filter(|one| one.protected).map(|one| one.case_id).collect();
            if !protected.is_empty() {
                drop_protected(conn, county, &protected).await?;
            }
        }
        let Some(people) = self.people.county(county) else { return Ok(()) };
        let told: Vec<(Telling, &Tell)> = tellings
            .into_iter()
            .filter_map(|telling| {
                let tell = people.settings.tells.get(&telling.kind)?;
                Some((telling, tell))
            })
            .filter(|(_, tell)| tell.by.iter().any(|channel| people.gateways.contains_key(channel)))
            .collect();
        if told.is_empty() {
            return Ok(());
        }
        let of_residents = |(telling, _): &&(Telling, &Tell)| telling.person_kind == PersonKind::Resident;
        let cases: Vec<Uuid> =
            told.iter().filter(of_residents).map(|(telling, _)| telling.subject.case_id).collect();
        let (codes, before) = if cases.is_empty() {
            Default::default()
        } else {
            (codes_of(conn, county, &cases).await?, residents_told(conn, county, &cases).await?)
        };
        let mut messages = Vec::new();
        for (telling, tell) in &told {
            let before = before.get(&telling.subject.case_id).map_or(&[][..], Vec::as_slice);
            let code = codes.get(&telling.subject.case_id).map(Vec::as_slice);
            messages.extend(self.messages_of(people, telling, tell, code, before));
        }
        mark_repeats(&mut messages);
        mark_overtaken(&mut messages);
        for channel in insert_messages(conn, county, &messages, people.settings.late).await? {
            people.ring(channel);
        }
        Ok(())
    }

    /// The messages of one telling. What does not open is left out and said: others are not to wait for it.
    fn messages_of(
        &self,
        people: &CountyPeople,
        telling: &Telling,
        tell: &Tell,
        sealed_code: Option<&[u8]>,
        before: &[ToldResident],
    ) -> Vec<NewMessage> {
        let county = people.county.code.as_str();
        let open = |sealed: &[u8]| {
            let plain = self.keyring.open(sealed, county.as_bytes()).map_err(NotificationError::from);
            plain.inspect_err(|error| {
                let (error, telling_id): (&dyn std::error::Error, _) = (error, telling.telling_id);
                tracing::error!(county, %telling_id, error, "whom to tell does not open");
            })
        };
        let own = (telling.subject.case_number.as_str(), sealed_code);
        // Each number once, with the case's number and the code by which it knows the matter.
        let mut recipients: BTreeMap<Telephone, (&str, Option<&[u8]>)> = BTreeMap::new();
        match telling.person_kind {
            PersonKind::Officer | PersonKind::Contact => {
                let plain = open(&telling.sealed_telephone).unwrap_or_default();
                recipients.extend(
                    Telephone::read(&String::from_utf8_lossy(&plain)).map(|telephone| (telephone, own)),
                );
            }
            PersonKind::Resident => {
                // Whoever was told that the matter was taken in is told how it ends, whoever reported last, and also
                // where it is handled with another one by now.
                let ends = matches!(telling.kind, TellingKind::Settled | TellingKind::Closed);
                for told in before.iter().filter(|_| ends).take(MOST_TOLD_BEFORE) {
                    let plain = open(&told.sealed_address).unwrap_or_default();
                    if let Some(telephone) = Telephone::read(&String::from_utf8_lossy(&plain)) {
                        recipients.insert(telephone, (&told.case_number, told.sealed_code.as_deref()));
                    }
                }
                let plain = open(&telling.sealed_matter).unwrap_or_default();
                let matter = Matter::decode(plain.as_slice()).unwrap_or_default();
                for telephone in reporters(&matter).take(MOST_RESIDENTS) {
                    recipients.entry(telephone).or_insert(own);
                }
            }
            PersonKind::Unspecified => {}
        }
        let of = |(telephone, (number, sealed_code)): (Telephone, (&str, Option<&[u8]>))| {
            let code = sealed_code.and_then(|sealed| open(sealed).ok()).unwrap_or_default();
            let text = said(people, telling, tell, (number, &String::from_utf8_lossy(&code)));
            let channels: Vec<Channel> = tell
                .by
                .iter()
                .copied()
                .filter(|channel| people.gateways.contains_key(channel) && telephone.hears(*channel))
                .collect();
            (!channels.is_empty()).then(|| NewMessage {
                message_id: Uuid::now_v7(),
                telling_id: telling.telling_id,
                kind: telling.kind,
                person_kind: telling.person_kind,
                person: telling.person.clone(),
                subject: telling.subject.subject,
                case_id: telling.subject.case_id,
                case_number: telling.subject.case_number.clone(),
                what: telling.subject.what.clone(),
                level: telling.level,
                drill: telling.subject.drill,
                recipient: recipient(&self.keyring, county, &telephone.0),
                recipient_before: recipient_before(&self.keyring, county, &telephone.0),
                sealed_address: self.keyring.seal(telephone.0.as_bytes(), county.as_bytes()),
                channels,
                version: people.settings.version.clone(),
                sealed_text: self.keyring.seal(text.as_bytes(), county.as_bytes()),
                requested_at: telling.requested_at,
                again_minutes: tell.again_minutes,
                repeated: false,
                overtaken: false,
            })
        };
        recipients.into_iter().filter_map(of).collect()
    }
}

#[async_trait]
impl Apply for PeopleEvents {
    async fn apply(
        &self,
        conn: &mut PgConnection,
        step: &Step,
        batch: &[Envelope],
    ) -> Result<Applied, ApplyError> {
        self.store(conn, batch).await?;
        Ok(step.take_alone(conn).await?)
    }

    /// No push waits until persons are told.
    fn part(&self) -> Option<&'static str> {
        Some("people")
    }

    fn gathers_for(&self) -> Duration {
        GATHERED
    }
}

/// The words, filled in.
fn said(people: &CountyPeople, telling: &Telling, tell: &Tell, (number, code): (&str, &str)) -> String {
    let subject = &telling.subject;
    let due = subject.due_at.map(|at| day_and_minute(at, &people.county.time_zone)).unwrap_or_default();
    let facts = Facts {
        number: if number.is_empty() { NO_NUMBER } else { number },
        area: &subject.area_name,
        agency: &subject.agency_name,
        what: &subject.what,
        due: &due,
        code,
        page: &people.settings.page,
        phone: &people.settings.phone,
    };
    format!("{}{}", if subject.drill { DRILL } else { "" }, tell.words.filled(&facts))
}

fn day_and_minute(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%-m月%-d日%H:%M").to_string()
}

/// By what a number is known that was told before.
pub(super) fn recipient(keyring: &Keyring, county: &str, telephone: &str) -> [u8; 16] {
    keyring.lookup_hash(TOLD, &told(county, telephone))
}

/// By what it was known before the lookup key changed; none where it does not change.
fn recipient_before(keyring: &Keyring, county: &str, telephone: &str) -> Option<[u8; 16]> {
    match keyring.lookup_keys().as_slice() {
        [older, _] => Some(older.hash(TOLD, &told(county, telephone))),
        _ => None,
    }
}

fn told(county: &str, telephone: &str) -> String {
    format!("{county}\n{telephone}")
}

/// A telephone number as digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Telephone(String);

impl Telephone {
    /// Reads a number; none where it is too short or long to be one.
    fn read(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let digits = match digits.strip_prefix("86") {
            Some(own) if digits.len() == 13 => own.to_owned(),
            _ => digits,
        };
        (7..=12).contains(&digits.len()).then_some(Self(digits))
    }

    /// Whether a channel reaches it: only mobile numbers have texts.
    fn hears(&self, channel: Channel) -> bool {
        match channel {
            Channel::Voice => true,
            Channel::Sms | Channel::Wechat => self.0.len() == 11 && self.0.starts_with('1'),
        }
    }
}

/// Whoever reported, as far as they have a telephone.
fn reporters(matter: &Matter) -> impl Iterator<Item = Telephone> {
    let reporters = matter.parties.iter().filter(|party| party.role() == PartyRole::Reporter);
    reporters.filter_map(|party| Telephone::read(&party.phone))
}

/// How cases stand after a batch: of each the newest.
fn standings(batch: &[Envelope]) -> Result<Vec<Standing>, ApplyError> {
    let mut newest: BTreeMap<Uuid, Standing> = BTreeMap::new();
    for envelope in batch.iter().filter(|envelope| envelope.kind == CASE_CHANGED) {
        let standing = standing(envelope).map_err(|reason| envelope.refused(reason))?;
        let held = newest.get(&standing.case_id);
        if held.is_none_or(|held| held.version < standing.version) {
            newest.insert(standing.case_id, standing);
        }
    }
    Ok(newest.into_values().collect())
}

fn standing(envelope: &Envelope) -> Result<Standing, &'static str> {
    let changed = CaseChanged::decode(envelope.payload.as_slice()).map_err(|_| "it is not a CaseChanged")?;
    let time = |given: &Option<prost_types::Timestamp>| given.as_ref().and_then(from_proto);
    let merged_into = match changed.merged_into.as_str() {
        "" => None,
        other => Some(Uuid::parse_str(other).map_err(|_| "merged_into is not a UUID")?),
    };
    Ok(Standing {
        case_id: Uuid::parse_str(&changed.case_id).map_err(|_| "case_id is not a UUID")?,
        version: changed.version,
        state: CaseState::try_from(changed.state).map_err(|_| "the state is unknown")?,
        opened_at: time(&changed.opened_at).ok_or("opened_at is missing or impossible")?,
        signed_at: time(&changed.lead_signed_at),
        resolved_at: time(&changed.resolved_at),
        revisited_at: time(&changed.revisited_at),
        closed_at: time(&changed.closed_at),
        case_number: changed.number,
        merged_into,
        protected: changed.protected,
        drill: changed.drill,
    })
}

/// What a batch tells persons, each once.
fn tellings(batch: &[Envelope]) -> Result<Vec<Telling>, ApplyError> {
    debug_assert_eq!(PERSON_TO_TELL, PersonToTell::full_name());
    let mut seen = HashSet::new();
    let told = batch
        .iter()
        .filter(|envelope| envelope.kind == PERSON_TO_TELL)
        .map(|envelope| telling(envelope).map_err(|reason| envelope.refused(reason)));
    told.filter(|telling| telling.as_ref().map_or(true, |telling| seen.insert(telling.telling_id))).collect()
}

fn telling(envelope: &Envelope) -> Result<Telling, &'static str> {
    let asked = PersonToTell::decode(envelope.payload.as_slice()).map_err(|_| "it is not a PersonToTell")?;
    Ok(Telling {
        telling_id: Uuid::parse_str(&asked.telling_id).map_err(|_| "telling_id is not a UUID")?,
        kind: TellingKind::try_from(asked.kind).map_err(|_| "the kind is unknown")?,
        person_kind: PersonKind::try_from(asked.person_kind).map_err(|_| "the kind of person is unknown")?,
        level: Level::try_from(asked.level).map_err(|_| "the level is unknown")?,
        requested_at: asked
            .requested_at
            .as_ref()
            .and_then(from_proto)
            .ok_or("requested_at is missing or impossible")?,
        subject: Subject {
            subject: PushSubject::try_from(asked.subject).map_err(|_| "the kind of subject is unknown")?,
            case_id: Uuid::parse_str(&asked.case_id).map_err(|_| "case_id is not a UUID")?,
            case_number: asked.case_number,
            area_name: asked.area_name,
            agency_name: asked.agency_name,
            what: asked.what,
            due_at: asked.due_at.as_ref().and_then(from_proto),
            drill: asked.drill,
        },
        person: asked.person,
        sealed_telephone: asked.sealed_telephone,
        sealed_matter: asked.sealed_matter,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_digits_and_only_mobile_ones_have_texts() {
        let mobile = Telephone::read("+86 154-2004-1000").unwrap();
        assert_eq!(mobile.0, "15420041000");
        assert!(mobile.hears(Channel::Sms) && mobile.hears(Channel::Voice));
        let landline = Telephone::read("0713-2950000").unwrap();
        assert!(!landline.hears(Channel::Sms) && landline.hears(Channel::Voice));
        assert_eq!(Telephone::read(""), None);
        assert_eq!(Telephone::read("110"), None);
    }
}
