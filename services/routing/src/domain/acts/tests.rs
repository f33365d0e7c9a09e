use super::{
    calls::CallAct,
    closing::Settlement,
    handling::{HandlingAct, Part},
    major::MajorAct,
    respite::RespiteAct,
    returns::ReturnAct,
    supervision::{Card, SupervisionAct},
    whistles::WhistleAct,
    *,
};

fn words() -> String {
    "情况属实".to_owned()
}

#[test]
fn what_steers_a_case_is_the_centre_s_alone() {
    for act in [
        Act::Relevel { level: Level::Red, words: words() },
        Act::Assign { agency: "police".to_owned(), person: None, words: words() },
        Act::Resolve(Settlement::default()),
        Act::Close { words: words() },
        Act::Reject { words: words() },
        Act::Reopen { words: words() },
        Act::Tag { add: vec!["minor".to_owned()], remove: Vec::new() },
        Act::Return(ReturnAct::Decide { next: "police".to_owned(), person: None, words: words() }),
        Act::Handling(HandlingAct::Add { agency: "police".to_owned(), part: Part::Owner, words: words() }),
        Act::Handling(HandlingAct::Remove { agency: "police".to_owned(), words: words() }),
        Act::Respite(RespiteAct::DecideExtension { grant: true, words: words() }),
        Act::Respite(RespiteAct::DecidePark { grant: true, words: words() }),
        Act::Supervision(SupervisionAct::Supervise { card: Card::Red, agency: None, words: words() }),
        Act::Major(MajorAct::Declare { words: words() }),
        Act::Major(MajorAct::Calm { words: words() }),
    ] {
        assert!(act.only_centre(), "{act:?}");
    }
}

#[test]
fn an_agency_may_do_what_is_its_own() {
    for (act, allowed) in [
        (
            Act::Handling(HandlingAct::Conclude { agency: "police".to_owned(), words: words() }),
            Allowed::Handlers,
        ),
        (Act::Handling(HandlingAct::Claim { agency: "police".to_owned() }), Allowed::Handlers),
        (Act::Handling(HandlingAct::Contact { words: words() }), Allowed::Handlers),
        (Act::Respite(RespiteAct::AskExtension { days: 7, words: words() }), Allowed::Handlers),
        (Act::Major(MajorAct::Progress { words: words() }), Allowed::Handlers),
        (
            Act::Supervision(SupervisionAct::Reply { agency: "police".to_owned(), words: words() }),
            Allowed::Concerned,
        ),
        (Act::Whistle(WhistleAct::ReportIn { no: 1, code: "police".to_owned() }), Allowed::Concerned),
        (Act::Call(CallAct::Accept { no: 0 }), Allowed::Concerned),
        (Act::Comment { words: words() }, Allowed::Concerned),
    ] {
        assert_eq!(act.allowed(), allowed, "{act:?}");
        assert!(!act.only_centre());
    }
}
