//! What is sent: good reports, and every way to be wrong that a sender has, each with what it must be told.

use fengqiao_proto::{
    intake::v1::{Details, OwnField, Report},
    types::v1::{Party, PartyRole, Source},
};
use prost::{Message as _, encoding};
use prost_types::Timestamp;
use rand::{RngExt as _, rngs::StdRng};
use tonic::Code;

/// Stands in every text that is personal: no line of a log may hold it.
pub const CANARY: &str = "金丝雀";
/// And in every phone number.
pub const CANARY_PHONE: &str = "19900";
/// More than a server may keep of one message, and more than one may have.
const HUGE: usize = 20 << 20;

/// One message, before it is put on the wire.
#[derive(Debug, Clone)]
pub struct Sent {
    /// What it is, for people.
    pub kind: Kind,
    /// The encoded report; may be no message at all.
    pub report: Vec<u8>,
    /// What must become of it.
    pub expected: Expected,
    /// How it is put on the wire.
    pub framing: Framing,
}

/// What must become of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// It is accepted under this reference.
    Accepted(String),
    /// It is refused with this code, and these fields are named.
    Refused(Code, Vec<&'static str>),
}

/// How a message is put on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// As it should be.
    Whole,
    /// Without its last bytes, in a frame that says so.
    Truncated,
    /// In a frame that says that more comes than does; ends its call.
    CutOff,
    /// Under the mark of a compressed message.
    Compressed,
    /// Under a mark that means nothing.
    Marked,
}

/// Kinds of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Good,
    UnknownFields,
    StrangeMarks,
    Again,
    Revised,
    Truncated,
    CutOff,
    Compressed,
    Marked,
    WrongWireType,
    WrongSource,
    WrongRole,
    Huge,
    Large,
    Nul,
    NotUtf8,
    Future,
    Nineteen,
    NegativeNanos,
    Crowd,
    ManyOwnFields,
    Empty,
    Garbage,
    OfAnother,
}

/// How often each is drawn.
const WEIGHTS: &[(Kind, u32)] = &[
    (Kind::Good, 400),
    (Kind::UnknownFields, 30),
    (Kind::StrangeMarks, 40),
    (Kind::Again, 60),
    (Kind::Revised, 40),
    (Kind::Truncated, 40),
    (Kind::CutOff, 20),
    (Kind::Compressed, 20),
    (Kind::Marked, 15),
    (Kind::WrongWireType, 50),
    (Kind::WrongSource, 30),
    (Kind::WrongRole, 30),
    (Kind::Huge, 4),
    (Kind::Large, 12),
    (Kind::Nul, 30),
    (Kind::NotUtf8, 40),
    (Kind::Future, 30),
    (Kind::Nineteen, 30),
    (Kind::NegativeNanos, 30),
    (Kind::Crowd, 10),
    (Kind::ManyOwnFields, 20),
    (Kind::Empty, 20),
    (Kind::Garbage, 30),
    (Kind::OfAnother, 20),
];

/// Draws messages. What belongs together (a report and what is sent of it again) lies close.
pub fn draw(random: &mut StdRng, count: usize) -> Vec<Sent> {
    let all: u32 = WEIGHTS.iter().map(|(_, weight)| weight).sum();
    let mut sent = Vec::with_capacity(count);
    let mut number = 0;
    while sent.len() < count {
        let mut at = random.random_range(0..all);
        let kind = WEIGHTS
            .iter()
            .find(|(_, weight)| {
                let here = at < *weight;
                at = at.saturating_sub(*weight);
                here
            })
            .map_or(Kind::Good, |(kind, _)| *kind);
        number += 1;
        sent.extend(one(random, kind, number));
    }
    sent.truncate(count);
    sent
}

