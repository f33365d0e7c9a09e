//! The timeline in the READMEs is what the command prints of a case that went this way in Macheng.

use std::{fs, path::Path};

use fengqiao_county::County;
use fengqiao_proto::{
    routing::v1::{
        Agreement, CasePush, CaseReport, Docket, Handler, HandlerPart, HistoryEntry, LevelReason,
        Performance, Revisit, Session, SessionResult, SettledAt, SettlementMethod, SubState,
    },
    types::v1::{Matter, Party, PartyRole, Source},
};
use fengqiao_routing::{
    directory::Rank,
    domain::{
        acts::{
            Act,
            closing::Settlement,
            mediation::{self, MediationAct},
            respite::RespiteAct,
            revisits::{RevisitAct, RevisitOutcome},
        },
        arrivals::CasesAtHand,
        case::{CaseFile, Words},
        happening::{Happening, Receipt},
        history::{Entry, Occasion},
        push::PushOrder,
        received_report::ReceivedReport,
        transition::{Change, transition},
    },
    rulebook::Rulebook,
};
use jiff::{Timestamp, civil, tz::TimeZone};
use uuid::Uuid;

use super::page;
use crate::{
    cli::{ColorWhen, ShowOptions},
    moment::to_proto,
    output::Output,
};

const AREA: &str = "421181105202";
const CASE: &str = "01a199d0-cb40-7b3e-9f21-5d0c3e8a1b47";
const READMES: [&str; 2] = ["README.md", "README.zh-CN.md"];
/// The lead, and who else is told.
const SIGNING: [&str; 4] = ["justice", "justice-421181105", "community-421181105202", "town-421181105"];

fn at(local: &str) -> Timestamp {
    let local: civil::DateTime = local.replace(' ', "T").parse().unwrap();
    TimeZone::get("Asia/Shanghai").unwrap().to_timestamp(local).unwrap()
}

/// Who does something: an account, and the post or role in which it does.
fn by(actor: &str, capacity: &str, rank: Rank, moment: &str) -> Occasion {
    let agency = (actor != "officer").then(|| actor.to_owned());
    Occasion { at: at(moment), actor: actor.into(), capacity: capacity.into(), agency, rank }
}

/// A case that goes its way.
struct Story {
    county: County,
    rulebook: Rulebook,
    report: ReceivedReport,
    matter: Matter,
    case: CaseFile,
    entries: Vec<Entry>,
    pushes: Vec<(PushOrder, Option<Timestamp>)>,
}

