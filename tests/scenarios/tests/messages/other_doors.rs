//! The doors beside that of reports: the police's records, and HTTP/JSON. Good and wrong messages of each, and what each
//! must be told.

use std::{sync::Arc, time::Duration};

use fengqiao_proto::{
    intake::v1::{
        MappedRecord, PoliceDispatch, PoliceFeedback, PolicePerson, PoliceTaking, Record, Report,
        SourceCategory, SubmitRecordRequest, record::Form,
    },
    json::to_json,
};
use fengqiao_scenarios::shared::{County, HOTLINE};
use futures::stream::{self, StreamExt as _};
use prost::{Message as _, encoding};
use prost_types::Timestamp;
use rand::{SeedableRng as _, rngs::StdRng};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::time::timeout;
use tonic::Code;

use super::{
    drawing::{CANARY, CANARY_PHONE, good},
    wire::{PATIENCE, Target, Told, Wire},
};

const SUBMIT_RECORD: &str = "/fengqiao.intake.v1.RecordService/SubmitRecord";
/// How the references of what comes by these doors begin.
const CALL: &str = "P-";
const BY_HTTP: &str = "H-";
const CALLS: usize = 60;
const REPORTS: usize = 60;
const AT_ONCE: usize = 8;
/// On a machine that does much else a batch may not be committed in time.
const MOST_TRIES: usize = 5;
const COME_AGAIN: Duration = Duration::from_millis(200);
/// More than any message may have.
const HUGE: usize = 20 << 20;

/// Whether a report came by one of these doors.
pub fn brought(reference: &str) -> bool {
    reference.starts_with(CALL) || reference.starts_with(BY_HTTP)
}

/// The police's records of many calls, in no order and more than once, with wrong ones among them. Returns what went
/// otherwise than it must.
pub async fn records(target: Target) -> Vec<String> {
    let wire = Arc::new(target.connect().await.unwrap());
    let mut all = Vec::new();
    for number in 0..CALLS {
        let call = format!("{CALL}{number}");
        let (dispatch, feedback) = (dispatch(&call), feedback(&call));
        // What comes before its call waits for it.
        for form in [&feedback, &dispatch, &taking(&call), &dispatch, &feedback] {
            all.push(("good", framed(form), Some((Code::Ok, vec![]))));
        }
        all.extend(wrong(number));
    }
    let told = stream::iter(all).map(|(kind, frame, wanted)| {
        let wire = Arc::clone(&wire);
        async move { (kind, wanted, called(&wire, frame).await) }
    });
    let mut told = told.buffer_unordered(AT_ONCE);
    let mut wrong = Vec::new();
    while let Some((kind, wanted, told)) = told.next().await {
        let as_wanted = match (&wanted, &told) {
            (Some((code, fields)), Ok(told)) => {
                told.code == *code && told.fields.iter().eq(fields.iter().copied())
            }
            // Which field is named is the decoder's matter; that one is, must be.
            (None, Ok(told)) => told.code == Code::InvalidArgument && !told.fields.is_empty(),
            (_, Err(_)) => false,
        };
        if !as_wanted {
            wrong.push(format!("record {kind}: wanted {wanted:?}, told {told:?}"));
        }
    }
    wrong
}

/// Who is told to come again comes again, a few times.
async fn called(wire: &Wire, frame: Vec<u8>) -> Result<Told, String> {
    let mut tries = 0;
    loop {
        let told = timeout(PATIENCE, wire.call_to(SUBMIT_RECORD, &[], frame.clone())).await;
        let told =
            told.map_err(|_| "no answer".to_owned()).and_then(|told| told.map_err(|error| error.to_string()));
        tries += 1;
        match &told {
            Ok(Told { code: Code::Unavailable | Code::ResourceExhausted, .. }) if tries < MOST_TRIES => {
                tokio::time::sleep(COME_AGAIN).await;
            }
            _ => return told,
        }
    }
}

