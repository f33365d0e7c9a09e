//! Persons are told at least once, once of one thing, not at night, and never of a protected case.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod world;

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use fengqiao_county::County;
use fengqiao_messaging::{Envelope, Topic};
use fengqiao_notification::{
    domain::people::Channel,
    people::{
        CountyPeople, Gateway, HttpForm, HttpGateway, Outgoing, People, PeopleRehashing, PeopleSettings,
        Sender,
    },
    settings::DeliverySettings,
    store::people::{KeptMessage, MessagePlace, MessageState, WhichMessages},
};
use fengqiao_proto::{
    routing::v1::{CaseChanged, CaseExpired, PersonToTell},
    types::v1::{CaseState, Level, Matter, Party, PartyRole, PersonKind, PushSubject, TellingKind},
};
use fengqiao_sealing::{KeyFileChange, change};
use fengqiao_serving::{
    rehashing::{HashedAnew as _, Looked},
    time::{now, to_proto},
};
use fengqiao_webhook::{Address, Answered, Poster};
use jiff::{Timestamp, ToSpan as _};
use prost::Message as _;
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use world::{COUNTY, Process, SECRET, World, quick, sink::Sink, until};

/// A gateway that remembers, and does what it is told.
#[derive(Default)]
struct Heard {
    messages: Mutex<Vec<(String, String, String)>>,
    refuses: AtomicBool,
    /// Takes a message and never answers, as one whose answer is lost with the process that waits for it.
    hangs: AtomicBool,
    came: Notify,
}

impl Heard {
    fn ids(&self) -> Vec<String> {
        self.messages.lock().unwrap().iter().map(|(id, ..)| id.clone()).collect()
    }

    fn texts(&self) -> Vec<(String, String)> {
        self.messages.lock().unwrap().iter().map(|(_, to, text)| (to.clone(), text.clone())).collect()
    }
}

#[async_trait]
impl Gateway for Heard {
    async fn hand_over(&self, message: &Outgoing, limit: Duration) -> Answered {
        let said = (message.id.clone(), message.telephone.clone(), message.text.clone());
        self.messages.lock().unwrap().push(said);
        self.came.notify_one();
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let _ = limit;
        if self.refuses.load(Ordering::SeqCst) {
            return Answered::failed("no connection");
        }
        Answered { delivered: true, http_status: 200, error: String::new(), asked: None, answer: Vec::new() }
    }
}

struct Town {
    world: World,
    process: Process,
    people: People,
    heard: HashMap<Channel, Arc<Heard>>,
    senders: Vec<JoinHandle<()>>,
    stop: CancellationToken,
}

fn county() -> Arc<County> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
    Arc::new(County::load(&folder).unwrap())
}

/// No night: tests run at all hours.
const AWAKE: &str =
    "[quiet]\nfrom = '00:00'\nuntil = '00:00'\n[page]\naddress = 'https://p'\nphone = '0713-1'\n";
/// Asleep at all hours but one second.
const ASLEEP: &str =
    "[quiet]\nfrom = '00:00:01'\nuntil = '00:00:00'\n[page]\naddress = 'https://p'\nphone = '0713-1'\n";

impl Town {
    async fn new(settings: &str, channels: &[Channel]) -> Self {
        Self::with(settings, channels, quick()).await
    }

    async fn with(settings: &str, channels: &[Channel], times: DeliverySettings) -> Self {
        let heard: HashMap<Channel, Arc<Heard>> =
            channels.iter().map(|channel| (*channel, Arc::default())).collect();
        let gateways =
            heard.iter().map(|(channel, heard)| (*channel, Arc::clone(heard) as Arc<dyn Gateway>)).collect();
        Self::on(settings, gateways, heard, times).await
    }

    async fn on(
        settings: &str,
        gateways: HashMap<Channel, Arc<dyn Gateway>>,
        heard: HashMap<Channel, Arc<Heard>>,
        times: DeliverySettings,
    ) -> Self {
        let settings = PeopleSettings::of(settings, Path::new("people.toml")).unwrap();
        let people = People::of([CountyPeople::new(county(), settings, gateways)]);
        let mut world = World::new(times).await;
        world.people = people.clone();
        let process = world.process().await;
        let mut town =
            Self { world, process, people, heard, senders: Vec::new(), stop: CancellationToken::new() };
        town.start();
        town
    }

