//! Bytes as they come to the service: messages that are damaged, in frames that are damaged, in pieces of any size.

use std::{
    path::Path,
    sync::{Arc, LazyLock},
    time::Duration,
};

use bytes::Bytes;
use fengqiao_access::Principal;
use fengqiao_county::Counties;
use fengqiao_intake::{Intake, config::CommitSettings, county_weights::CountyWeights, grpc::IntakeFace};
use fengqiao_messaging::{Outbox, Topic};
use fengqiao_proto::intake::v1::{
    Report, SubmitReportRequest, SubmitReportsRequest, SubmitReportsResponse,
    submit_reports_response::Outcome,
};
use fengqiao_sealing::Keyring;
use futures::stream;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use proptest::prelude::*;
use prost::Message as _;
use sqlx::postgres::PgPoolOptions;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, body::Body};
use tower::Service as _;

use crate::nasty::{self, CANARY};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
/// A service without a database. What is right waits for a commit that never comes; the caller is of a source that
/// reports here hardly ever name, so that hardly any is.
static FACE: LazyLock<IntakeFace> = LazyLock::new(|| {
    let _entered = RUNTIME.enter();
    let pool = PgPoolOptions::new().connect_lazy("postgres://nobody@127.0.0.1:1/none").unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
    let (intake, _) = Intake::new(
        &pool,
        &Outbox::new(Topic::Intake),
        &Counties::load(&[folder]).unwrap(),
        &CountyWeights::default(),
        Arc::new(Keyring::from_toml(&Keyring::generate()).unwrap()),
        &CommitSettings::default(),
        &CancellationToken::new(),
    );
    IntakeFace::new(Arc::new(intake))
});
/// A call that lasts so long waits for a commit.
const WAITS: Duration = Duration::from_millis(500);
const LAST: u64 = u64::MAX;

fn frame(message: &[u8]) -> Vec<u8> {
    [&[0][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), message].concat()
}

/// The status of a call and its messages; none where it waits for a commit.
fn call(method: &str, pieces: Vec<Vec<u8>>) -> Option<(Status, Vec<SubmitReportsResponse>)> {
    let frames = pieces.into_iter().map(|piece| Ok::<_, Status>(Frame::data(Bytes::from(piece))));
    let mut request =
        http::Request::post(format!("https://intake/fengqiao.intake.v1.IntakeService/{method}"))
            .header("content-type", "application/grpc")
            .body(Body::new(StreamBody::new(stream::iter(frames))))
            .unwrap();
    let source = Principal::new("petition", "421181", "source", Some("petition")).unwrap();
    request.extensions_mut().insert(Arc::new(source));
    let answered = RUNTIME.block_on(async {
        tokio::time::timeout(WAITS, async {
            let (head, body) = FACE.clone().call(request).await.unwrap().into_parts();
            (head.headers, body.collect().await.unwrap())
        })
        .await
        .ok()
    });
    let (headers, body) = answered?;
    let trailers = body.trailers().cloned().unwrap_or_default();
    let status = Status::from_header_map(&headers).or_else(|| Status::from_header_map(&trailers)).unwrap();
    let bytes = body.to_bytes();
    let mut left = &bytes[..];
    let mut answers = Vec::new();
    while let Some((header, rest)) = left.split_first_chunk::<5>() {
        let (message, rest) = rest.split_at(u32::from_be_bytes(header[1..].try_into().unwrap()) as usize);
        answers.push(SubmitReportsResponse::decode(message).unwrap());
        left = rest;
    }
    Some((status, answers))
}

fn pieces(bytes: &[u8], sizes: &[usize]) -> Vec<Vec<u8>> {
    let mut left = bytes;
    let mut pieces = Vec::new();
    for size in sizes.iter().cycle() {
        if left.is_empty() {
            break;
        }
        let (piece, rest) = left.split_at((*size).min(left.len()));
        pieces.push(piece.to_vec());
        left = rest;
    }
    pieces
}

/// Told of something wrong, in a way that helps, and never of the service's own trouble.
fn is_precise(code: Code, message: &str, fields: usize) -> bool {
    !message.contains(CANARY)
        && match code {
            Code::InvalidArgument => fields > 0,
            Code::PermissionDenied | Code::NotFound | Code::ResourceExhausted => true,
            _ => false,
        }
}

proptest! {
    #![proptest_config(nasty::config())]

    #[test]
    fn a_call_with_a_damaged_message_is_told_precisely(
        report in nasty::report(),
        damages in nasty::damages(),
        frame_damages in nasty::damages(),
        sizes in prop::collection::vec(1_usize..2_000, 1..6),
    ) {
        let message = SubmitReportRequest { report: Some(report), ..Default::default() }.encode_to_vec();
        let mut framed = frame(&nasty::damaged(message, &damages));
        // The frame's own five bytes are damaged in some.
        let begin: Vec<u8> = framed.drain(..5).collect();
        let mut bytes = nasty::damaged(begin, &frame_damages);
        bytes.extend(framed);
        if let Some((status, _)) = call("SubmitReport", pieces(&bytes, &sizes)) {
            let fields = tonic_types::StatusExt::get_details_bad_request(&status)
                .map_or(0, |bad| bad.field_violations.len());
            prop_assert!(is_precise(status.code(), status.message(), fields), "{status:?}");
        }
    }

    #[test]
    fn in_a_stream_a_damaged_message_costs_no_neighbour(
        reports in prop::collection::vec((nasty::report(), nasty::damages(), 0_u8..8), 1..6),
        sizes in prop::collection::vec(1_usize..2_000, 1..6),
    ) {
        let mut bytes = Vec::new();
        for ((report, damages, flag), mark) in reports.iter().zip(1..) {
            let message = SubmitReportsRequest { mark, report: Some(report.clone()), ..Default::default() };
            let mut framed = frame(&nasty::damaged(message.encode_to_vec(), damages));
            framed[0] = flag.saturating_sub(6);
            bytes.extend(framed);
        }
        // Nobody's report, so that its answer does not wait for a commit.
        let last = SubmitReportsRequest { mark: LAST, report: Some(Report::default()), ..Default::default() };
        bytes.extend(frame(&last.encode_to_vec()));
        if let Some((status, answers)) = call("SubmitReports", pieces(&bytes, &sizes)) {
            prop_assert_eq!(status.code(), Code::Ok);
            prop_assert_eq!(answers.len(), reports.len() + 1);
            for answer in &answers {
                let Some(Outcome::Refused(refusal)) = &answer.outcome else { panic!("{answer:?}") };
                let code = Code::from_i32(refusal.code);
                prop_assert!(is_precise(code, &refusal.message, refusal.violations.len()), "{refusal:?}");
            }
            let of_the_last = answers.iter().filter(|answer| answer.mark == LAST);
            prop_assert_eq!(of_the_last.count(), 1);
        }
    }

    #[test]
    fn any_bytes_end_a_call_precisely(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        sizes in prop::collection::vec(1_usize..100, 1..6),
        many in any::<bool>(),
    ) {
        let method = if many { "SubmitReports" } else { "SubmitReport" };
        if let Some((status, answers)) = call(method, pieces(&bytes, &sizes)) {
            let fields = tonic_types::StatusExt::get_details_bad_request(&status)
                .map_or(0, |bad| bad.field_violations.len());
            let precise = is_precise(status.code(), status.message(), fields);
            prop_assert!(precise || (many && status.code() == Code::Ok), "{status:?}");
            prop_assert!(many || answers.is_empty());
        }
    }
}