type Wanted = Option<(Code, Vec<&'static str>)>;

/// A wrong record, each time another kind.
fn wrong(number: usize) -> Vec<(&'static str, Vec<u8>, Wanted)> {
    let call = format!("wrong-{number}");
    let fields = |fields: &[&'static str]| Some((Code::InvalidArgument, fields.to_vec()));
    let with = |change: fn(&mut PoliceTaking)| {
        let mut form = taking(&call);
        if let Form::PoliceTaking(taking) = &mut form {
            change(taking);
        }
        framed(&form)
    };
    let one = match number % 10 {
        0 => ("nul", with(|call| call.content.push('\0')), fields(&["policeTaking.content"])),
        1 => ("future", with(|call| call.called_at = at(now() + 3_600)), fields(&["policeTaking.calledAt"])),
        2 => ("1900", with(|call| call.called_at = at(-2_208_988_800)), fields(&["policeTaking.calledAt"])),
        3 => ("empty", frame(&SubmitRecordRequest::default().encode_to_vec()), fields(&["form"])),
        4 => {
            let mut message = request(&taking(&call)).encode_to_vec();
            message.truncate(message.len() * 2 / 3);
            ("truncated", frame(&message), None)
        }
        5 => {
            let mut inner = Record { form: Some(taking(&call)), ..Record::default() }.encode_to_vec();
            // The county, as a number.
            encoding::uint64::encode(1, &42, &mut inner);
            let mut message = Vec::new();
            encoding::bytes::encode(1, &inner, &mut message);
            ("wrong wire type", frame(&message), None)
        }
        6 => ("large", with(|call| call.content = "闹".repeat(6_001)), fields(&["policeTaking.content"])),
        7 if number < 20 => ("huge", with(|call| call.content = "闹".repeat(HUGE / 3)), None),
        8 => {
            let mapped = MappedRecord { mapping: "nowhere".into(), ..MappedRecord::default() };
            ("no mapping", framed(&Form::Mapped(mapped)), Some((Code::NotFound, vec!["mapped.mapping"])))
        }
        _ => (
            "not a role",
            {
                let mut form = feedback(&call);
                if let Form::PoliceFeedback(feedback) = &mut form {
                    let party = fengqiao_proto::types::v1::Party { role: -7, ..Default::default() };
                    feedback.parties = vec![party];
                }
                framed(&form)
            },
            fields(&["policeFeedback.parties[0].role"]),
        ),
    };
    vec![one]
}

fn taking(call: &str) -> Form {
    Form::PoliceTaking(PoliceTaking {
        number: call.into(),
        called_at: at(now() - 60),
        area_code: "421181105200".into(),
        address: format!("{CANARY}村{call}号"),
        content: format!("{CANARY}：又吵起来了。\u{202e}\u{200b}👨‍👩‍👧"),
        category: Some(SourceCategory { word: "邻里纠纷".into(), ..Default::default() }),
        caller: Some(PolicePerson {
            name: format!("王{CANARY}"),
            phone: format!("{CANARY_PHONE}000000"),
            ..Default::default()
        }),
        ..Default::default()
    })
}

fn dispatch(call: &str) -> Form {
    Form::PoliceDispatch(PoliceDispatch {
        number: format!("{call}-C"),
        call_number: call.into(),
        ..Default::default()
    })
}

fn feedback(call: &str) -> Form {
    Form::PoliceFeedback(PoliceFeedback {
        number: format!("{call}-F"),
        dispatch_number: format!("{call}-C"),
        fed_back_at: at(now() - 30),
        content: format!("{CANARY}已劝解"),
        ..Default::default()
    })
}

fn request(form: &Form) -> SubmitRecordRequest {
    let record = Record { form: Some(form.clone()), ..Record::default() };
    SubmitRecordRequest { record: Some(record), ..SubmitRecordRequest::default() }
}

fn framed(form: &Form) -> Vec<u8> {
    frame(&request(form).encode_to_vec())
}

fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap();
    [&[0][..], &length.to_be_bytes(), message].concat()
}

/// Reports as JSON, good ones twice and wrong ones between them. Returns what went otherwise than it must.
pub async fn by_http(county: &County, seed: u64) -> Vec<String> {
    let client = county.https().build().unwrap();
    let page = format!("{}/v1/reports", county.stack.description().http["intake"]);
    let token = county.stack.secrets.token_of(HOTLINE).unwrap().trim().to_owned();
    let mut random = StdRng::seed_from_u64(seed ^ 0x4774);
    let mut all = Vec::new();
    for number in 0..REPORTS {
        let report = Report { source_ref: format!("{BY_HTTP}{number}"), ..good(&mut random, number) };
        let form = to_json(&report).unwrap();
        all.push(("good", bytes(&form), "application/json", StatusCode::OK, ""));
        all.push(("again", bytes(&form), "application/json", StatusCode::OK, ""));
        let wrong = Report { source_ref: format!("wrong-{number}"), ..report };
        all.push(wrong_json(number, to_json(&wrong).unwrap()));
    }
    let told = stream::iter(all).map(|(kind, body, content_type, status, field)| {
        let request = client
            .post(&page)
            .bearer_auth(&token)
            .header("content-type", content_type)
            .timeout(PATIENCE)
            .body(body);
        async move {
            let response = request.send().await.map_err(|error| error.to_string())?;
            let told = response.status();
            // Who is refused for its length may not be heard out.
            let text = response.text().await.unwrap_or_default();
            let named = field.is_empty() || text.contains(&format!("\"field\":\"{field}\""));
            if told == status && named {
                return Ok(());
            }
            Err(format!("http {kind}: wanted {status} {field}, told {told} {}", &text[..text.len().min(300)]))
        }
    });
    let told: Vec<Result<(), String>> = told.buffer_unordered(AT_ONCE).collect().await;
    told.into_iter().filter_map(Result::err).collect()
}

type Request = (&'static str, Vec<u8>, &'static str, StatusCode, &'static str);

/// A wrong body, each time another kind.
fn wrong_json(number: usize, form: Value) -> Request {
    let bad = StatusCode::BAD_REQUEST;
    let with = |field: &str, value: Value| {
        let mut form = form.clone();
        form[field] = value;
        bytes(&form)
    };
    let of = |kind, body, status, field| (kind, body, "application/json", status, field);
    match number % 10 {
        0 => of("nul", with("title", json!("a\0b")), bad, "title"),
        1 => of("future", with("occurredAt", json!("2199-01-01T00:00:00Z")), bad, "occurredAt"),
        2 => of("1900", with("occurredAt", json!("1900-01-01T00:00:00Z")), bad, "occurredAt"),
        3 => of("wrong enum", with("source", json!("SOURCE_NOWHERE")), bad, "source"),
        4 => of("wrong type", with("narrative", json!(42)), bad, "narrative"),
        5 => {
            let whole = bytes(&form);
            of("truncated", whole[..whole.len() * 2 / 3].to_vec(), bad, "")
        }
        6 => {
            let mut broken = bytes(&form);
            // Half of a surrogate pair, within a text.
            let place = broken.windows(3).position(|part| part == "：".as_bytes()).unwrap();
            broken.splice(place..place + 3, [0xed, 0xa0, 0x80]);
            of("not utf-8", broken, bad, "")
        }
        7 if number < 20 => {
            let body = with("narrative", json!("闹".repeat(HUGE / 3)));
            of("huge", body, StatusCode::PAYLOAD_TOO_LARGE, "")
        }
        8 => ("of no type", bytes(&form), "text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE, ""),
        _ => of("of another", with("source", json!("SOURCE_POLICE_110")), StatusCode::FORBIDDEN, ""),
    }
}

fn bytes(form: &Value) -> Vec<u8> {
    form.to_string().into_bytes()
}

/// What of the good ones is not there exactly once.
pub async fn unread(pool: &PgPool) -> Vec<String> {
    let mut wrong = Vec::new();
    for (prefix, wanted) in [(CALL, CALLS), (BY_HTTP, REPORTS)] {
        let (held, names): (i64, i64) = sqlx::query_as(
            "SELECT count(*), count(DISTINCT source_ref) FROM intake.report WHERE source_ref LIKE $1 || '%'",
        )
        .bind(prefix)
        .fetch_one(pool)
        .await
        .unwrap();
        if (held, names) != (wanted as i64, wanted as i64) {
            wrong.push(format!("{held} of {wanted} are there as {prefix}"));
        }
    }
    wrong
}

fn at(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos: 0 })
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