    /// The senders of a process begin.
    fn start(&mut self) {
        let county = self.people.county(COUNTY).unwrap();
        let (world, store) = (&self.world, &self.process.delivery.store);
        for sender in Sender::all_of(county, store, &world.keyring, &world.settings) {
            self.senders.push(tokio::spawn(sender.run(self.stop.clone())));
        }
    }

    /// `kill -9` of the senders: nothing is written down any more.
    async fn kill(&mut self) {
        for sender in self.senders.drain(..) {
            sender.abort();
            let _ = sender.await;
        }
    }

    async fn apply(&self, batch: &[Envelope]) {
        self.world.apply(&self.process, batch).await;
    }

    async fn messages(&self) -> Vec<KeptMessage> {
        let end = MessagePlace { at: "2200-01-01T00:00:00Z".parse().unwrap(), message_id: Uuid::max() };
        self.process.delivery.store.messages(COUNTY, &WhichMessages::default(), &end, 100).await.unwrap()
    }

    async fn in_state(&self, state: MessageState) -> usize {
        self.messages().await.iter().filter(|message| message.state == state as i16).count()
    }

    async fn until_taken(&self, count: usize) {
        until("messages are taken", async || self.in_state(MessageState::Taken).await == count).await;
    }

    fn heard(&self, channel: Channel) -> &Heard {
        &self.heard[&channel]
    }

    async fn end(mut self) {
        self.stop.cancel();
        for sender in self.senders.drain(..) {
            sender.await.unwrap();
        }
        self.process.end().await;
    }

    fn officer(&self, kind: TellingKind, level: Level, case_id: Uuid, at: Timestamp) -> PersonToTell {
        PersonToTell {
            telling_id: Uuid::now_v7().to_string(),
            kind: kind.into(),
            person_kind: PersonKind::Officer.into(),
            person: "officer-zhao".into(),
            case_id: case_id.to_string(),
            case_number: "20261124-0001".into(),
            subject: PushSubject::Case.into(),
            level: level.into(),
            area_name: "阎家河镇".into(),
            agency_name: "麻城市公安局".into(),
            what: "签收".into(),
            requested_at: Some(to_proto(at)),
            due_at: Some(to_proto(at)),
            sealed_telephone: self.world.keyring.seal("15420041000".as_bytes(), COUNTY.as_bytes()),
            ..PersonToTell::default()
        }
    }

    fn residents(&self, kind: TellingKind, case_id: Uuid, phones: &[&str]) -> PersonToTell {
        let party = |phone: &&str| Party {
            role: PartyRole::Reporter.into(),
            name: "张三".into(),
            phone: (*phone).to_owned(),
            ..Default::default()
        };
        let accused =
            Party { role: PartyRole::Respondent.into(), phone: "15420049999".into(), ..Default::default() };
        let parties = phones.iter().map(party).chain([accused]).collect();
        let matter = Matter { title: "楼上漏水".into(), parties, ..Default::default() };
        PersonToTell {
            person_kind: PersonKind::Resident.into(),
            person: String::new(),
            what: String::new(),
            sealed_telephone: Vec::new(),
            sealed_matter: self.world.keyring.seal(&matter.encode_to_vec(), COUNTY.as_bytes()),
            ..self.officer(kind, Level::Yellow, case_id, now())
        }
    }

    fn told(&self, asked: &PersonToTell) -> Envelope {
        self.envelope("fengqiao.routing.v1.PersonToTell", asked.encode_to_vec())
    }

    fn changed(&self, case_id: Uuid, version: i64, protected: bool) -> Envelope {
        let changed = CaseChanged {
            case_id: case_id.to_string(),
            version,
            number: "20261124-0001".into(),
            state: CaseState::Open.into(),
            opened_at: Some(to_proto(now())),
            protected,
            ..CaseChanged::default()
        };
        self.envelope("fengqiao.routing.v1.CaseChanged", changed.encode_to_vec())
    }

    fn envelope(&self, kind: &str, payload: Vec<u8>) -> Envelope {
        let (_, like) = self.world.request("police", Level::Yellow);
        Envelope { kind: kind.into(), topic: Topic::Routing, payload, trace: None, ..like }
    }
}

