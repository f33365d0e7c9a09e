//! Neighbours that do not behave: they say nothing, half of it, a byte a second, too much at once, or break off.

use std::{future::Future, time::Duration};

use fengqiao_proto::{
    intake::v1::{Report, SubmitReportRequest, SubmitReportsRequest, submit_reports_response::Outcome},
    types::v1::Source,
};
use h2::Reason;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tonic::Code;

use crate::{
    drawing::good,
    wire::{Answers, SUBMIT_MANY, SUBMIT_ONE, Target, read, send},
};

/// How long a call that never comes to its end may be held open by the server, and some more for a slow machine.
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(45);
/// References of reports that may be accepted or not, since their sender does not stay for the answer.
pub const UNCERTAIN: &str = "RUDE-";

/// Everybody at once; ends when all have done what they do. Each says what it found to be wrong.
pub fn all(target: &Target, seed: u64) -> JoinSet<Vec<String>> {
    let mut tasks = JoinSet::new();
    for n in 0..30 {
        tasks.spawn(named("says nothing", says_nothing(target.clone())));
        tasks.spawn(named("TLS and then nothing", tls_and_nothing(target.clone())));
        tasks.spawn(named("headers and no body", headers_and_no_body(target.clone())));
        tasks.spawn(named("a byte a second", a_byte_a_second(target.clone(), seed + n)));
    }
    for n in 0..12 {
        tasks.spawn(named("half a message in a stream", half_a_message(target.clone(), n)));
        tasks.spawn(named("does not read", does_not_read(target.clone(), seed + n)));
        tasks.spawn(named("resets", resets(target.clone(), seed + n)));
        tasks.spawn(named("says GOAWAY", goes_away(target.clone(), n % 2 == 0)));
        tasks.spawn(named("frames that lie", lying_frames(target.clone(), n)));
    }
    for n in 0..4 {
        tasks.spawn(named("comes and goes", comes_and_goes(target.clone(), seed + n)));
    }
    tasks.spawn(named("many large at once", many_large_at_once(target.clone())));
    tasks
}

type Wrong = Result<(), String>;

async fn named(who: &'static str, does: impl Future<Output = Wrong>) -> Vec<String> {
    does.await.err().into_iter().map(|what| format!("{who}: {what}")).collect()
}

fn wrong(what: impl std::fmt::Display) -> String {
    what.to_string()
}

/// Connects; the server may hang up whenever it likes.
async fn says_nothing(target: Target) -> Wrong {
    let mut socket = target.tcp().await.map_err(wrong)?;
    let _ = timeout(GIVEN_UP_WITHIN, socket.read_u8()).await;
    Ok(())
}

async fn tls_and_nothing(target: Target) -> Wrong {
    let mut socket = target.tls().await.map_err(wrong)?;
    let _ = timeout(GIVEN_UP_WITHIN, socket.read_to_end(&mut Vec::new())).await;
    Ok(())
}

/// A call without its message is given up, and told so.
async fn headers_and_no_body(target: Target) -> Wrong {
    let wire = target.connect().await.map_err(wrong)?;
    let (answer, body) = wire.open(SUBMIT_ONE, &[]).await.map_err(wrong)?;
    let told = timeout(GIVEN_UP_WITHIN, read(answer)).await.map_err(|_| "not given up")?.map_err(wrong)?;
    drop(body);
    expect_code(told.code, &[Code::DeadlineExceeded])
}

async fn a_byte_a_second(target: Target, seed: u64) -> Wrong {
    let wire = target.connect().await.map_err(wrong)?;
    let (answer, mut body) = wire.open(SUBMIT_ONE, &[]).await.map_err(wrong)?;
    let report = uncertain(seed, 1).remove(0);
    let frame = framed(&SubmitReportRequest { report: Some(report), ..Default::default() });
    let slow = async {
        for byte in frame {
            if send(&mut body, vec![byte].into(), false).await.is_err() {
                // Given up: what was told says so.
                return std::future::pending().await;
            }
            sleep(Duration::from_secs(1)).await;
        }
    };
    let told = async { timeout(GIVEN_UP_WITHIN, read(answer)).await.map_err(|_| "not given up") };
    tokio::select! {
        told = told => expect_code(told?.map_err(wrong)?.code, &[Code::DeadlineExceeded]),
        () = slow => Err("was heard out".into()),
    }
}

