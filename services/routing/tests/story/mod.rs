//! Stories of cases: reports come, people act in their posts, agencies answer, the clock is moved. Everything
//! goes through the service's own parts, on a real database.

#![allow(dead_code, reason = "each test uses its part")]

use fengqiao_access::Principal;
use fengqiao_proto::{
    intake::v1::{Linkage, ReportAccepted},
    notification::v1::{PushReceipt, ReceiptKind, ReturnReason},
    routing::v1::PushRequested,
    types::v1::{FormKind, Level as LevelCode, Matter, Party, PartyRole, Source},
};
use fengqiao_routing::{
    commands::Command,
    counties::RoutingCounty,
    domain::{
        acts::{
            Act,
            closing::Settlement,
            revisits::{RevisitAct, RevisitOutcome},
        },
        case::CaseFile,
        case_number::CaseName,
        duty::{DutyKind, Holder},
        history::{HistoryKind, Occasion},
        standing::{NewDuty, Outcome, StandingDuty, StandingKind, recording::Recording},
    },
    error::RoutingError,
    series_worker::SeriesWorker,
    store::{StoredEntry, find_case, list_history},
};
use fengqiao_serving::time::{Clock, to_proto};
use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};
use prost::Message as _;
use std::sync::Arc;
use uuid::Uuid;

use crate::office::Office;

/// A county's office and what happens there.
pub struct Story {
    pub office: Office,
    zone: TimeZone,
}

/// Someone in a post: the person, and the post it acts in.
pub type Actor = (&'static str, &'static str);

/// A report as its source tells it.
pub struct Told {
    pub source: Source,
    pub area: &'static str,
    pub category: &'static str,
    pub narrative: String,
    pub people: Vec<PartyRole>,
    /// The id number of each of them.
    pub id_number: &'static str,
    pub cluster: Uuid,
    pub repeat: bool,
    /// Who takes it.
    pub taken_by: &'static str,
    /// The source's own number for it; one of its own where empty.
    pub source_ref: String,
    /// Of a one-key call: the post that is called first.
    pub first_contact: &'static str,
    /// Whether it is an exercise.
    pub drill: bool,
}

impl Told {
    pub fn of(source: Source, area: &'static str, category: &'static str, narrative: &str) -> Self {
        Self {
            source,
            area,
            category,
            narrative: narrative.to_owned(),
            people: vec![PartyRole::Reporter, PartyRole::Respondent],
            id_number: "",
            cluster: Uuid::now_v7(),
            repeat: false,
            taken_by: "窗口受理员",
            source_ref: String::new(),
            drill: false,
            first_contact: "",
        }
    }
}

impl Story {
    /// Opens the office of a county at a local time, for instance `2026-03-01 10:00`.
    pub async fn begin(place: &'static str, local: &str) -> Self {
        let office = Office::of(place).await;
        let story = Self { office, zone: TimeZone::get("Asia/Shanghai").unwrap() };
        story.office.set_clock(story.local(local));
        story
    }

    /// A local time.
    pub fn local(&self, text: &str) -> Timestamp {
        let local: civil::DateTime = text.replace(' ', "T").parse().unwrap();
        self.zone.to_timestamp(local).unwrap()
    }

    pub fn place(&self) -> &Arc<RoutingCounty> {
        self.office.counties.iter().next().unwrap()
    }

    /// Takes a report; its case.
    pub async fn report(&self, told: &Told) -> CaseFile {
        let report_id = Uuid::now_v7();
        let county = self.office.county();
        let matter = Matter {
            title: "纠纷".into(),
            narrative: told.narrative.clone(),
            address: "某路1号".into(),
            parties: told
                .people
                .iter()
                .map(|role| Party {
                    role: (*role).into(),
                    name: "王女士".into(),
                    phone: "13900000000".into(),
                    id_number: told.id_number.into(),
                    ..Party::default()
                })
                .collect(),
            ..Default::default()
        };
        let at = self.office.now();
        let event = ReportAccepted {
            report_id: report_id.to_string(),
            revision: 1,
            source: told.source.into(),
            source_ref: if told.source_ref.is_empty() {
                format!("S-{report_id}")
            } else {
                told.source_ref.clone()
            },
            area_code: told.area.into(),
            category: told.category.into(),
            occurred_at: Some(to_proto(at)),
            accepted_at: Some(to_proto(at)),
            linkage: Some(Linkage {
                cluster_id: told.cluster.to_string(),
                repeat: told.repeat,
                ..Default::default()
            }),
            received_by: told.taken_by.into(),
            sealed_matter: self.office.keyring.seal(&matter.encode_to_vec(), county.as_bytes()),
            first_contact: told.first_contact.into(),
            drill: told.drill,
            ..Default::default()
        };
        self.office.take(&[event]).await.unwrap();
        let case_id: Uuid =
            sqlx::query_scalar("SELECT case_id FROM case_report WHERE county = $1 AND report_id = $2")
                .bind(&county)
                .bind(report_id)
                .fetch_one(&self.office.pool)
                .await
                .unwrap();
        self.case(case_id).await
    }

