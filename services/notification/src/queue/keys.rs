//! The names of the queues' keys.

use fengqiao_messaging::Keys;
use uuid::Uuid;

use crate::domain::lane::Lane;

/// The names of keys in Redis; the county in braces keeps a county's on one node of a cluster.
#[derive(Debug, Clone)]
pub struct QueueKeys(Keys);

impl QueueKeys {
    /// Names under the installation's prefix.
    #[must_use]
    pub const fn new(keys: Keys) -> Self {
        Self(keys)
    }

    /// The stream of one lane of an agency's queue.
    #[must_use]
    pub fn lane(&self, county: &str, agency: &str, lane: Lane) -> String {
        self.0.own(county, &format!("queue:{agency}:{}", lane.name()))
    }

    /// The channel on which queues ring.
    #[must_use]
    pub fn bell(&self, county: &str) -> String {
        self.0.own(county, "queue-bell")
    }

    /// A process's mark, which goes when Redis is emptied.
    #[must_use]
    pub fn mark(&self, county: &str, process: Uuid) -> String {
        self.0.own(county, &format!("queue-mark:{process}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_countys_keys_lie_together() {
        let keys = QueueKeys::new(Keys::new("fq"));
        assert_eq!(keys.lane("421181", "town-421181105", Lane::Red), "fq:{421181}:queue:town-421181105:red");
        assert!(keys.bell("421181").contains("{421181}"));
        assert!(keys.mark("421181", Uuid::nil()).contains("{421181}"));
    }
}
