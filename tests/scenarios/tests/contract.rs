//! The services held against the contract: the report's JSON form, precise refusals, stored formats.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{collections::BTreeSet, path::Path};

use fengqiao_proto::{
    intake::v1::{
        ActivityRecorded, CallsRepeated, ClustersJoined, ClustersParted, Report, ReportAccepted,
        ReportsExpired, SubmitReportRequest, SubmitReportsRequest, submit_reports_response::Outcome,
    },
    json,
    notification::v1::{PushLimitsMoved, PushOwed, PushReceipt, PushesDelivered},
    routing::v1::{AreasActivated, CaseChanged, CaseExpired, PersonToTell, PushRequested, PushesRevised},
    statistics::v1::{AlertRaised, BulletinMade},
    types::v1::{Party, PartyRole, Source},
};
use fengqiao_scenarios::{
    people::report,
    shared::{HOTLINE, run},
};
use fengqiao_stack::services::Service;
use prost::{Message, Name};
use serde_json::Value;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

fn fields(status: &Status) -> BTreeSet<String> {
    let violations =
        status.get_details_bad_request().map(|details| details.field_violations).unwrap_or_default();
    violations.into_iter().map(|violation| violation.field).collect()
}

fn seconds(seconds: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds, nanos: 0 })
}

#[test]
fn every_wrong_field_is_named_and_no_value_repeated() {
    run(|county| async move {
        let mut intake = county.calls().intake(HOTLINE).unwrap();
        let now = jiff::Timestamp::now().as_second();
        let person = |phone: &str, id: &str| {
            vec![Party {
                role: PartyRole::Reporter.into(),
                name: "王".into(),
                phone: phone.into(),
                id_number: id.into(),
                ..Party::default()
            }]
        };
        let wrong: Vec<(&str, Report)> = vec![
            ("areaCode", Report { area_code: "999999".into(), ..report() }),
            ("areaCode", Report { area_code: String::new(), ..report() }),
            ("occurredAt", Report { occurred_at: seconds(now + 86_400), ..report() }),
            ("occurredAt", Report { occurred_at: seconds(-2_208_988_800), ..report() }),
            ("occurredAt", Report { occurred_at: None, ..report() }),
            ("title", Report { title: "题".repeat(101), ..report() }),
            ("title", Report { title: String::new(), ..report() }),
            ("narrative", Report { narrative: "字".repeat(10_001), ..report() }),
            ("address", Report { address: "址".repeat(201), ..report() }),
            ("sourceRef", Report { source_ref: String::new(), ..report() }),
            ("sourceRef", Report { source_ref: "a\0b".into(), ..report() }),
            ("parties[0].phone", Report { parties: person("12345678901234", ""), ..report() }),
            ("parties[0].idNumber", Report { parties: person("", "110105194912310021"), ..report() }),
            (
                "parties[0].role",
                Report { parties: vec![Party { name: "王".into(), ..Default::default() }], ..report() },
            ),
            ("parties", Report { parties: vec![person("", "")[0].clone(); 10_000], ..report() }),
            ("source", Report { source: 0, ..report() }),
            ("source", Report { source: 99, ..report() }),
        ];
        for (field, report) in wrong {
            let status = intake
                .submit_report(SubmitReportRequest { report: Some(report), ..Default::default() })
                .await
                .unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument, "{field}: {status:?}");
            assert!(fields(&status).contains(field), "{field} is not in {:?}", fields(&status));
            let said = format!("{status:?}");
            assert!(!said.contains("12345678901234") && !said.contains("110105194912310021"), "{said}");
        }
        let many =
            Report { area_code: "1".into(), title: String::new(), parties: person("1", "1"), ..report() };
        let status = intake
            .submit_report(SubmitReportRequest { report: Some(many), ..Default::default() })
            .await
            .unwrap_err();
        assert_eq!(fields(&status).len(), 4, "{:?}", fields(&status));
        let nothing = intake.submit_report(SubmitReportRequest::default()).await.unwrap_err();
        assert_eq!(nothing.code(), Code::InvalidArgument);
        assert!(fields(&nothing).contains("sourceRef"), "{nothing:?}");
    });
}

#[test]
fn what_a_county_really_sends_is_accepted() {
    run(|county| async move {
        for parties in [
            Vec::new(),
            vec![Party {
                role: PartyRole::Reporter.into(),
                name: "王女士".into(),
                phone: "+86 199-0000-1111".into(),
                id_number: "11010519491231002x".into(),
                ..Party::default()
            }],
            vec![Party {
                role: PartyRole::Witness.into(),
                name: String::new(),
                phone: "0713-2950000".into(),
                ..Party::default()
            }],
            vec![Party {
                role: PartyRole::Reporter.into(),
                name: "匿名".into(),
                phone: "12345".into(),
                ..Party::default()
            }],
        ] {
            county
                .submit(&Report {
                    parties,
                    category: "热线自己的分类".into(),
                    narrative: "第一行\n第二行".into(),
                    ..report()
                })
                .await;
        }
        county.submit(&Report { area_code: "421181".into(), address: String::new(), ..report() }).await;
    });
}