    /// Someone in a post, now.
    fn occasion(&self, (person, post): Actor) -> Occasion {
        let rulebook = self.place().rulebook();
        let today = self.office.now().to_zoned_datetime(self.zone.clone()).date();
        assert!(rulebook.directory.holds(person, post, today), "{person} is not {post}");
        let post = rulebook.directory.post(post).unwrap();
        Occasion {
            at: self.office.now(),
            actor: person.to_owned(),
            capacity: post.code.clone(),
            agency: (post.agency != rulebook.directory.desk()).then(|| post.agency.clone()),
            rank: post.rank,
        }
    }

    /// Someone does something in a post.
    pub async fn act(&self, actor: Actor, case: Uuid, act: Act) -> Result<CaseFile, RoutingError> {
        let command = Command {
            actor: self.occasion(actor),
            visible_to: None,
            case: CaseName::Id(case),
            request_id: Uuid::now_v7().to_string(),
            etag: String::new(),
            act,
        };
        self.office.face.commands.run(self.place(), command).await
    }

    /// Someone does something that must go.
    pub async fn done(&self, actor: Actor, case: Uuid, act: Act) -> CaseFile {
        self.act(actor, case, act).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Someone tries something that must not go; the reason.
    pub async fn refused(&self, actor: Actor, case: Uuid, act: Act) -> &'static str {
        match self.act(actor, case, act).await {
            Err(RoutingError::Refused(refusal)) => refusal.reason,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// Someone makes a duty besides cases.
    pub async fn owe(&self, actor: Actor, new: NewDuty) -> StandingDuty {
        let (occasion, id) = (self.occasion(actor), Uuid::now_v7().to_string());
        let commands = &self.office.face.commands;
        commands.create_duties(self.place(), &occasion, &id, vec![new]).await.unwrap().remove(0)
    }

    /// Someone records what came of a duty besides cases; what follows.
    pub async fn record(&self, actor: Actor, duty: Uuid, outcome: Outcome) -> Vec<StandingDuty> {
        let recording =
            Recording { outcome, words: String::new(), stay: None, hazards: Vec::new(), next_at: None };
        let (occasion, id) = (self.occasion(actor), Uuid::now_v7().to_string());
        let commands = &self.office.face.commands;
        commands.record_duty(self.place(), &occasion, &id, duty, recording).await.unwrap().follows
    }

    /// Makes what series owe now; how many duties.
    pub async fn make_series(&self) -> u64 {
        let now = self.office.now();
        let worker = SeriesWorker {
            pool: self.office.pool.clone(),
            counties: Arc::clone(&self.office.counties),
            keyring: Arc::clone(&self.office.keyring),
            clock: Clock::moved_by(move || now),
        };
        worker.make_all(self.place()).await.unwrap()
    }

    pub async fn case(&self, id: Uuid) -> CaseFile {
        find_case(&self.office.pool, &self.office.keyring, &self.office.county(), &CaseName::Id(id), None)
            .await
            .unwrap()
    }

    /// Moves the clock to a local time; clocks say what they have to say.
    pub async fn until(&self, local: &str) -> u64 {
        self.office.pass_until(self.local(local)).await
    }

    /// Moves the clock on.
    pub async fn pass(&self, time: SignedDuration) -> u64 {
        self.office.pass_until(self.office.now().checked_add(time).unwrap()).await
    }

    pub async fn history(&self, case: Uuid) -> Vec<StoredEntry> {
        list_history(&self.office.pool, &self.office.county(), case, 0, 10_000).await.unwrap()
    }

    /// The principal of someone of the county's centre.
    pub fn officer(&self, name: &str) -> Principal {
        Principal::new(name, &self.office.county(), "officer", None).unwrap()
    }

    /// The principal of an agency's clerk.
    pub fn agency(&self, code: &str) -> Principal {
        Principal::new(&format!("clerk of {code}"), &self.office.county(), "agency", Some(code)).unwrap()
    }

    /// Whether a history tells of something in these words.
    pub async fn tells(&self, case: Uuid, kind: HistoryKind, words: &str) -> bool {
        self.history(case).await.iter().any(|entry| entry.kind == kind.code() && entry.text.contains(words))
    }

    /// The pushes of a case, or the reminders of a duty besides cases, so far.
    pub async fn pushes(&self, case: Uuid) -> Vec<PushRequested> {
        let id = case.to_string();
        self.office.pushes().await.into_iter().filter(|push| push.case_id == id).collect()
    }

    /// Who got a form of a case.
    pub async fn told(&self, case: Uuid, form: FormKind) -> Vec<String> {
        let pushes = self.pushes(case).await;
        pushes.iter().filter(|push| push.form() == form).map(|push| push.agency.clone()).collect()
    }

    /// Whether an agency was reminded, pressed or called in these words.
    pub async fn reminded(&self, case: Uuid, agency: &str, words: &str) -> bool {
        self.pushes(case).await.iter().any(|push| {
            let of_the_case = matches!(push.form(), FormKind::ReportForm | FormKind::NoticeForm);
            push.agency == agency && !of_the_case && push.reason.contains(words)
        })
    }

    /// An agency says what became of its newest push.
    pub async fn receipt(&self, case: Uuid, agency: &str, kind: ReceiptKind) {
        let pushes = self.pushes(case).await;
        let push = pushes.iter().rev().find(|push| push.agency == agency).expect("a push to the agency");
        let receipt = PushReceipt {
            at: Some(to_proto(self.office.now())),
            return_reason: if kind == ReceiptKind::Returned { ReturnReason::NotOurDuty.into() } else { 0 },
            ..Office::receipt(push, kind)
        };
        self.office.hear(&[receipt]).await.unwrap();
    }

    /// Resolves a case, asks everybody again, and closes it.
    pub async fn settle(&self, officer: Actor, leader: Actor, case: Uuid) -> CaseFile {
        let settlement = Settlement { words: "双方和解".into(), ..Settlement::default() };
        self.done(officer, case, Act::Resolve(settlement)).await;
        self.pass(SignedDuration::from_hours(7 * 24)).await;
        for revisit in self.case(case).await.docket.revisits {
            self.done(leader, case, asked(revisit.no, RevisitOutcome::Stable)).await;
        }
        self.done(officer, case, Act::Close { words: "双方满意".into() }).await
    }
}

/// A duty besides cases that someone makes by hand.
pub fn new_duty(kind: StandingKind, agency: &str, area: &str, due_at: Timestamp, words: &str) -> NewDuty {
    NewDuty {
        kind,
        holder: Holder::agency(agency),
        group: String::new(),
        area_code: area.to_owned(),
        place: None,
        topic: String::new(),
        restricted: false,
        due_at: Some(due_at),
        words: words.to_owned(),
    }
}

/// What was said when people were asked again.
pub fn asked(no: u32, outcome: RevisitOutcome) -> Act {
    Act::Revisit(RevisitAct::Record { no, outcome, satisfaction: 5, words: "回访".into() })
}

/// How many duties of a kind are owed.
pub fn owed(case: &CaseFile, kind: DutyKind) -> usize {
    case.docket.duties.iter().filter(|duty| duty.kind == kind).count()
}

/// The one duty of a kind.
pub fn duty(case: &CaseFile, kind: DutyKind) -> &fengqiao_routing::domain::duty::Duty {
    let mut found = case.docket.duties.iter().filter(|duty| duty.kind == kind);
    let first = found.next().unwrap_or_else(|| panic!("no {} is owed", kind.name()));
    assert!(found.next().is_none(), "more than one {}", kind.name());
    first
}

/// Says what a row of the field's facts was shown by; `tests/run rows` makes a table of it.
pub fn shown(row: &str, what: &str) {
    println!("row\t{row}\t{what}");
}

pub const fn red() -> LevelCode {
    LevelCode::Red
}