#[tokio::test]
async fn one_person_is_told_once_of_one_thing_however_often_events_come() {
    let town = Town::new(AWAKE, &[Channel::Sms]).await;
    let (case_id, at) = (Uuid::now_v7(), now());
    let first = town.officer(TellingKind::DueSoon, Level::Yellow, case_id, at);
    // The same event twice in a batch, and again later: a replay.
    town.apply(&[town.told(&first), town.told(&first)]).await;
    town.apply(&[town.told(&first)]).await;
    // One that still waits would be overtaken by the step of ten minutes later.
    town.until_taken(1).await;
    // Another event of the same thing nine minutes later is withheld, and kept; after ten it is told.
    let again = town.officer(TellingKind::DueSoon, Level::Yellow, case_id, at + 9.minutes());
    let later = town.officer(TellingKind::DueSoon, Level::Yellow, case_id, at + 10.minutes());
    let other = town.officer(TellingKind::Overdue, Level::Yellow, case_id, at);
    town.apply(&[town.told(&again)]).await;
    town.apply(&[town.told(&later), town.told(&other)]).await;
    town.until_taken(3).await;
    assert_eq!(town.messages().await.len(), 4);
    assert_eq!(town.in_state(MessageState::Withheld).await, 1);
    let ids = town.heard(Channel::Sms).ids();
    assert_eq!(ids.iter().collect::<std::collections::HashSet<_>>().len(), 3);
    let kept = &town.messages().await[0];
    assert_eq!((kept.version.as_str(), kept.channel, kept.recipient.len()), ("1", Channel::Sms, 16));
    let (to, text) = &town.heard(Channel::Sms).texts()[0];
    assert_eq!(to, "15420041000");
    assert!(text.starts_with("【综治】事项20261124-0001的签收将于"), "{text}");
    town.end().await;
}

#[tokio::test]
async fn who_was_told_is_known_while_the_lookup_key_changes_and_by_the_new_one_alone_at_the_end() {
    let town = Town::new(AWAKE, &[Channel::Sms]).await;
    let keyring = &town.world.keyring;
    let (case_id, at) = (Uuid::now_v7(), now());
    let first = town.officer(TellingKind::DueSoon, Level::Yellow, case_id, at);
    let other = town.officer(TellingKind::DueSoon, Level::Yellow, Uuid::now_v7(), at);
    town.apply(&[town.told(&first), town.told(&other)]).await;
    town.until_taken(2).await;
    change(town.world.keys.path(), KeyFileChange::BeginLookup).unwrap();
    keyring.reload().unwrap();
    // Hashed by the old key and by the new one: nobody is told twice, neither of a replay nor of the same thing again.
    let again = town.officer(TellingKind::DueSoon, Level::Yellow, case_id, at + 5.minutes());
    town.apply(&[town.told(&first), town.told(&again)]).await;
    assert_eq!(town.messages().await.len(), 3);
    assert_eq!(town.in_state(MessageState::Withheld).await, 1);
    let store = town.process.delivery.store.clone();
    let rehashing = PeopleRehashing::new(store, vec![COUNTY.into()], Arc::clone(keyring));
    let stop = CancellationToken::new();
    assert!(!rehashing.is_finished(&[1, 2]).await.unwrap());
    assert_eq!(rehashing.look(&stop).await.unwrap(), Looked { done: 2, left: 0 });
    assert_eq!(rehashing.look(&stop).await.unwrap(), Looked::default());
    rehashing.finish(&[1, 2]).await.unwrap();
    change(town.world.keys.path(), KeyFileChange::EndLookup).unwrap();
    keyring.reload().unwrap();
    let once_more = town.officer(TellingKind::DueSoon, Level::Yellow, case_id, at + 6.minutes());
    town.apply(&[town.told(&first), town.told(&once_more)]).await;
    assert_eq!((town.messages().await.len(), town.in_state(MessageState::Withheld).await), (4, 2));
    let known: std::collections::HashSet<Vec<u8>> =
        town.messages().await.into_iter().map(|message| message.recipient).collect();
    assert_eq!(known.len(), 1, "one person, one hash");
    town.end().await;
}

#[tokio::test]
async fn who_is_killed_between_the_gateway_and_the_database_loses_and_doubles_nothing() {
    let mut town = Town::new(AWAKE, &[Channel::Sms]).await;
    town.heard(Channel::Sms).hangs.store(true, Ordering::SeqCst);
    let asked = town.officer(TellingKind::Overdue, Level::Red, Uuid::now_v7(), now());
    town.apply(&[town.told(&asked)]).await;
    let heard = Arc::clone(&town.heard[&Channel::Sms]);
    tokio::time::timeout(Duration::from_secs(10), heard.came.notified()).await.unwrap();
    town.kill().await;
    assert_eq!(town.in_state(MessageState::Waiting).await, 1);
    heard.hangs.store(false, Ordering::SeqCst);
    town.start();
    town.until_taken(1).await;
    let ids = heard.ids();
    assert!(ids.len() >= 2, "the gateway got it again");
    assert!(ids.iter().all(|id| *id == ids[0]), "under the same id");
    assert_eq!(town.messages().await[0].tries, i32::try_from(ids.len()).unwrap());
    town.end().await;
}