/// Messages as raw bytes, as a client with a fault sends them.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw(Vec<u8>);

/// A codec that leaves the bytes as they are.
pub mod raw {
    use prost::bytes::{Buf as _, BufMut as _};
    use tonic::{
        Status,
        codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    };

    #[derive(Default)]
    /// See the module.
    pub struct RawCodec;

    impl Codec for RawCodec {
        type Encode = super::Raw;
        type Decode = super::Raw;
        type Encoder = Self;
        type Decoder = Self;

        fn encoder(&mut self) -> Self {
            Self
        }

        fn decoder(&mut self) -> Self {
            Self
        }
    }

    impl Encoder for RawCodec {
        type Item = super::Raw;
        type Error = Status;

        fn encode(&mut self, item: super::Raw, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
            buffer.put_slice(&item.0);
            Ok(())
        }
    }

    impl Decoder for RawCodec {
        type Item = super::Raw;
        type Error = Status;

        fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<super::Raw>, Status> {
            let mut bytes = vec![0; buffer.remaining()];
            buffer.copy_to_slice(&mut bytes);
            Ok(Some(super::Raw(bytes)))
        }
    }
}

/// A request whose title is not UTF-8.
fn not_utf8() -> Vec<u8> {
    let good = SubmitReportRequest {
        report: Some(Report { title: "ABCDEFGH".into(), ..report() }),
        ..Default::default()
    }
    .encode_to_vec();
    let at = good.windows(8).position(|window| window == b"ABCDEFGH").unwrap();
    let mut bad = good;
    bad[at..at + 8].fill(0xFF);
    bad
}

#[test]
fn bytes_that_are_no_message_are_the_callers_mistake() {
    run(|county| async move {
        let token = county.stack.secrets.token_of(HOTLINE).unwrap();
        let mut truncated =
            SubmitReportRequest { report: Some(report()), ..Default::default() }.encode_to_vec();
        truncated.truncate(truncated.len() / 2);
        for bytes in [not_utf8(), truncated] {
            let mut request = tonic::Request::new(Raw(bytes));
            request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
            let mut grpc = tonic::client::Grpc::new(county.calls().channel(Service::Intake));
            grpc.ready().await.unwrap();
            let path = "/fengqiao.intake.v1.IntakeService/SubmitReport".try_into().unwrap();
            let status = grpc.unary(request, path, raw::RawCodec).await.unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
            assert!(!fields(&status).is_empty(), "{status:?}");
        }
    });
}

#[test]
fn in_a_stream_each_message_stands_for_itself() {
    run(|county| async move {
        let mut intake = county.calls().intake(HOTLINE).unwrap();
        let same = report();
        let messages = vec![
            SubmitReportsRequest { mark: 1, report: Some(report()), ..Default::default() },
            SubmitReportsRequest {
                mark: 2,
                report: Some(Report { area_code: "000000".into(), ..report() }),
                ..Default::default()
            },
            SubmitReportsRequest { mark: 3, report: Some(same.clone()), ..Default::default() },
            SubmitReportsRequest { mark: 4, report: Some(same), ..Default::default() },
            SubmitReportsRequest { mark: 5, report: None, ..Default::default() },
            SubmitReportsRequest {
                mark: 6,
                report: Some(Report { parties: vec![Party::default(); 10_000], ..report() }),
                ..Default::default()
            },
            SubmitReportsRequest { mark: 7, report: Some(report()), ..Default::default() },
        ];
        let mut answers = intake.submit_reports(tokio_stream::iter(messages)).await.unwrap().into_inner();
        let (mut accepted, mut refused) = (BTreeSet::new(), BTreeSet::new());
        while let Some(answer) = answers.message().await.unwrap() {
            match answer.outcome.unwrap() {
                Outcome::Accepted(_) => accepted.insert(answer.mark),
                Outcome::Refused(refusal) => {
                    assert_eq!(refusal.code, Code::InvalidArgument as i32);
                    assert!(!refusal.violations.is_empty());
                    refused.insert(answer.mark)
                }
            };
        }
        assert_eq!(accepted, BTreeSet::from([1, 3, 4, 7]));
        assert_eq!(refused, BTreeSet::from([2, 5, 6]));
    });
}

