//! A report as intake tells it, and as routing knows it already.

use fengqiao_proto::types::v1::Source;
use jiff::Timestamp;
use uuid::Uuid;

use super::tickets::Ticket;

/// An accepted report, as intake tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedReport {
    /// Intake's id of it.
    pub report_id: Uuid,
    /// Which revision.
    pub revision: i32,
    /// The door.
    pub source: Source,
    /// The source's own number.
    pub source_ref: String,
    /// The area.
    pub area_code: String,
    /// The canonical category.
    pub category: String,
    /// When it happened or was told.
    pub occurred_at: Timestamp,
    /// When it was committed.
    pub accepted_at: Timestamp,
    /// Its cluster.
    pub cluster_id: Uuid,
    /// The cluster that its own one follows, where it is the first of one that does.
    pub follows_cluster: Option<Uuid>,
    /// Whether it is a repeat call.
    pub repeat: bool,
    /// Why, for people.
    pub repeat_reasons: Vec<String>,
    /// The earlier reports of its dispute that it was found by, and how much each weighs, in bits.
    pub found_by: Vec<(Uuid, f32)>,
    /// Who handed it in.
    pub received_by: String,
    /// Of a one-key call: the post that is called first; empty where no device says.
    pub first_contact: String,
    /// Of a 12345 ticket: how it stands with the hotline.
    pub ticket: Option<Ticket>,
    /// Who and what, sealed.
    pub sealed_matter: Vec<u8>,
    /// Whether its source keeps it confidential: then its case is protected.
    pub confidential: bool,
    /// Whether it is an exercise: then its case is one.
    pub drill: bool,
}

impl ReceivedReport {
    /// Whether it is the first that is told of its dispute, and is told for the first time: then no case, no report and no
    /// merger that is stored can have to do with it.
    #[must_use]
    pub fn is_of_nothing_before(&self) -> bool {
        self.revision == 1
            && self.cluster_id == self.report_id
            && self.follows_cluster.is_none()
            && self.found_by.is_empty()
            && self.repeat_reasons.is_empty()
            && !self.repeat
    }
}

/// How a report is known already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownReport {
    /// Its case.
    pub case_id: Uuid,
    /// Its newest revision here.
    pub revision: i32,
    /// Whether it is known as a repeat call.
    pub repeat: bool,
    /// Whether it came into its case by a merger.
    pub merged: bool,
}