impl Story {
    fn begin() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
        let county = County::load(&folder).unwrap();
        let rulebook = Rulebook::load(&county, Timestamp::UNIX_EPOCH).unwrap();
        let told = at("2026-11-02 09:12:40");
        let report = ReceivedReport {
            report_id: Uuid::nil(),
            revision: 1,
            source: Source::Hotline12345,
            source_ref: "GD-20261102-0131".into(),
            area_code: AREA.into(),
            category: "neighbourhood".into(),
            occurred_at: told,
            accepted_at: told,
            cluster_id: Uuid::nil(),
            repeat: true,
            follows_cluster: None,
            repeat_reasons: vec!["同一地址".into()],
            found_by: Vec::new(),
            received_by: "hotline".into(),
            first_contact: String::new(),
            ticket: None,
            sealed_matter: Vec::new(),
            confidential: false,
            drill: false,
        };
        let party = |role: PartyRole, name: &str, phone: &str| Party {
            role: role.into(),
            name: name.into(),
            phone: phone.into(),
            ..Default::default()
        };
        let matter = Matter {
            title: "排水沟纠纷".into(),
            narrative: "邻居新砌院墙占了排水沟，下雨倒灌，争执多次".into(),
            address: "凉亭村三组".into(),
            parties: vec![
                party(PartyRole::Reporter, "王某", "15420040001"),
                party(PartyRole::Respondent, "李某", "15420040002"),
            ],
            ..Default::default()
        };
        let mut hand = CasesAtHand::default();
        hand.set_series("20261102".into(), 16);
        let id = CASE.parse().unwrap();
        let (change, _) = hand.receive(&report, &matter, &county, &rulebook, told, id).unwrap().unwrap();
        let case = change.case.clone();
        let mut story =
            Self { county, rulebook, report, matter, case, entries: Vec::new(), pushes: Vec::new() };
        story.keep(change);
        story
    }

    fn keep(&mut self, change: Change) {
        self.case = change.case;
        self.entries.extend(change.entries);
        self.pushes.extend(change.pushes.into_iter().map(|push| (push, None)));
    }

    fn happens(&mut self, occasion: &Occasion, happening: &Happening) {
        let responsible = self.rulebook.responsible_of(&self.case, self.county.day(occasion.at));
        let setting = self.rulebook.setting(&self.county, &responsible);
        self.keep(transition(&self.case, happening, occasion, setting).unwrap());
    }

    /// The clocks say first what they have to say.
    fn does(&mut self, occasion: &Occasion, happening: &Happening) {
        while let Some(next) = self.case.docket.duties.iter().filter_map(|duty| duty.next_at).min()
            && next <= occasion.at
        {
            self.happens(&Occasion::of_system(next), &Happening::TimePassed);
        }
        self.happens(occasion, happening);
    }

    fn act(&mut self, occasion: &Occasion, act: Act) {
        self.does(occasion, &Happening::Act(act));
    }

    fn signed(&mut self, agency: &str, moment: &str) {
        let receipt = Happening::Receipt {
            agency: agency.into(),
            form: fengqiao_routing::domain::push::Form::Report,
            outcome: Receipt::Signed,
            words: None,
            evidence: Vec::new(),
            entered: None,
        };
        self.does(&by(agency, agency, Rank::Staff, moment), &receipt);
        for (push, signed_at) in &mut self.pushes {
            if push.recipient.agency == agency {
                signed_at.get_or_insert(at(moment));
            }
        }
    }

    fn session(&mut self, held: &str, moment: &str, result: mediation::SessionResult, words: &str) {
        let act = MediationAct::HoldSession {
            at: at(held),
            mediators: vec!["elders-harmony".into()],
            present: vec![PartyRole::Reporter.into(), PartyRole::Respondent.into()],
            result,
            minutes: 90,
            words: words.into(),
        };
        self.act(&by("justice", "justice", Rank::Staff, moment), Act::Mediation(act));
    }

    /// As the service shows it.
    fn shown(&self) -> (super::Case, Vec<HistoryEntry>) {
        let Self { county, rulebook, report, matter, case, .. } = self;
        let reason = &case.level_reason;
        let time = |moment: Timestamp| Some(to_proto(moment));
        let message = super::Case {
            case_id: case.id.to_string(),
            number: case.number.clone(),
            state: case.state.code().into(),
            level: case.level.code().into(),
            level_reason: Some(LevelReason {
                rule: reason.rule.clone(),
                rule_set: reason.rule_set.clone(),
                text: reason.text.clone(),
                facts: reason.facts.clone().into_iter().collect(),
            }),
            area_code: case.area_code.clone(),
            area_name: county.areas.now().name_path(&case.area_code),
            category: case.category.clone(),
            first_source: case.first_source.into(),
            first_receiver: case.first_receiver.clone(),
            lead_agency: case.lead_agency.clone(),
            opened_at: time(case.opened_at),
            resolved_at: case.resolved_at.and_then(time),
            closed_at: case.closed_at.and_then(time),
            sub_state: Some(SubState {
                code: case.docket.state.clone(),
                name: rulebook.practice.states.name(&case.docket.state).to_owned(),
            }),
            handlers: case
                .docket
                .handlers
                .iter()
                .map(|handler| Handler {
                    agency: handler.agency.clone(),
                    part: HandlerPart::Lead.into(),
                    signed_at: handler.signed_at.and_then(time),
                    ..Default::default()
                })
                .collect(),
            tags: case.docket.tags.iter().cloned().collect(),
            docket: Some(self.docket()),
            reports: vec![CaseReport {
                source: report.source.into(),
                source_ref: report.source_ref.clone(),
                revision: report.revision,
                occurred_at: time(report.occurred_at),
                repeat: report.repeat,
                repeat_reasons: report.repeat_reasons.clone(),
                ..Default::default()
            }],
            pushes: self
                .pushes
                .iter()
                .map(|(push, signed_at)| CasePush {
                    agency: push.recipient.agency.clone(),
                    form: push.recipient.form.code().into(),
                    level: push.level.code().into(),
                    requested_at: time(push.requested_at),
                    due_at: time(push.due_at),
                    signed_at: signed_at.and_then(time),
                    ..Default::default()
                })
                .collect(),
            matter: Some(matter.clone()),
            ..Default::default()
        };
        let history = self.entries.iter().map(|entry| HistoryEntry {
            sequence: entry.sequence,
            at: time(entry.at),
            kind: entry.kind.code().into(),
            actor: entry.actor.clone(),
            capacity: entry.capacity.clone(),
            text: entry.text.clone(),
            remark: match &entry.remark {
                Some(Words::Plain(words)) => words.clone(),
                Some(Words::Sealed(_)) | None => String::new(),
            },
            ..Default::default()
        });
        (message, history.collect())
    }

    /// What of the docket stands on the page of a case that is over.
    fn docket(&self) -> Docket {
        let docket = &self.case.docket;
        let agreement = docket.mediation.agreement.as_ref().unwrap();
        assert!(docket.duties.is_empty() && docket.suggestion.is_none(), "it is over");
        let result = |session: &mediation::Session| match session.result {
            mediation::SessionResult::Agreed => SessionResult::Agreed,
            _ => SessionResult::Adjourned,
        };
        Docket {
            sessions: docket
                .mediation
                .sessions
                .iter()
                .map(|session| Session { result: result(session).into(), ..Default::default() })
                .collect(),
            agreement: Some(Agreement {
                reference: agreement.reference.clone(),
                performances: agreement
                    .performances
                    .iter()
                    .map(|one| Performance {
                        done: one.checked.is_some_and(|(_, done)| done),
                        ..Default::default()
                    })
                    .collect(),
                ..Default::default()
            }),
            method: SettlementMethod::CapablePeople.into(),
            settled_at: SettledAt::Community.into(),
            revisits: docket
                .revisits
                .iter()
                .map(|revisit| Revisit {
                    at: revisit.answer.as_ref().map(|answer| to_proto(answer.at)),
                    ..Default::default()
                })
                .collect(),
            ..Default::default()
        }
    }
}

