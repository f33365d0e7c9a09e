//! A push as this service keeps it.

use fengqiao_proto::{
    notification::v1::{DeliveryState, ReceiptState, ReturnReason},
    types::v1::{FormKind, Level, PushSubject},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{limit::ToldLimits, receipt::EvidenceFor};

/// One form, for one case or one duty besides cases, to one agency. The matter stays sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The county's 6-digit code.
    pub county: String,
    /// The id; the same however often it is delivered.
    pub push_id: Uuid,
    /// What it speaks of.
    pub subject: PushSubject,
    /// The case, or the duty besides cases.
    pub case_id: Uuid,
    /// The number that people say; empty of a duty.
    pub case_number: String,
    /// To whom.
    pub agency: String,
    /// The document.
    pub form: FormKind,
    /// The level when it was requested.
    pub level: Level,
    /// The area of the case or the duty.
    pub area_code: String,
    /// The area's name.
    pub area_name: String,
    /// The canonical category.
    pub category: String,
    /// Why it is pushed.
    pub reason: String,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// By when it has to be pushed.
    pub due_at: Option<Timestamp>,
    /// How far its delivery is.
    pub delivery: DeliveryState,
    /// What the agency did with it.
    pub receipt: ReceiptState,
    /// When it was first delivered.
    pub delivered_at: Option<Timestamp>,
    /// When the agency signed.
    pub signed_at: Option<Timestamp>,
    /// When the agency returned it.
    pub returned_at: Option<Timestamp>,
    /// Why the agency returned it.
    pub return_reason: ReturnReason,
    /// When the agency last said what it did.
    pub feedback_at: Option<Timestamp>,
    /// When all tries had failed.
    pub parked_at: Option<Timestamp>,
    /// How often delivery was tried; also tells one claim from the next.
    pub attempts: i32,
    /// How many tries failed since it was made or sent again; decides the next one.
    pub failures: i32,
    /// Why the last try failed.
    pub last_error: String,
    /// The number of its form; empty where it has none.
    pub form_number: String,
    /// Whether it is an exercise (演练).
    pub drill: bool,
    /// By when the agency owes its signature.
    pub sign_by: Option<Timestamp>,
    /// By when the agency owes the result.
    pub answer_by: Option<Timestamp>,
    /// The trace that it belongs to.
    pub traceparent: Option<String>,
    /// A sealed `fengqiao.type.v1.Matter`.
    pub sealed_matter: Vec<u8>,
}

impl Push {
    /// Sorts pushes as an agency gets them: the most dangerous first, then the oldest.
    pub fn sort_for_delivery(pushes: &mut [Self]) {
        pushes.sort_by(|a, b| {
            (b.level as i32, a.requested_at, a.push_id).cmp(&(a.level as i32, b.requested_at, b.push_id))
        });
    }
}

/// A push that routing asked for, before it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedPush {
    /// The county's 6-digit code.
    pub county: String,
    /// The id, made by routing.
    pub push_id: Uuid,
    /// What it speaks of.
    pub subject: PushSubject,
    /// The case, or the duty besides cases.
    pub case_id: Uuid,
    /// The number that people say; empty of a duty.
    pub case_number: String,
    /// To whom.
    pub agency: String,
    /// The document.
    pub form: FormKind,
    /// The level.
    pub level: Level,
    /// The area of the case or the duty.
    pub area_code: String,
    /// The area's name.
    pub area_name: String,
    /// The canonical category.
    pub category: String,
    /// Why it is pushed.
    pub reason: String,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// By when it has to be pushed.
    pub due_at: Option<Timestamp>,
    /// The trace in which it was requested.
    pub traceparent: Option<String>,
    /// A sealed `fengqiao.type.v1.Matter`.
    pub sealed_matter: Vec<u8>,
    /// By when the agency owes its signature.
    pub sign_by: Option<Timestamp>,
    /// By when the agency owes the result.
    pub answer_by: Option<Timestamp>,
    /// What is told of its limits.
    pub told: ToldLimits,
    /// For which reasons it is returned only with evidence.
    pub evidence_for: EvidenceFor,
    /// The agency's name; empty of a routing from before it was said.
    pub agency_name: String,
    /// What the agency is, by the directory; empty of a routing from before it was said.
    pub agency_kind: String,
    /// Whether it is an exercise (演练).
    pub drill: bool,
}

impl RequestedPush {
    /// A yellow report form to an agency that says nothing yet: the rest is put to it.
    #[must_use]
    pub fn blank(county: &str, push_id: Uuid, agency: &str, requested_at: Timestamp) -> Self {
        Self {
            county: county.to_owned(),
            push_id,
            subject: PushSubject::Case,
            case_id: Uuid::nil(),
            case_number: String::new(),
            agency: agency.to_owned(),
            form: FormKind::ReportForm,
            level: Level::Yellow,
            area_code: String::new(),
            area_name: String::new(),
            category: String::new(),
            reason: String::new(),
            requested_at,
            due_at: None,
            traceparent: None,
            sealed_matter: Vec::new(),
            sign_by: None,
            answer_by: None,
            told: ToldLimits::default(),
            evidence_for: EvidenceFor::default(),
            agency_name: String::new(),
            agency_kind: String::new(),
            drill: false,
        }
    }

    /// The push as it is stored when nobody has claimed it.
    #[must_use]
    pub fn waiting(self) -> Push {
        Push { attempts: 0, ..self.claimed() }
    }

    /// The push as it is stored when someone claims it in the same breath.
    #[must_use]
    pub fn claimed(self) -> Push {
        Push {
            county: self.county,
            push_id: self.push_id,
            subject: self.subject,
            case_id: self.case_id,
            case_number: self.case_number,
            agency: self.agency,
            form: self.form,
            level: self.level,
            area_code: self.area_code,
            area_name: self.area_name,
            category: self.category,
            reason: self.reason,
            requested_at: self.requested_at,
            due_at: self.due_at,
            delivery: DeliveryState::Waiting,
            receipt: ReceiptState::Unsigned,
            delivered_at: None,
            signed_at: None,
            returned_at: None,
            return_reason: ReturnReason::Unspecified,
            feedback_at: None,
            parked_at: None,
            attempts: 1,
            failures: 0,
            last_error: String::new(),
            form_number: String::new(),
            drill: self.drill,
            sign_by: self.sign_by,
            answer_by: self.answer_by,
            traceparent: self.traceparent,
            sealed_matter: self.sealed_matter,
        }
    }
}
