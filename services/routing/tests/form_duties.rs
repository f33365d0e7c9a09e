//! Forms that no case presses: notification tells that a limit nears, and from then on it is a duty with reminders and the
//! ladder, until the form is signed or answered or its case is over.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail so")]

mod office;
mod story;

use fengqiao_proto::{
    notification::v1::{
        EnteredReceipt, FeedbackOutcome, PushDebt, PushOwed, PushReceipt, ReceiptKind, RecordedMeans,
    },
    routing::v1::{
        CreateDutiesRequest, DutyOutcome, DutyProgress, HistoryKind, ListDutiesRequest, NewDuty,
        PushRequested, RecordDutyRequest, StandingDuty, StandingKind, duty_service_server::DutyService as _,
    },
    types::v1::{FormKind, Level, PushSubject, Source},
};
use fengqiao_routing::domain::acts::{Act, closing::Settlement};
use fengqiao_serving::time::{to_proto, to_sql};
use office::{Office, asked};
use story::{Actor, Story, Told};
use tonic_types::StatusExt as _;
use uuid::Uuid;

const DISPATCHER: Actor = ("dispatcher-zhou", "centre-dispatcher");
const VILLAGE: &str = "421181105202";
const COMMUNITY: &str = "community-421181105202";

/// A case of which the village is only told, and the push that tells it.
async fn told(story: &Story) -> (Uuid, PushRequested) {
    let case =
        story.report(&Told { repeat: true, ..Told::of(Source::Grid, VILLAGE, "labour", "欠薪") }).await;
    let pushes = story.pushes(case.id).await;
    let notice = pushes.into_iter().find(|push| push.form() == FormKind::NoticeForm).unwrap();
    assert_eq!((notice.agency.as_str(), notice.sign_due_at), (COMMUNITY, None));
    (case.id, notice)
}

/// That something is owed of a push from 10:00 on, until a time of that day.
fn owed(story: &Story, push: &PushRequested, debt: PushDebt, until: &str) -> PushOwed {
    PushOwed {
        push_id: push.push_id.clone(),
        case_id: push.case_id.clone(),
        agency: push.agency.clone(),
        form: push.form,
        form_title: "告知单".into(),
        form_number: "麻综告〔2026〕第0012号".into(),
        level: push.level,
        debt: debt.into(),
        since: Some(to_proto(story.local("2026-06-01 10:00"))),
        due_at: Some(to_proto(story.local(until))),
        area_code: push.area_code.clone(),
        subject: push.subject,
    }
}

/// A push of a form that was issued by hand.
fn by_hand() -> PushRequested {
    let push_id = Uuid::now_v7().to_string();
    PushRequested {
        case_id: push_id.clone(),
        push_id,
        agency: "housing".into(),
        form: FormKind::SupervisionReminder.into(),
        level: Level::Yellow.into(),
        subject: PushSubject::Form.into(),
        ..PushRequested::default()
    }
}

fn receipt(story: &Story, push: &PushRequested, kind: ReceiptKind) -> PushReceipt {
    PushReceipt {
        at: Some(to_proto(story.office.now())),
        subject: push.subject,
        ..Office::receipt(push, kind)
    }
}

fn answered(story: &Story, push: &PushRequested, outcome: FeedbackOutcome) -> PushReceipt {
    PushReceipt { outcome: outcome.into(), ..receipt(story, push, ReceiptKind::Feedback) }
}

async fn listed(story: &Story, kind: StandingKind, progress: DutyProgress) -> Vec<StandingDuty> {
    let request =
        ListDutiesRequest { kind: kind.into(), progress: progress.into(), ..ListDutiesRequest::default() };
    let asked = asked(&story.officer("officer-li"), request);
    story.office.face.list_duties(asked).await.unwrap().into_inner().duties
}

/// Which duties ended, and whether they were met.
async fn ended(story: &Story) -> Vec<(i16, bool)> {
    sqlx::query_as(
        "SELECT kind, met FROM duty WHERE no = 0 AND kind IN (33, 34) AND ended_at IS NOT NULL ORDER BY kind",
    )
    .fetch_all(&story.office.pool)
    .await
    .unwrap()
}

/// Who was reminded of a duty, in which words.
async fn said(story: &Story, duty: &str) -> Vec<(String, String)> {
    let pushes = story.pushes(Uuid::parse_str(duty).unwrap()).await;
    pushes.into_iter().map(|push| (push.agency, push.reason)).collect()
}

