//! The duty that an activity was done for. Sources have numbers of their own for that, too.

use fengqiao_county::RecordKind;
use serde_json::Value;
use uuid::Uuid;

use super::Translation;

const DUTY: &str = "dutyId";

impl Translation<'_> {
    /// What names a duty but is no duty's id is kept as the source's own: what was done is taken all the same.
    pub(super) fn complete_activity(&mut self) {
        if self.mapping.record != RecordKind::Activity {
            return;
        }
        let named = self.body.get(DUTY).and_then(Value::as_str);
        if named.is_some_and(|named| Uuid::try_parse(named).is_err()) {
            self.body.remove(DUTY);
            self.set_aside_path(DUTY);
        }
    }
}
