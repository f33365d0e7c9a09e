//! A push on its agency's queue: only its id travels.

use uuid::Uuid;

use super::lane::Lane;

/// What is put on a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// The agency whose queue it is.
    pub agency: String,
    /// Which lane.
    pub lane: Lane,
    /// The push.
    pub push_id: Uuid,
}