#[tokio::test]
async fn a_form_that_is_not_signed_is_pressed_up_the_ladder_until_it_is() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let (case, push) = told(&story).await;
    let near = owed(&story, &push, PushDebt::Signature, "2026-06-01 22:00");
    story.office.set_clock(story.local("2026-06-01 19:00"));
    story.office.hear(std::slice::from_ref(&near)).await.unwrap();
    // Once more, by itself and twice in a batch.
    story.office.hear(std::slice::from_ref(&near)).await.unwrap();
    story.office.hear(&[near.clone(), near.clone()]).await.unwrap();
    let duties = listed(&story, StandingKind::SignForm, DutyProgress::Owed).await;
    let [duty] = duties.as_slice() else { panic!("{duties:?}") };
    assert_eq!(
        (duty.agency.as_str(), duty.topic.as_str(), duty.area_code.as_str(), &duty.due_at),
        (COMMUNITY, "告知单 麻综告〔2026〕第0012号", VILLAGE, &near.due_at)
    );
    for time in
        ["2026-06-01 21:29", "2026-06-01 21:30", "2026-06-01 22:00", "2026-06-02 10:00", "2026-06-02 22:00"]
    {
        story.until(time).await;
    }
    let form = "凉亭村村民委员会告知单 麻综告〔2026〕第0012号签收";
    let to = |agency: &str, words: &str| (agency.to_owned(), format!("{form}{words}"));
    let wanted = [
        to(COMMUNITY, "时限将到"),
        to(COMMUNITY, "逾期"),
        to(COMMUNITY, "逾期，第1次催办"),
        to(COMMUNITY, "逾期，第2次催办"),
        to("town-421181105", "逾期，第2次催办，报阎家河镇政法委员"),
    ];
    assert_eq!(said(&story, &duty.duty_id).await, wanted);
    // What becomes of a reminder is nothing to it.
    let reminder = story.pushes(Uuid::parse_str(&duty.duty_id).unwrap()).await.remove(0);
    story.office.hear(&[receipt(&story, &reminder, ReceiptKind::Signed)]).await.unwrap();
    assert_eq!(ended(&story).await, []);
    story.receipt(case, COMMUNITY, ReceiptKind::Signed).await;
    assert_eq!(ended(&story).await, [(33, true)]);
    story.until("2026-07-01 10:00").await;
    assert_eq!(said(&story, &duty.duty_id).await.len(), 5);
    // Told too late it is not owed again.
    story.office.hear(&[near]).await.unwrap();
    assert_eq!(listed(&story, StandingKind::SignForm, DutyProgress::Owed).await, []);
}

#[tokio::test]
async fn what_was_signed_in_time_is_not_late_however_late_an_officer_enters_it() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let (case, push) = told(&story).await;
    let near = owed(&story, &push, PushDebt::Signature, "2026-06-01 22:00");
    story.office.set_clock(story.local("2026-06-01 19:00"));
    story.office.hear(&[near]).await.unwrap();
    story.until("2026-06-02 10:00").await;
    assert!(listed(&story, StandingKind::SignForm, DutyProgress::Late).await[0].late);
    let signed_at = story.local("2026-06-01 21:00");
    let signed = PushReceipt {
        at: Some(to_proto(signed_at)),
        actor: "wang".into(),
        capacity: "officer".into(),
        entered: Some(EnteredReceipt {
            at: Some(to_proto(story.local("2026-06-02 09:58"))),
            means: RecordedMeans::Phone.into(),
        }),
        ..receipt(&story, &push, ReceiptKind::Signed)
    };
    story.office.hear(&[signed]).await.unwrap();
    let duties = listed(&story, StandingKind::SignForm, DutyProgress::Met).await;
    assert_eq!((duties[0].done_at, duties[0].late), (Some(to_proto(signed_at)), false));
    assert_eq!(listed(&story, StandingKind::SignForm, DutyProgress::Late).await, []);
    // The case's history says that the centre entered it, when, and how it is known.
    let by: (String, String, bool, String) = sqlx::query_as(
        "SELECT actor, capacity, at = $3, text FROM case_history WHERE case_id = $1 AND kind = $2 ORDER BY sequence DESC",
    )
    .bind(case)
    .bind(HistoryKind::PushSigned as i16)
    .bind(to_sql(signed_at))
    .fetch_one(&story.office.pool)
    .await
    .unwrap();
    assert_eq!((by.0.as_str(), by.1.as_str(), by.2), ("wang", "officer", true));
    assert!(by.3.ends_with("签收（中心据电话代录，2026-06-02 09:58录入）"), "{}", by.3);
}

