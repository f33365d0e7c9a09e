//! What intake, routing and notification tell of cases, made without them: events that statistics takes in.

use fengqiao_messaging::Event;
use fengqiao_proto::{
    intake::v1::{Linkage, ReportAccepted},
    notification::v1::{PushReceipt, ReceiptKind},
    routing::v1::{CaseChanged, PushRequested},
    types::v1::{CaseState, FormKind, Level, Source},
};
use prost::Message as _;
use uuid::Uuid;

/// When and where cases live. Those of one number are of one case.
#[derive(Debug, Clone, Copy)]
pub struct Life {
    /// The second, from 1970, in which they begin.
    pub begins: i64,
    /// Towns over which they are spread.
    pub towns: u128,
}

fn id(kind: u128, number: u128) -> String {
    Uuid::from_u128((kind << 96) | number).to_string()
}

const fn event(kind: &'static str, payload: Vec<u8>) -> Event {
    Event { kind, payload, trace: None }
}

impl Life {
    fn at(self, second: i64) -> Option<prost_types::Timestamp> {
        Some(prost_types::Timestamp { seconds: self.begins + second, nanos: 0 })
    }

    fn area(self, number: u128) -> String {
        format!("421181{}200", 100 + number % self.towns)
    }

    /// A report.
    #[must_use]
    pub fn report(self, number: u128) -> Event {
        let report = ReportAccepted {
            report_id: id(1, number),
            revision: 1,
            source: Source::Police110.into(),
            area_code: self.area(number),
            category: "neighbourhood".into(),
            occurred_at: self.at(0),
            accepted_at: self.at(1),
            linkage: Some(Linkage { repeat: number.is_multiple_of(8), ..Default::default() }),
            ..Default::default()
        };
        event("fengqiao.intake.v1.ReportAccepted", report.encode_to_vec())
    }

    /// Its case: open in version 1, resolved in the next one.
    #[must_use]
    pub fn case(self, number: u128, version: i64) -> Event {
        let case = CaseChanged {
            case_id: id(2, number),
            version,
            state: if version == 1 { CaseState::Open } else { CaseState::Resolved }.into(),
            level: Level::Yellow.into(),
            area_code: self.area(number),
            category: "neighbourhood".into(),
            first_source: Source::Police110.into(),
            lead_agency: "police".into(),
            opened_at: self.at(1),
            resolved_at: if version == 1 { None } else { self.at(900) },
            changed_at: self.at(version * 10),
            report_id: id(1, number),
            ..Default::default()
        };
        event("fengqiao.routing.v1.CaseChanged", case.encode_to_vec())
    }

    /// A push of it; each case has several, told apart by `which`.
    #[must_use]
    pub fn push(self, number: u128, which: u128) -> Event {
        let push = PushRequested {
            push_id: id(3 + which, number),
            case_id: id(2, number),
            agency: "police".into(),
            form: FormKind::ReportForm.into(),
            level: Level::Yellow.into(),
            area_code: self.area(number),
            category: "neighbourhood".into(),
            first_source: Source::Police110.into(),
            requested_at: self.at(2),
            ..Default::default()
        };
        event("fengqiao.routing.v1.PushRequested", push.encode_to_vec())
    }

    /// What became of its first push.
    #[must_use]
    pub fn receipt(self, number: u128, kind: ReceiptKind) -> Event {
        let receipt = PushReceipt {
            push_id: id(3, number),
            case_id: id(2, number),
            kind: kind.into(),
            at: self.at(3),
            ..Default::default()
        };
        event("fengqiao.notification.v1.PushReceipt", receipt.encode_to_vec())
    }
}
