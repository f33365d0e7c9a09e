//! The form of a queue entry. A change here must keep old entries readable: `tests/formats`.

use uuid::Uuid;

/// One entry of an agency's queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The field `p`: the push's id.
    pub push: String,
}

impl Entry {
    /// The entry of a push.
    #[must_use]
    pub fn of(push_id: Uuid) -> Self {
        Self { push: push_id.to_string() }
    }

    /// Reads an entry's fields, names and values in turn. None for one that is not ours: it is dropped,
    /// since Postgres still knows what waits. Fields that a later version adds are passed over.
    #[must_use]
    pub fn read(fields: &[String]) -> Option<Uuid> {
        fields
            .chunks_exact(2)
            .find(|pair| pair[0] == "p")
            .and_then(|pair| Uuid::parse_str(&pair[1]).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stored_form_is_read() {
        let samples: Vec<(Vec<String>, Option<String>)> =
            serde_json::from_str(include_str!("../../tests/formats/queue_entries.json")).unwrap();
        assert!(!samples.is_empty());
        for (fields, push) in samples {
            assert_eq!(Entry::read(&fields).map(|id| id.to_string()), push, "{fields:?}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let id = Uuid::from_u128(7);
        assert_eq!(Entry::read(&["p".to_owned(), Entry::of(id).push]), Some(id));
    }
}