#[tokio::test]
async fn what_an_agency_says_ends_what_it_owes_of_its_form() {
    use FeedbackOutcome::{Cannot, Done, InProgress};
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let both = [(33, true), (34, true)];
    let ends = async |end: &dyn Fn(&PushRequested) -> PushReceipt, at_once: bool| {
        let form = by_hand();
        let near =
            [PushDebt::Signature, PushDebt::Answer].map(|debt| owed(&story, &form, debt, "2026-06-03 10:00"));
        if at_once {
            story.office.hear_both(&near, &[end(&form)]).await.unwrap();
        } else {
            story.office.hear(&near).await.unwrap();
            story.office.hear(&[end(&form)]).await.unwrap();
        }
        let ended = ended(&story).await;
        sqlx::query("DELETE FROM duty").execute(&story.office.pool).await.unwrap();
        ended
    };
    for at_once in [false, true] {
        let signed = |form: &PushRequested| receipt(&story, form, ReceiptKind::Signed);
        assert_eq!(ends(&signed, at_once).await, [(33, true)]);
        let in_progress = |form: &PushRequested| answered(&story, form, InProgress);
        assert_eq!(ends(&in_progress, at_once).await, [(33, true)]);
        for outcome in [Done, Cannot] {
            assert_eq!(ends(&|form| answered(&story, form, outcome), at_once).await, both);
        }
        let returned = |form: &PushRequested| receipt(&story, form, ReceiptKind::Returned);
        assert_eq!(ends(&returned, at_once).await, both);
        let recalled = |form: &PushRequested| receipt(&story, form, ReceiptKind::Recalled);
        assert_eq!(ends(&recalled, at_once).await, [(33, false), (34, false)]);
        for kind in [ReceiptKind::Delivered, ReceiptKind::Parked] {
            assert_eq!(ends(&|form| receipt(&story, form, kind), at_once).await, []);
        }
        assert_eq!(ends(&|_| receipt(&story, &by_hand(), ReceiptKind::Signed), at_once).await, []);
    }
}

#[tokio::test]
async fn what_is_told_of_a_case_that_is_settled_is_not_pressed_any_more() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let (case, push) = told(&story).await;
    let form = by_hand();
    let near = [&push, &form].map(|push| owed(&story, push, PushDebt::Signature, "2026-06-01 22:00"));
    story.office.hear(&near).await.unwrap();
    let settlement = Settlement { words: "双方和解".into(), ..Settlement::default() };
    story.done(DISPATCHER, case, Act::Resolve(settlement)).await;
    story.until("2026-06-01 22:00").await;
    let left = listed(&story, StandingKind::SignForm, DutyProgress::Owed).await;
    let [by_hand] = left.as_slice() else { panic!("{left:?}") };
    assert_eq!((by_hand.agency.as_str(), by_hand.area_code.as_str()), ("housing", "421181"));
    assert_eq!(said(&story, &by_hand.duty_id).await.len(), 1);
    assert_eq!(ended(&story).await, [(33, false)]);
    let pushes = story.office.pushes().await;
    let reminders = pushes.iter().filter(|push| push.subject() == PushSubject::Duty).count();
    assert_eq!(reminders, 1, "nobody is told of what fell away");
}

#[tokio::test]
async fn a_form_is_signed_and_answered_where_it_is_and_nowhere_else() {
    let story = Story::begin("macheng", "2026-06-01 10:00").await;
    let officer = story.officer("officer-li");
    let reason = |status: tonic::Status| status.get_details_error_info().unwrap().reason;
    for kind in [StandingKind::SignForm, StandingKind::AnswerForm] {
        let duty = NewDuty {
            kind: kind.into(),
            agency: "housing".into(),
            area_code: VILLAGE.into(),
            ..NewDuty::default()
        };
        let request = CreateDutiesRequest {
            request_id: Uuid::now_v7().to_string(),
            duties: vec![duty],
            ..CreateDutiesRequest::default()
        };
        let refused = story.office.face.create_duties(asked(&officer, request)).await.unwrap_err();
        assert_eq!(reason(refused), "KIND_FOLLOWS_FROM_OTHERS");
    }
    let form = by_hand();
    story.office.hear(&[owed(&story, &form, PushDebt::Answer, "2026-06-03 10:00")]).await.unwrap();
    let duty = listed(&story, StandingKind::AnswerForm, DutyProgress::Owed).await.remove(0);
    let request = RecordDutyRequest {
        duty_id: duty.duty_id,
        request_id: Uuid::now_v7().to_string(),
        outcome: DutyOutcome::Done.into(),
        ..RecordDutyRequest::default()
    };
    let refused = story.office.face.record_duty(asked(&officer, request)).await.unwrap_err();
    assert_eq!(reason(refused), "FORM_ANSWERED_ELSEWHERE");
}
