use std::path::Path;

use fengqiao_county::County;
use fengqiao_proto::routing::v1::*;
use fengqiao_serving::time::to_proto;
use jiff::Timestamp;

use super::{Asked, act as read_act, *};
use crate::{directory::Rank, domain::acts::mediation::Method};

fn directory() -> Directory {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
    Directory::load(&County::load(&folder).unwrap(), Timestamp::UNIX_EPOCH).unwrap()
}

fn now() -> Timestamp {
    "2026-11-24T01:00:00Z".parse().unwrap()
}

fn occasion(agency: Option<&str>) -> Occasion {
    Occasion {
        at: now(),
        actor: "li".to_owned(),
        capacity: "officer".to_owned(),
        agency: agency.map(str::to_owned),
        rank: Rank::Officer,
    }
}

fn read(asked: Asked, agency: Option<&str>) -> Result<Act, RoutingError> {
    let request = ActOnCaseRequest { act: Some(asked), ..ActOnCaseRequest::default() };
    read_act(&request, &Acting { directory: &directory(), occasion: &occasion(agency) })
}

/// The fields that are wrong.
fn wrong(asked: Asked, agency: Option<&str>) -> Vec<String> {
    match read(asked, agency) {
        Err(RoutingError::Invalid(violations)) => violations.into_iter().map(|one| one.field).collect(),
        other => panic!("it should be refused: {other:?}"),
    }
}

fn words() -> String {
    "双方同意".to_owned()
}

#[test]
fn a_request_without_an_act_names_it() {
    let request = ActOnCaseRequest::default();
    let refused = read_act(&request, &Acting { directory: &directory(), occasion: &occasion(None) });
    let Err(RoutingError::Invalid(violations)) = refused else { panic!("it is refused") };
    assert_eq!(violations[0].field, "act");
}

#[test]
fn each_wrong_field_is_named_by_its_json_path() {
    let long = "字".repeat(1_001);
    let future = Some(to_proto("2026-11-25T01:00:00Z".parse().unwrap()));
    for (asked, fields) in [
        (
            Asked::Relevel(RelevelAct { level: 9, words: String::new() }),
            vec!["relevel.words", "relevel.level"],
        ),
        (Asked::Assign(AssignAct { agency: "nobody".into(), ..Default::default() }), vec!["assign.agency"]),
        (
            Asked::AddHandler(AddHandlerAct {
                agency: "police".into(),
                part: HandlerPart::Lead.into(),
                ..Default::default()
            }),
            vec!["addHandler.part"],
        ),
        (Asked::Conclude(ConcludeAct { words: long.clone(), ..Default::default() }), vec!["conclude.words"]),
        (Asked::HandOver(HandOverAct::default()), vec!["handOver.person"]),
        (Asked::AskExtension(AskExtensionAct { days: 0, words: words() }), vec!["askExtension.days"]),
        (Asked::AskPark(AskParkAct { until: Some(to_proto(now())), words: words() }), vec!["askPark.until"]),
        (Asked::Supervise(SuperviseAct { words: words(), ..Default::default() }), vec!["supervise.card"]),
        (
            Asked::BlowWhistle(BlowWhistleAct {
                called: vec!["police".into(), "nobody".into()],
                spot: "某路".into(),
                photos: vec!["照".repeat(201)],
                words: words(),
            }),
            vec!["blowWhistle.called[1]", "blowWhistle.photos[0]"],
        ),
        (
            Asked::BlowWhistle(BlowWhistleAct {
                spot: "某路".into(), words: words(), ..Default::default()
            }),
            vec!["blowWhistle.called"],
        ),
        (
            Asked::BlowWhistle(BlowWhistleAct {
                called: vec!["police".into(); 21],
                spot: "某路".into(),
                words: words(),
                ..Default::default()
            }),
            vec!["blowWhistle.called"],
        ),
        (
            Asked::RateWhistle(RateWhistleAct { no: 0, code: "police".into(), rating: 6 }),
            vec!["rateWhistle.no", "rateWhistle.rating"],
        ),
        (
            Asked::HoldSession(HoldSessionAct {
                at: future,
                mediators: vec![String::new()],
                present: vec![1, 7],
                result: 0,
                minutes: 1_441,
                words: String::new(),
            }),
            vec![
                "holdSession.mediators[0]",
                "holdSession.present[1]",
                "holdSession.at",
                "holdSession.minutes",
                "holdSession.result",
            ],
        ),
        (
            Asked::SignAgreement(SignAgreementAct {
                reference: "调字1号".into(),
                terms: words(),
                performances: vec![
                    PromisedPerformance { what: "赔偿".into(), due_at: future },
                    PromisedPerformance { what: "道歉".into(), due_at: Some(to_proto(now())) },
                ],
            }),
            vec!["signAgreement.performances[1].dueAt"],
        ),
        (
            Asked::ChooseMethod(ChooseMethodAct { method: 0, leader: "no-such-post".into() }),
            vec!["chooseMethod.leader", "chooseMethod.method"],
        ),
        (
            Asked::RecordRevisit(RecordRevisitAct { no: 1, outcome: 1, satisfaction: -1, words: words() }),
            vec!["recordRevisit.satisfaction"],
        ),
        (
            Asked::Resolve(ResolveAct {
                words: words(),
                method: 9,
                settled_at: 9,
                credited: "nobody".into(),
            }),
            vec!["resolve.method", "resolve.settledAt", "resolve.credited"],
        ),
        (Asked::Tag(TagAct::default()), vec!["tag.add"]),
        (Asked::Tag(TagAct { add: vec!["two words".into()], ..Default::default() }), vec!["tag.add[0]"]),
        (Asked::Comment(CommentAct { words: "字".repeat(4_001) }), vec!["comment.words"]),
    ] {
        assert_eq!(wrong(asked.clone(), None), fields, "{asked:?}");
    }
}

#[test]
fn an_agency_speaks_for_itself_and_the_centre_for_each() {
    let conclude = |agency: &str| Asked::Conclude(ConcludeAct { agency: agency.into(), words: words() });
    let of = |asked, who| match read(asked, who) {
        Ok(Act::Handling(HandlingAct::Conclude { agency, .. })) => agency,
        other => panic!("it is read: {other:?}"),
    };
    assert_eq!(of(conclude(""), Some("police")), "police");
    assert_eq!(of(conclude("police"), Some("police")), "police");
    assert_eq!(wrong(conclude("justice"), Some("police")), ["conclude.agency"]);
    assert_eq!(of(conclude("justice"), None), "justice");
    assert_eq!(of(conclude(""), None), "centre");
    assert_eq!(wrong(conclude("nobody"), None), ["conclude.agency"]);
}

#[test]
fn what_is_right_is_read_as_it_is() {
    let resolve =
        ResolveAct { words: words(), method: SettlementMethod::LegalEducation.into(), ..Default::default() };
    let Ok(Act::Resolve(settlement)) = read(Asked::Resolve(resolve), None) else { panic!("it is read") };
    assert_eq!((settlement.method, settlement.settled_at), (Some(Method::LegalEducation), None));
    let park = AskParkAct { until: Some(to_proto("2027-02-01T00:00:00Z".parse().unwrap())), words: words() };
    assert!(matches!(
        read(Asked::AskPark(park), Some("police")),
        Ok(Act::Respite(RespiteAct::AskPark { .. }))
    ));
    // Characters are counted, not bytes.
    assert!(read(Asked::Comment(CommentAct { words: "字".repeat(4_000) }), None).is_ok());
}