/// A stream may be silent, but not in the middle of a message.
async fn half_a_message(target: Target, n: u64) -> Wrong {
    let wire = target.connect().await.map_err(wrong)?;
    let (answer, mut body) = wire.open(SUBMIT_MANY, &[]).await.map_err(wrong)?;
    // Says that a million bytes come, and sends some.
    let mut frame = vec![0, 0, 0x0f, 0x42, 0x40];
    frame.resize(5 + 1_000 * usize::try_from(n).unwrap_or_default(), 7);
    send(&mut body, frame.into(), false).await.map_err(wrong)?;
    let ended = async {
        match Answers::of(answer).await.map_err(wrong)? {
            Err(told) => Ok(told),
            Ok(mut answers) => loop {
                match answers.next().await.map_err(wrong)? {
                    Err(told) => break Ok(told),
                    // Others of the same caller have taken all the room.
                    Ok(answer) if is_full(answer.outcome.as_ref()) => {}
                    Ok(answer) => break Err(format!("answered {answer:?}")),
                }
            },
        }
    };
    let told = timeout(GIVEN_UP_WITHIN, ended).await.map_err(|_| "not given up".to_owned())??;
    expect_code(told.code, &[Code::DeadlineExceeded])
}

/// Sends and never reads an answer.
async fn does_not_read(target: Target, seed: u64) -> Wrong {
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(16).initial_connection_window_size(65_535);
    let wire = target.connect_with(&builder).await.map_err(wrong)?;
    let (answer, mut body) = wire.open(SUBMIT_MANY, &[]).await.map_err(wrong)?;
    let sending = async {
        for (mark, report) in (1..).zip(uncertain(seed, 3_000)) {
            let frame = framed(&SubmitReportsRequest { mark, report: Some(report), ..Default::default() });
            if send(&mut body, frame.into(), false).await.is_err() {
                return;
            }
        }
    };
    let _ = timeout(Duration::from_secs(20), sending).await;
    drop(answer);
    Ok(())
}

/// Opens calls and takes them back, as fast as it can.
async fn resets(target: Target, seed: u64) -> Wrong {
    let wire = target.connect().await.map_err(wrong)?;
    for report in uncertain(seed, 200) {
        // The server may have had enough of it.
        let Ok((answer, mut body)) = wire.open(SUBMIT_ONE, &[]).await else { return Ok(()) };
        let frame = framed(&SubmitReportRequest { report: Some(report), ..Default::default() });
        let half = frame[..frame.len() / 2].to_vec();
        let _ = send(&mut body, half.into(), false).await;
        body.send_reset(Reason::CANCEL);
        drop(answer);
    }
    Ok(())
}

async fn goes_away(target: Target, goes_on: bool) -> Wrong {
    let mut socket = target.tls().await.map_err(wrong)?;
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(4, 0, 0, &[]));
    bytes.extend(frame(7, 0, 0, &[0; 8]));
    if goes_on {
        bytes.extend(frame(6, 0, 0, &[1; 8]));
        bytes.extend(headers(&target));
    }
    socket.write_all(&bytes).await.map_err(wrong)?;
    let _ = timeout(Duration::from_secs(20), socket.read_to_end(&mut Vec::new())).await;
    Ok(())
}

/// Frames whose length is not what comes, or more than any frame may have.
async fn lying_frames(target: Target, n: u64) -> Wrong {
    let mut socket = target.tls().await.map_err(wrong)?;
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(4, 0, 0, &[]));
    bytes.extend(headers(&target));
    // 16 MiB less one: more than a frame may have here; or as much as it may, of which little comes.
    let said = if n.is_multiple_of(2) { [0xff, 0xff, 0xff] } else { [0, 0x40, 0] };
    bytes.extend(said);
    bytes.extend([0, 1, 0, 0, 0, 1]);
    bytes.extend([0, 0x01, 0x40, 0, 0]);
    bytes.extend(vec![7; 1_000]);
    socket.write_all(&bytes).await.map_err(wrong)?;
    if n.is_multiple_of(3) {
        // Goes on with 20 MB of what is no frame.
        for _ in 0..320 {
            if socket.write_all(&[7; 65_536]).await.is_err() {
                return Ok(());
            }
        }
    }
    let _ = timeout(GIVEN_UP_WITHIN, socket.read_to_end(&mut Vec::new())).await;
    Ok(())
}