#[tokio::test]
async fn a_channel_is_given_no_more_in_a_second_than_it_takes() {
    let slow = format!("{AWAKE}[[channel]]\nname = 'sms'\ngateway = 'file'\nper_second = 8\n");
    let town = Town::new(&slow, &[Channel::Sms]).await;
    let asked: Vec<Envelope> = (0..12)
        .map(|_| town.told(&town.officer(TellingKind::Overdue, Level::Yellow, Uuid::now_v7(), now())))
        .collect();
    let began = Instant::now();
    town.apply(&asked).await;
    town.until_taken(12).await;
    // Two at once, and two more each quarter of a second.
    assert!(began.elapsed() >= Duration::from_millis(1_250), "{:?}", began.elapsed());
    town.end().await;
}

#[tokio::test]
async fn where_a_channel_fails_the_next_one_is_tried_at_once_and_the_last_failure_parks() {
    let town = Town::new(AWAKE, &[Channel::Voice, Channel::Sms]).await;
    let (voice, sms) = (town.heard(Channel::Voice), town.heard(Channel::Sms));
    voice.refuses.store(true, Ordering::SeqCst);
    let call = |at| town.officer(TellingKind::Called, Level::Red, Uuid::now_v7(), at);
    town.apply(&[town.told(&call(now()))]).await;
    town.until_taken(1).await;
    assert_eq!((voice.ids().len(), sms.ids().len()), (1, 1));
    assert_eq!(voice.ids(), sms.ids());
    sms.refuses.store(true, Ordering::SeqCst);
    town.apply(&[town.told(&call(now()))]).await;
    until("it is parked", async || town.in_state(MessageState::Parked).await == 1).await;
    let parked = town.messages().await.into_iter().find(|m| m.state == MessageState::Parked as i16).unwrap();
    assert_eq!((parked.tries, parked.error.as_str()), (3, "no connection"));
    // Sent again by hand.
    sms.refuses.store(false, Ordering::SeqCst);
    let resent = town.process.delivery.store.resend_messages(COUNTY, &[parked.message_id]).await.unwrap();
    assert_eq!(resent, [Channel::Voice]);
    town.until_taken(2).await;
    town.end().await;
}

#[tokio::test]
async fn at_night_only_what_is_red_is_told() {
    let town = Town::new(ASLEEP, &[Channel::Sms]).await;
    let case_id = Uuid::now_v7();
    let orange = town.officer(TellingKind::Overdue, Level::Orange, case_id, now());
    let red = town.officer(TellingKind::DueSoon, Level::Red, case_id, now());
    town.apply(&[town.told(&orange), town.told(&red)]).await;
    town.until_taken(1).await;
    let waiting = town.messages().await.into_iter().find(|m| m.state == MessageState::Waiting as i16);
    assert_eq!(waiting.unwrap().tries, 0, "it was not even tried");
    town.end().await;
}

#[tokio::test]
async fn residents_have_their_code_and_hear_the_end_whoever_reported_last() {
    let town = Town::new(AWAKE, &[Channel::Sms]).await;
    let case_id = Uuid::now_v7();
    let received = |phones: &[&str]| town.residents(TellingKind::Received, case_id, phones);
    // A landline has no texts, and the other side is told nothing.
    town.apply(&[town.changed(case_id, 1, false), town.told(&received(&["154 2004 2000", "0713-2950000"]))])
        .await;
    town.apply(&[town.changed(case_id, 2, false), town.told(&received(&["15420042001"]))]).await;
    town.until_taken(2).await;
    let texts = town.heard(Channel::Sms).texts();
    let code = |text: &str| text.split_once("查询码").unwrap().1[..8].to_owned();
    assert_eq!(code(&texts[0].1), code(&texts[1].1), "one code for one case");
    assert!(!texts.iter().any(|(_, text)| text.contains("漏水") || text.contains("张三")), "{texts:?}");
    town.apply(&[town.told(&town.residents(TellingKind::Closed, case_id, &["15420042001"]))]).await;
    town.until_taken(4).await;
    let mut told: Vec<String> =
        town.heard(Channel::Sms).texts().into_iter().skip(2).map(|(to, _)| to).collect();
    told.sort();
    assert_eq!(told, ["15420042000", "15420042001"]);
    town.end().await;
}