#[test]
fn a_message_of_a_stream_that_cannot_be_read_costs_only_itself() {
    run(|county| async move {
        let token = county.stack.secrets.token_of(HOTLINE).unwrap();
        let message = |mark: u64| {
            SubmitReportsRequest {
                mark,
                report: Some(Report { title: "ABCDEFGH".into(), ..report() }),
                ..Default::default()
            }
            .encode_to_vec()
        };
        let mut bad = message(2);
        let at = bad.windows(8).position(|window| window == b"ABCDEFGH").unwrap();
        bad[at..at + 8].fill(0xFF);
        let mut request =
            tonic::Request::new(tokio_stream::iter(vec![Raw(message(1)), Raw(bad), Raw(message(3))]));
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        let mut grpc = tonic::client::Grpc::new(county.calls().channel(Service::Intake));
        grpc.ready().await.unwrap();
        let path = "/fengqiao.intake.v1.IntakeService/SubmitReports".try_into().unwrap();
        let mut answers = grpc.streaming(request, path, raw::RawCodec).await.unwrap().into_inner();
        let mut outcomes = Vec::new();
        while let Some(Raw(bytes)) = answers.message().await.unwrap() {
            let answer = fengqiao_proto::intake::v1::SubmitReportsResponse::decode(bytes.as_slice()).unwrap();
            outcomes.push((answer.mark, matches!(answer.outcome, Some(Outcome::Accepted(_)))));
        }
        outcomes.sort_unstable();
        assert_eq!(outcomes, [(1, true), (2, false), (3, true)]);
    });
}

#[test]
fn the_report_has_the_json_form_that_sources_were_told() {
    let form: Value = serde_json::from_str(
        r#"{
            "source": "POLICE_110", "sourceRef": "J-1", "occurredAt": "2026-11-24T08:00:00+08:00",
            "areaCode": "421181105200", "address": "石桥垸村3组12号", "title": "邻里纠纷",
            "narrative": "因排水发生争吵", "category": "邻里",
            "parties": [
                {"role": "REPORTER", "name": "王女士", "phone": "19900000001", "idNumber": ""},
                {"role": "RESPONDENT", "name": "李某"}, {"role": "VICTIM", "name": "赵某"}, {"role": "WITNESS", "name": "钱某"}
            ]
        }"#,
    )
    .unwrap();
    let read: Report = json::from_json(form).unwrap();
    assert_eq!((read.source(), read.parties.len()), (Source::Police110, 4));
    for source in [
        "POLICE_110",
        "HOTLINE_12345",
        "GRID",
        "COURT",
        "WOMENS_FEDERATION",
        "PETITION",
        "WALK_IN",
        "ONE_KEY_CALL",
        "MEETING",
        "ENTERPRISE",
        "CLUE_MAIL",
    ] {
        let read: Report = json::from_json(serde_json::json!({ "source": source })).unwrap();
        assert_ne!(read.source(), Source::Unspecified, "{source}");
    }
}

/// Samples of what was once written to outboxes and streams. A later version must read all of them; a new
/// format gets a new file, an old file is never changed.
#[test]
fn every_event_that_was_ever_stored_is_still_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/formats/events");
    let mut kinds = BTreeSet::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let sample: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let kind = sample["kind"].as_str().unwrap();
        let payload = from_hex(sample["payloadHex"].as_str().unwrap());
        let read = match kind {
            _ if kind == ReportAccepted::full_name() => in_json::<ReportAccepted>(&payload),
            _ if kind == ActivityRecorded::full_name() => in_json::<ActivityRecorded>(&payload),
            _ if kind == ClustersJoined::full_name() => in_json::<ClustersJoined>(&payload),
            _ if kind == ClustersParted::full_name() => in_json::<ClustersParted>(&payload),
            _ if kind == CallsRepeated::full_name() => in_json::<CallsRepeated>(&payload),
            _ if kind == ReportsExpired::full_name() => in_json::<ReportsExpired>(&payload),
            _ if kind == CaseExpired::full_name() => in_json::<CaseExpired>(&payload),
            _ if kind == CaseChanged::full_name() => in_json::<CaseChanged>(&payload),
            _ if kind == PersonToTell::full_name() => in_json::<PersonToTell>(&payload),
            _ if kind == PushRequested::full_name() => in_json::<PushRequested>(&payload),
            _ if kind == PushesRevised::full_name() => in_json::<PushesRevised>(&payload),
            _ if kind == AreasActivated::full_name() => in_json::<AreasActivated>(&payload),
            _ if kind == PushReceipt::full_name() => in_json::<PushReceipt>(&payload),
            _ if kind == PushesDelivered::full_name() => in_json::<PushesDelivered>(&payload),
            _ if kind == PushLimitsMoved::full_name() => in_json::<PushLimitsMoved>(&payload),
            _ if kind == PushOwed::full_name() => in_json::<PushOwed>(&payload),
            _ if kind == AlertRaised::full_name() => in_json::<AlertRaised>(&payload),
            _ if kind == BulletinMade::full_name() => in_json::<BulletinMade>(&payload),
            _ => panic!("{} is of a kind that nobody reads: {kind}", path.display()),
        };
        assert_eq!(read, sample["message"], "{}", path.display());
        kinds.insert(kind.to_owned());
    }
    assert_eq!(kinds.len(), 18, "a kind of event has no sample: {kinds:?}");
}

fn in_json<M: Message + Name + Default>(payload: &[u8]) -> Value {
    json::to_json(&M::decode(payload).unwrap()).unwrap()
}

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