fn played() -> Story {
    let lead = |moment| by("justice", "justice", Rank::Staff, moment);
    let officer = |moment| by("officer", "officer", Rank::Officer, moment);
    let leader = |moment| by("officer", "centre-deputy", Rank::Leader, moment);
    let mut story = Story::begin();
    for (agency, moment) in SIGNING.into_iter().zip([
        "2026-11-02 09:31:05",
        "2026-11-02 09:36:50",
        "2026-11-02 09:40:12",
        "2026-11-02 10:02:33",
    ]) {
        story.signed(agency, moment);
    }
    story.session(
        "2026-11-05 15:00:00",
        "2026-11-05 16:42:18",
        mediation::SessionResult::Adjourned,
        "双方同意请村里先丈量",
    );
    let ask = RespiteAct::AskExtension { days: 7, words: "丈量结果下周才有".into() };
    story.act(&lead("2026-11-10 10:20:15"), Act::Respite(ask));
    let grant = RespiteAct::DecideExtension { grant: true, words: "同意，雨前办好".into() };
    story.act(&officer("2026-11-10 14:05:30"), Act::Respite(grant));
    story.session(
        "2026-11-13 15:00:00",
        "2026-11-13 16:38:44",
        mediation::SessionResult::Agreed,
        "按丈量结果，院墙退让三十公分",
    );
    let agree = MediationAct::Agree {
        reference: "凉调〔2026〕31号".into(),
        terms: "院墙退让三十公分，两家共修水沟，费用各半".into(),
        performances: vec![("修好水沟".into(), at("2026-11-16 00:00:00"))],
    };
    story.act(&lead("2026-11-13 16:51:07"), Act::Mediation(agree));
    let check =
        MediationAct::CheckPerformance { no: 1, done: true, words: "沟已修好，试水畅通".into() };
    story.act(&lead("2026-11-15 11:20:36"), Act::Mediation(check));
    let settlement = Settlement {
        words: "双方和解".into(),
        method: Some(mediation::Method::CapablePeople),
        settled_at: Some(mediation::SettledAt::Community),
        credited: None,
    };
    story.act(&officer("2026-11-16 09:30:00"), Act::Resolve(settlement));
    let asked = |no, words: &str| {
        let outcome = RevisitOutcome::Stable;
        Act::Revisit(RevisitAct::Record { no, outcome, satisfaction: 5, words: words.into() })
    };
    story.act(&leader("2026-11-23 09:05:11"), asked(1, "司法局、村委会均无新情况"));
    story.act(&officer("2026-11-23 09:18:47"), asked(2, "雨天不再倒灌"));
    story.act(&officer("2026-11-23 09:26:02"), asked(3, "两家来往如常"));
    let close = Act::Close { words: "双方满意".into() };
    story.act(&officer("2026-11-23 16:10:25"), close);
    story
}

#[test]
fn the_readmes_show_what_is_printed() {
    let (case, history) = played().shown();
    let options = ShowOptions { json: false, color: ColorWhen::Never, time_zone: "Asia/Shanghai".into() };
    let page = page(&case, &history, &Output::new(&options).unwrap());
    for readme in READMES {
        let text =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(readme)).unwrap();
        assert!(text.contains(&page), "{readme} would have to hold:\n{page}");
    }
}