#[tokio::test]
async fn of_a_case_that_is_protected_meanwhile_no_resident_is_told_and_after_the_term_nothing_is_left() {
    let town = Town::new(ASLEEP, &[Channel::Sms]).await;
    let case_id = Uuid::now_v7();
    let received = town.residents(TellingKind::Received, case_id, &["15420042000"]);
    let officer = town.officer(TellingKind::DueSoon, Level::Yellow, case_id, now());
    town.apply(&[town.changed(case_id, 1, false), town.told(&received), town.told(&officer)]).await;
    assert_eq!(town.in_state(MessageState::Waiting).await, 2);
    town.apply(&[town.changed(case_id, 2, true)]).await;
    assert_eq!(town.in_state(MessageState::Dropped).await, 1);
    let store = &town.process.delivery.store;
    assert!(store.progress(COUNTY, "20261124-0001").await.unwrap().unwrap().protected);
    let expired = CaseExpired { case_id: case_id.to_string() };
    town.apply(&[town.envelope("fengqiao.routing.v1.CaseExpired", expired.encode_to_vec())]).await;
    assert!(town.messages().await.is_empty());
    assert_eq!(store.progress(COUNTY, "20261124-0001").await.unwrap(), None);
    town.end().await;
}

#[tokio::test]
async fn after_a_long_stop_a_person_hears_the_last_step_only_and_the_others_are_kept_as_overtaken() {
    let late = format!("{AWAKE}[late]\nafter_minutes = 10\nwait_seconds = 2\n");
    let town = Town::new(&late, &[Channel::Sms]).await;
    let (case_id, ago) = (Uuid::now_v7(), |hours: i64| now() - hours.hours());
    let steps = [
        (TellingKind::DueSoon, 50),
        (TellingKind::Overdue, 48),
        (TellingKind::Chased, 24),
        (TellingKind::Chased, 1),
    ];
    let steps: Vec<Envelope> =
        steps.map(|(kind, hours)| town.told(&town.officer(kind, Level::Yellow, case_id, ago(hours)))).into();
    // As the service finds them when it is back: some together, some one by one, and once more.
    town.apply(&steps[..2]).await;
    for step in &steps[2..] {
        town.apply(std::slice::from_ref(step)).await;
    }
    town.apply(&steps).await;
    // What is owed in another case is another matter, and so is what is owed anew.
    let other = town.officer(TellingKind::Overdue, Level::Yellow, Uuid::now_v7(), ago(48));
    town.apply(&[town.told(&other)]).await;
    town.until_taken(2).await;
    assert_eq!(town.in_state(MessageState::Overtaken).await, 3);
    let anew = town.officer(TellingKind::DueSoon, Level::Yellow, case_id, now());
    town.apply(&[town.told(&anew)]).await;
    town.until_taken(3).await;
    let texts: Vec<String> = town.heard(Channel::Sms).texts().into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts.iter().filter(|text| text.contains("催办")).count(), 1, "{texts:?}");
    assert_eq!(town.messages().await.len(), 6);
    town.end().await;
}