/// One message of a kind, or those that belong together.
fn one(random: &mut StdRng, kind: Kind, number: usize) -> Vec<Sent> {
    let report = good(random, number);
    let accepted = Expected::Accepted(report.source_ref.clone());
    let wrong = |fields: &[&'static str]| Expected::Refused(Code::InvalidArgument, fields.to_vec());
    let sent = |report: &Report, expected: Expected| Sent {
        kind,
        report: report.encode_to_vec(),
        expected,
        framing: Framing::Whole,
    };
    let framed = |framing| Sent { framing, ..sent(&report, wrong(&[""])) };
    match kind {
        Kind::Good => vec![sent(&report, accepted)],
        Kind::UnknownFields => {
            let mut known = sent(&report, accepted);
            encoding::bytes::encode(9_999, &random_bytes(random, 40), &mut known.report);
            encoding::uint64::encode(536_870_911, &7, &mut known.report);
            vec![known]
        }
        Kind::StrangeMarks => {
            let mut report = report.clone();
            // Right to left, zero width, combining, beyond the basic plane: as people write.
            report.narrative.push_str("\u{202e}\u{200b}\u{200d}\u{feff}e\u{301}\u{20bb7}👨‍👩‍👧");
            report.parties[0].name.push('\u{200f}');
            vec![sent(&report, accepted)]
        }
        Kind::Again => vec![sent(&report, accepted); random.random_range(2..4)],
        Kind::Revised => {
            let stages: Vec<Report> = (0..3)
                .map(|stage| Report { narrative: format!("{CANARY}第{stage}稿"), ..report.clone() })
                .collect();
            // Whatever order they come in.
            [2, 0, 1, 0].iter().map(|stage| sent(&stages[*stage], accepted.clone())).collect()
        }
        Kind::Truncated => vec![framed(Framing::Truncated)],
        Kind::CutOff => vec![framed(Framing::CutOff)],
        Kind::Compressed => vec![framed(Framing::Compressed)],
        Kind::Marked => vec![framed(Framing::Marked)],
        Kind::WrongWireType => {
            let (field, name) =
                [(7, "title"), (8, "narrative"), (6, "address"), (3, "sourceRef")][random.random_range(0..4)];
            let mut broken = sent(&report, wrong(&[name]));
            encoding::uint64::encode(field, &42, &mut broken.report);
            vec![broken]
        }
        Kind::WrongSource => vec![sent(&Report { source: 999, ..report.clone() }, wrong(&["source"]))],
        Kind::WrongRole => {
            let mut report = report.clone();
            report.parties[0].role = -7;
            vec![sent(&report, wrong(&["parties[0].role"]))]
        }
        Kind::Huge => {
            vec![sent(&Report { narrative: "闹".repeat(HUGE / 3), ..report.clone() }, wrong(&["report"]))]
        }
        Kind::Large => {
            // More than a narrative may have, but a message like any other.
            let narrative = "闹".repeat(random.random_range(10_001..300_000));
            vec![sent(&Report { narrative, ..report.clone() }, wrong(&["narrative"]))]
        }
        Kind::Nul => {
            let mut report = report.clone();
            report.title.push('\0');
            report.parties[0].name.insert(0, '\0');
            vec![sent(&report, wrong(&["title", "parties[0].name"]))]
        }
        Kind::NotUtf8 => {
            // Half of a surrogate pair, as some systems write what they cannot.
            let mut broken = sent(&report, wrong(&["narrative"]));
            encoding::bytes::encode(8, &vec![0xed, 0xa0, 0x80], &mut broken.report);
            vec![broken]
        }
        Kind::Future => vec![sent(&at(&report, now() + 3_600, 0), wrong(&["occurredAt"]))],
        Kind::Nineteen => vec![sent(&at(&report, -2_208_988_800, 0), wrong(&["occurredAt"]))],
        Kind::NegativeNanos => vec![sent(&at(&report, now() - 60, -5), wrong(&["occurredAt"]))],
        Kind::Crowd => {
            let parties = vec![report.parties[0].clone(); 10_000];
            vec![sent(&Report { parties, ..report.clone() }, wrong(&["parties"]))]
        }
        Kind::ManyOwnFields => {
            let own_fields = vec![OwnField { name: "备注".into(), value: CANARY.into() }; 101];
            let details = Some(Details { own_fields, ..Details::default() });
            vec![sent(&Report { details, ..report.clone() }, wrong(&["details.ownFields"]))]
        }
        Kind::Empty => {
            let fields = ["source", "sourceRef", "occurredAt", "areaCode", "title"];
            vec![sent(&Report::default(), wrong(&fields))]
        }
        Kind::Garbage => {
            let mut garbage = sent(&report, wrong(&["report"]));
            // A field of number 0 is none, whatever follows.
            garbage.report = [vec![0], random_bytes(random, 300)].concat();
            vec![garbage]
        }
        Kind::OfAnother => {
            let report = Report { source: Source::Police110.into(), ..report.clone() };
            vec![sent(&report, Expected::Refused(Code::PermissionDenied, vec!["source"]))]
        }
    }
}

/// A right report of made-up people.
pub fn good(random: &mut StdRng, number: usize) -> Report {
    let phone = format!("{CANARY_PHONE}{:06}", random.random_range(0..1_000_000));
    Report {
        source: Source::Hotline12345.into(),
        source_ref: format!("M-{number}-{:08x}", random.random::<u32>()),
        occurred_at: Some(Timestamp { seconds: now() - 60, nanos: 0 }),
        area_code: "421181105200".into(),
        address: format!("{CANARY}村{}组{number}号", number / 100 + 1),
        title: format!("{CANARY}{number}"),
        // Some take several frames.
        narrative: format!("{CANARY}：树枝伸到院子里。").repeat(match random.random_range(0..20) {
            0 => 800,
            n => n / 3 + 1,
        }),
        category: "邻里".into(),
        parties: vec![Party {
            role: PartyRole::Reporter.into(),
            name: format!("王{CANARY}"),
            phone,
            ..Party::default()
        }],
        ..Report::default()
    }
}

fn at(report: &Report, seconds: i64, nanos: i32) -> Report {
    Report { occurred_at: Some(Timestamp { seconds, nanos }), ..report.clone() }
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn random_bytes(random: &mut StdRng, most: usize) -> Vec<u8> {
    let mut bytes = vec![0; random.random_range(1..most)];
    random.fill(&mut bytes[..]);
    bytes
}

impl Sent {
    /// The frame of a call with this one message.
    pub fn call(&self) -> Vec<u8> {
        self.framed(1, &[])
    }

    /// The frame of the message in a stream.
    pub fn in_stream(&self, mark: u64) -> Vec<u8> {
        let mut begin = Vec::new();
        encoding::uint64::encode(1, &mark, &mut begin);
        self.framed(2, &begin)
    }

    fn framed(&self, field: u32, begin: &[u8]) -> Vec<u8> {
        let mut message = begin.to_vec();
        encoding::bytes::encode(field, &self.report, &mut message);
        if self.framing == Framing::Truncated {
            message.truncate(message.len() - message.len() / 3 - 1);
        }
        let (flag, length) = match self.framing {
            Framing::Whole | Framing::Truncated => (0, message.len()),
            Framing::CutOff => (0, message.len() + 100),
            Framing::Compressed => (1, message.len()),
            Framing::Marked => (9, message.len()),
        };
        let length = u32::try_from(length).unwrap();
        [&[flag][..], &length.to_be_bytes(), &message].concat()
    }
}