/// Connects, says one good thing or nothing, and is gone.
async fn comes_and_goes(target: Target, seed: u64) -> Wrong {
    let mut random = StdRng::seed_from_u64(seed);
    for report in uncertain(seed ^ 0xc0ffee, 60) {
        match random.random_range(0..4) {
            0 => drop(target.tcp().await.map_err(wrong)?),
            1 => drop(target.tls().await.map_err(wrong)?),
            2 => drop(target.connect().await.map_err(wrong)?),
            _ => {
                let wire = target.connect().await.map_err(wrong)?;
                let frame = framed(&SubmitReportRequest { report: Some(report), ..Default::default() });
                let _ = timeout(Duration::from_millis(20), wire.call(frame)).await;
            }
        }
    }
    Ok(())
}

/// As many calls as a connection may have, each with the most that a message may have but its last byte.
async fn many_large_at_once(target: Target) -> Wrong {
    const AT_ONCE: usize = 400;
    let wire = target.connect().await.map_err(wrong)?;
    let mut frame = vec![0, 0, 0x10, 0, 0];
    frame.resize(5 + (1 << 20) - 1, 7);
    let frame = bytes::Bytes::from(frame);
    let mut calls = JoinSet::new();
    for _ in 0..AT_ONCE {
        let Ok((answer, mut body)) = wire.open(SUBMIT_MANY, &[]).await else { break };
        let frame = frame.clone();
        calls.spawn(async move {
            let _ = timeout(Duration::from_secs(20), send(&mut body, frame, false)).await;
            let _ = timeout(Duration::from_secs(15), answer).await;
        });
    }
    let until = Instant::now() + GIVEN_UP_WITHIN;
    while tokio::time::timeout_at(until, calls.join_next()).await.is_ok_and(|ended| ended.is_some()) {}
    Ok(())
}

fn is_full(outcome: Option<&Outcome>) -> bool {
    matches!(outcome, Some(Outcome::Refused(refusal)) if refusal.code == Code::ResourceExhausted as i32)
}

fn expect_code(code: Code, one_of: &[Code]) -> Wrong {
    if one_of.contains(&code) { Ok(()) } else { Err(format!("was told {code:?}")) }
}

fn uncertain(seed: u64, count: usize) -> Vec<Report> {
    let mut random = StdRng::seed_from_u64(seed);
    (0..count)
        .map(|number| {
            let report = good(&mut random, number);
            let source_ref = format!("{UNCERTAIN}{}", report.source_ref);
            Report { source: Source::Grid.into(), source_ref, ..report }
        })
        .collect()
}

fn framed(message: &impl prost::Message) -> Vec<u8> {
    let message = message.encode_to_vec();
    let length = u32::try_from(message.len()).unwrap();
    [&[0][..], &length.to_be_bytes(), &message].concat()
}

/// An HTTP/2 frame (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The headers of a call on stream 1, each written out (RFC 7541, section 6.2.2).
fn headers(target: &Target) -> Vec<u8> {
    let mut block = vec![0x83, 0x87];
    let mut literal = |index: &[u8], value: &str| {
        block.extend(index);
        match u8::try_from(value.len()).ok().filter(|length| *length < 127) {
            Some(length) => block.push(length),
            None => {
                block.push(127);
                let mut rest = value.len() - 127;
                while rest >= 128 {
                    block.push(u8::try_from(rest % 128).unwrap() | 128);
                    rest /= 128;
                }
                block.push(u8::try_from(rest).unwrap());
            }
        }
        block.extend(value.as_bytes());
    };
    literal(&[0x04], SUBMIT_ONE);
    literal(&[0x01], "localhost");
    literal(&[0x0f, 0x10], "application/grpc");
    literal(&[0x0f, 0x08], &format!("Bearer {}", target.token()));
    frame(1, 4, 1, &block)
}