#[tokio::test]
async fn whoever_told_of_a_merged_case_hears_once_how_the_other_ends_by_the_number_that_they_know() {
    let town = Town::new(AWAKE, &[Channel::Sms]).await;
    let cases: Vec<(Uuid, String)> = (1..=4).map(|n| (Uuid::now_v7(), format!("20261124-000{n}"))).collect();
    let stands = |at: usize, version: i64, merged_into: Option<usize>| {
        let changed = CaseChanged {
            case_id: cases[at].0.to_string(),
            version,
            number: cases[at].1.clone(),
            state: if merged_into.is_some() { CaseState::Closed } else { CaseState::Open }.into(),
            opened_at: Some(to_proto(now())),
            merged_into: merged_into.map(|into| cases[into].0.to_string()).unwrap_or_default(),
            ..CaseChanged::default()
        };
        town.envelope("fengqiao.routing.v1.CaseChanged", changed.encode_to_vec())
    };
    let told = |kind: TellingKind, at: usize, phones: &[&str]| {
        let asked = town.residents(kind, cases[at].0, phones);
        town.told(&PersonToTell { case_number: cases[at].1.clone(), ..asked })
    };
    // The first went into the second, and that into the third; the fourth was merged and taken out again. One of them told
    // of two.
    let phones = ["15420042001", "15420042002", "15420042003", "15420042004"];
    for (at, phone) in phones.iter().enumerate() {
        let both = [*phone, "15420042009"];
        let phones = if at < 2 { &both[..] } else { &both[..1] };
        town.apply(&[stands(at, 1, None), told(TellingKind::Received, at, phones)]).await;
    }
    town.until_taken(6).await;
    town.apply(&[stands(0, 2, Some(1)), stands(1, 2, Some(2)), stands(3, 2, Some(2))]).await;
    town.apply(&[stands(3, 3, None)]).await;
    let settled = told(TellingKind::Settled, 2, &["15420042003"]);
    town.apply(std::slice::from_ref(&settled)).await;
    town.apply(&[settled]).await;
    town.until_taken(10).await;
    let heard = town.heard(Channel::Sms).texts();
    let mut ends: Vec<(&str, bool)> = Vec::new();
    for (to, text) in heard.iter().filter(|(_, text)| text.contains("办结")) {
        let own = phones.iter().position(|phone| phone == to).unwrap_or(1);
        ends.push((to, text.contains(&cases[own].1)));
    }
    ends.sort_unstable();
    let expected = [phones[0], phones[1], phones[2], "15420042009"];
    assert_eq!(ends.iter().map(|(to, _)| *to).collect::<Vec<_>>(), expected);
    assert!(ends[..3].iter().all(|(_, by_its_number)| *by_its_number), "{heard:?}");
    // What is settled is closed, once more for each.
    town.apply(&[told(TellingKind::Closed, 2, &[])]).await;
    town.until_taken(14).await;
    assert_eq!(town.heard(Channel::Sms).texts().iter().filter(|(to, _)| to == phones[0]).count(), 3);
    town.end().await;
}

#[tokio::test]
async fn an_exercise_says_so_in_its_first_word() {
    let town = Town::new(AWAKE, &[Channel::Sms]).await;
    let asked =
        PersonToTell { drill: true, ..town.officer(TellingKind::Called, Level::Red, Uuid::now_v7(), now()) };
    town.apply(&[town.told(&asked)]).await;
    town.until_taken(1).await;
    let (_, text) = &town.heard(Channel::Sms).texts()[0];
    assert!(text.starts_with("【演练】"), "{text}");
    town.end().await;
}

#[tokio::test]
async fn a_provider_gets_its_own_form_signed_and_the_same_id_at_each_try() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), SECRET).unwrap();
    let sink = Sink::start(503, Duration::ZERO).await;
    let address = Address::read(
        &sink.url("sms"),
        true,
        "secret_files",
        &["secret"],
        &folder.path().join("people.toml"),
    )
    .unwrap();
    let form = HttpForm {
        id: "msgId".into(),
        telephone: "mobile".into(),
        text: "content".into(),
        key: Some(("appKey".into(), "k-1".into())),
        with: [("sign".to_owned(), "综治".to_owned())].into(),
        accepted: None,
    };
    let gateway = HttpGateway::new(Poster::new().unwrap(), address, form);
    let gateways = HashMap::from([(Channel::Sms, Arc::new(gateway) as Arc<dyn Gateway>)]);
    let town = Town::on(AWAKE, gateways, HashMap::new(), quick()).await;
    let asked = town.officer(TellingKind::Overdue, Level::Red, Uuid::now_v7(), now());
    town.apply(&[town.told(&asked)]).await;
    // The second comes when the first was refused.
    until("it was tried twice", async || sink.got().len() >= 2).await;
    sink.status.store(204, Ordering::SeqCst);
    town.until_taken(1).await;
    let bodies: Vec<_> = sink.got().into_iter().map(|got| got.body).collect();
    assert!(sink.got().iter().all(|got| got.headers.contains_key("webhook-signature")));
    assert!(bodies.len() >= 2);
    let said: serde_json::Value = serde_json::from_slice(&bodies[0]).unwrap();
    let text = |field: &str| said[field].as_str().unwrap().to_owned();
    assert_eq!(
        (text("mobile"), text("appKey"), text("sign")),
        ("15420041000".into(), "k-1".into(), "综治".into())
    );
    assert_eq!(text("msgId"), town.messages().await[0].message_id.to_string());
    assert!(bodies.iter().all(|body| *body == bodies[0]), "word for word the same");
    town.end().await;
}
