//! Bytes that are no message: refused like any other wrong message, alone.

use crate::world::{World, channel, report};
use bytes::{Buf as _, BufMut as _, Bytes};
use fengqiao_intake::config::CommitSettings;
use fengqiao_proto::intake::v1::{
    GetReportRequest, SubmitReportRequest, SubmitReportsRequest, SubmitReportsResponse,
    submit_reports_response::Outcome,
};
use prost::Message;
use tonic::{
    Code, Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};
use tonic_types::StatusExt as _;

/// Sends bytes as they are.
struct Raw<M>(std::marker::PhantomData<M>);

impl<M> Raw<M> {
    const fn new() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<M: Message + Default + 'static> Codec for Raw<M> {
    type Encode = Bytes;
    type Decode = M;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self::new()
    }

    fn decoder(&mut self) -> Self {
        Self::new()
    }
}

impl<M> Encoder for Raw<M> {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl<M: Message + Default> Decoder for Raw<M> {
    type Item = M;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<M>, Status> {
        M::decode(buffer.copy_to_bytes(buffer.remaining()))
            .map(Some)
            .map_err(|e| Status::internal(e.to_string()))
    }
}

/// The message with the first byte of a text made invalid.
fn spoiled(message: &impl Message, text: &str) -> Bytes {
    let mut bytes = message.encode_to_vec();
    let at = bytes.windows(text.len()).position(|window| window == text.as_bytes()).unwrap();
    bytes[at] = 0xff;
    bytes.into()
}

async fn unary(grpc: &mut Grpc<tonic::transport::Channel>, method: &'static str, bytes: Bytes) -> Status {
    grpc.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static(method);
    grpc.unary::<_, SubmitReportsResponse, _>(Request::new(bytes), path, Raw::new()).await.unwrap_err()
}

#[tokio::test]
async fn a_text_that_is_not_utf_8_is_an_invalid_argument_that_names_its_field() {
    let mut world = World::new().await;
    let address = world.process(CommitSettings::default()).await;
    let mut grpc = Grpc::new(channel(&address).await);
    let message = SubmitReportRequest { report: Some(report("GD-1", 1, 1)), ..Default::default() };
    let status =
        unary(&mut grpc, "/fengqiao.intake.v1.IntakeService/SubmitReport", spoiled(&message, "李某")).await;
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(status.get_details_bad_request().unwrap().field_violations[0].field, "parties[1].name");
    let message = GetReportRequest { report_id: "abc".into(), ..Default::default() };
    let status =
        unary(&mut grpc, "/fengqiao.intake.v1.IntakeService/GetReport", spoiled(&message, "abc")).await;
    assert_eq!(status.get_details_bad_request().unwrap().field_violations[0].field, "reportId");
    world.end().await;
}

#[tokio::test]
async fn in_a_stream_it_costs_only_itself() {
    let mut world = World::new().await;
    let address = world.process(CommitSettings::default()).await;
    let mut grpc = Grpc::new(channel(&address).await);
    let messages: Vec<Bytes> = (1..=30_u64)
        .map(|mark| {
            let message = SubmitReportsRequest {
                mark,
                report: Some(report(&format!("GD-{mark}"), mark as u32, mark as u32)),
                ..Default::default()
            };
            match mark % 3 {
                0 => spoiled(&message, "邻里纠纷"),
                1 => message.encode_to_vec().into(),
                _ => {
                    // Too large for a report, yet within what is read.
                    let mut large = message;
                    large.report.as_mut().unwrap().narrative = "x".repeat(1_200_000);
                    large.encode_to_vec().into()
                }
            }
        })
        .collect();
    grpc.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/fengqiao.intake.v1.IntakeService/SubmitReports");
    let mut answers = grpc
        .streaming::<_, Bytes, SubmitReportsResponse, _>(
            Request::new(tokio_stream::iter(messages)),
            path,
            Raw::new(),
        )
        .await
        .unwrap()
        .into_inner();
    let mut outcomes = [0, 0, 0];
    while let Some(answer) = answers.message().await.unwrap() {
        outcomes[(answer.mark % 3) as usize] += 1;
        match answer.outcome.unwrap() {
            Outcome::Accepted(_) => assert_eq!(answer.mark % 3, 1),
            Outcome::Refused(refusal) => {
                assert_eq!(refusal.code, Code::InvalidArgument as i32);
                let field = if answer.mark % 3 == 0 { "title" } else { "report" };
                assert_eq!(refusal.violations[0].field, field);
            }
        }
    }
    assert_eq!(outcomes, [10, 10, 10]);
    world.end().await;
}
