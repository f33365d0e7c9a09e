//! The police's records of calls come in any order, and intake is killed while it folds them: each record is applied once.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use fengqiao_proto::{
    intake::v1::{
        GetReportRequest, PoliceCall, PoliceDispatch, PoliceFeedback, PolicePerson, PoliceTaking, Record,
        SourceCategory, SubmitRecordsRequest, details, record::Form,
        record_service_client::RecordServiceClient, submit_records_response::Outcome,
    },
    types::v1::Source,
};
use fengqiao_scenarios::{shared::County, truth, waiting::until};
use fengqiao_stack::{clients::Connections, services::Service};
use rand::{SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use sqlx::{AssertSqlSafe, Executor as _, PgPool};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_stream::wrappers::ReceiverStream;

const POLICE: &str = "source-police_110";
const CALLS: usize = 60;
/// Of each call.
const DISPATCHES: usize = 2;
/// Of each dispatch.
const FEEDBACKS: usize = 2;
const STREAMS: usize = 3;
/// Longer than anything here is waited for.
const AT_MOST: Duration = Duration::from_secs(90);

#[test]
fn each_record_of_the_police_is_applied_once_when_intake_is_killed_while_it_folds() {
    super::runtime().block_on(async {
        let county = County::start(|_| {}).await;
        let (pool, intake) = (&county.pool, county.stack.service(Service::Intake));
        let mut random = StdRng::seed_from_u64(7);
        let mut sending = JoinSet::new();
        let mut records = all_records();
        records.shuffle(&mut random);
        for part in records.chunks(records.len().div_ceil(STREAMS)) {
            // Some come by two streams.
            let mut part = part.to_vec();
            part.extend(records.iter().step_by(11).cloned());
            sending.spawn(send_all(county.calls(), part));
        }
        // Killed in the middle of keeping records, and between records that are kept and the reports of their calls. A
        // lock that the test holds makes the moment.
        for table in ["intake.police_record", "intake.report"].repeat(2) {
            while_a_folding_waits(pool, table, || assert!(intake.kill())).await;
            intake.ready().await.unwrap();
        }
        timeout(AT_MOST, async {
            while let Some(ended) = sending.join_next().await {
                ended.unwrap();
            }
        })
        .await
        .expect("all records are acknowledged");

        assert_eq!(count(pool, "SELECT count(*) FROM intake.police_record").await, records.len() as i64);
        assert_eq!(count(pool, "SELECT count(*) FROM intake.report WHERE source = 1").await, CALLS as i64);
        each_call_has_each_of_its_records_once(&county).await;
        // Every revision was told once, and what follows from it counted once.
        truth::at_rest(pool, AT_MOST).await;
        let revisions = "SELECT count(*) FROM intake.report AS told JOIN routing.case_report AS heard
            USING (county, report_id) WHERE told.revision <> heard.revision";
        assert_eq!(count(pool, revisions).await, 0, "revisions that routing has not heard of");
        let twice = "SELECT count(*) FROM (
                SELECT report_id, revision FROM intake.report
                UNION ALL SELECT report_id, revision FROM intake.report_revision
            ) AS each GROUP BY report_id HAVING count(*) <> max(revision) OR count(DISTINCT revision) <> count(*)";
        let twice = format!("SELECT count(*) FROM ({twice}) AS wrong");
        let wrong: i64 = sqlx::query_scalar(AssertSqlSafe(twice)).fetch_one(pool).await.unwrap();
        assert_eq!(wrong, 0, "reports whose revisions have gaps or doubles");
        let calls = county.calls();
        until("everything is right", AT_MOST, async || {
            let mut found = truth::faults(pool).await;
            found.extend(truth::wrong_figures(pool, &calls).await);
            if !found.is_empty() {
                println!("{found:#?}");
                sleep(Duration::from_millis(500)).await;
            }
            found.is_empty().then_some(())
        })
        .await;
        county.stack.stop().await;
    });
}

/// Everything that the police tell of their calls, each call of another family.
fn all_records() -> Vec<Form> {
    let time = |seconds: i64| {
        let now = jiff::Timestamp::now().as_second() - 3_600;
        Some(prost_types::Timestamp { seconds: now + seconds, nanos: 0 })
    };
    let mut records = Vec::new();
    for call in 0..CALLS {
        let number = format!("J{call}");
        records.push(Form::PoliceTaking(PoliceTaking {
            number: number.clone(),
            called_at: time(0),
            updated_at: time(1),
            area_code: "421181105204".into(),
            address: format!("5组{}号", call + 1),
            content: format!("隔壁吵架第{call}起"),
            category: Some(SourceCategory {
                list: "police".into(),
                word: "邻里纠纷".into(),
                ..Default::default()
            }),
            caller: Some(PolicePerson {
                name: "王女士".into(),
                phone: format!("154200{call:05}"),
                ..Default::default()
            }),
            ..Default::default()
        }));
        for part in 0..DISPATCHES {
            let sent = format!("C{call}-{part}");
            records.push(Form::PoliceDispatch(PoliceDispatch {
                number: sent.clone(),
                call_number: number.clone(),
                ..Default::default()
            }));
            for said in 0..FEEDBACKS {
                records.push(Form::PoliceFeedback(PoliceFeedback {
                    number: format!("F{call}-{part}-{said}"),
                    dispatch_number: sent.clone(),
                    fed_back_at: time(60 + i64::try_from(part * FEEDBACKS + said).unwrap()),
                    content: format!("已劝解{part}-{said}"),
                    ..Default::default()
                }));
            }
        }
    }
    records
}

/// Sends records by streams, until each is acknowledged: what was not when one breaks goes by the next.
async fn send_all(calls: Connections, records: Vec<Form>) {
    let mut left: BTreeMap<u64, Form> = (0..).zip(records).collect();
    while !left.is_empty() {
        let (send, receive) = mpsc::channel(20);
        let going = left.clone();
        let sender = tokio::spawn(async move {
            let mut pace = tokio::time::interval(Duration::from_millis(8));
            for (mark, form) in going {
                pace.tick().await;
                let record = Some(Record { form: Some(form), ..Default::default() });
                if send.send(SubmitRecordsRequest { mark, record, ..Default::default() }).await.is_err() {
                    return;
                }
            }
        });
        let mut client = RecordServiceClient::new(calls.caller(Service::Intake, POLICE).unwrap());
        if let Ok(answers) = client.submit_records(ReceiverStream::new(receive)).await {
            let mut answers = answers.into_inner();
            while let Ok(Ok(Some(answer))) = timeout(Duration::from_secs(10), answers.message()).await {
                match answer.outcome {
                    Some(Outcome::Accepted(_)) => drop(left.remove(&answer.mark)),
                    // Intake is busy or ending: again, by the next stream.
                    Some(Outcome::Refused(refused)) => {
                        assert!([8, 14].contains(&refused.code), "{refused:?}");
                    }
                    None => panic!("an answer without an outcome"),
                }
            }
        }
        sender.abort();
        sleep(Duration::from_millis(50)).await;
    }
}

/// Does something while intake waits in the middle of its work to write into a table.
async fn while_a_folding_waits(pool: &PgPool, table: &'static str, act: impl FnOnce()) {
    let mut held = pool.begin().await.unwrap();
    held.execute(AssertSqlSafe(format!("LOCK TABLE {table} IN SHARE MODE"))).await.unwrap();
    let waiting =
        format!("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '{table}'::regclass");
    until("a folding waits", AT_MOST, async || {
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(waiting.clone())).fetch_one(pool).await.unwrap();
        (count > 0).then_some(())
    })
    .await;
    act();
    held.rollback().await.unwrap();
}

async fn count(pool: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

async fn each_call_has_each_of_its_records_once(county: &County) {
    let mut intake = county.calls().intake("officer").unwrap();
    for call in 0..CALLS {
        let request = GetReportRequest {
            source: Source::Police110.into(),
            source_ref: format!("J{call}"),
            ..Default::default()
        };
        let report = intake.get_report(request).await.unwrap().into_inner().report.unwrap().report.unwrap();
        let details = report.details.unwrap();
        let Some(details::Form::PoliceCall(PoliceCall { dispatches, feedbacks, .. })) = details.form else {
            panic!("no call");
        };
        let sent: BTreeSet<_> = dispatches.iter().map(|one| &one.number).collect();
        let said: BTreeSet<_> = feedbacks.iter().map(|one| &one.number).collect();
        assert_eq!((sent.len(), dispatches.len()), (DISPATCHES, DISPATCHES), "J{call}");
        let all = DISPATCHES * FEEDBACKS;
        assert_eq!((said.len(), feedbacks.len()), (all, all), "J{call}");
        for part in 0..DISPATCHES {
            for one in 0..FEEDBACKS {
                let words = format!("已劝解{part}-{one}");
                assert_eq!(report.narrative.matches(&words).count(), 1, "J{call}: {}", report.narrative);
            }
        }
    }
}
