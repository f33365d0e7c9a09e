//! The form of a queue entry. A change here must keep old entries readable: `tests/samples/formats`.

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
        fields.chunks_exact(2).find(|pair| pair[0] == "p").and_then(|pair| Uuid::parse_str(&pair[1]).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Sample {
        fields: std::collections::BTreeMap<String, String>,
    }

    fn fields(of: &[(&str, &str)]) -> Vec<String> {
        of.iter().flat_map(|(name, value)| [(*name).to_owned(), (*value).to_owned()]).collect()
    }

    #[test]
    fn what_a_past_version_wrote_is_read() {
        let sample: Sample =
            serde_json::from_str(include_str!("../../../../tests/samples/formats/queue-entry.json")).unwrap();
        let written: Vec<String> =
            sample.fields.into_iter().flat_map(|(name, value)| [name, value]).collect();
        assert_eq!(Entry::read(&written).unwrap().to_string(), "01936f3a-7c1e-7b3a-9a51-0f6f2f6b1c01");
    }

    #[test]
    fn later_fields_are_passed_over_and_strange_entries_dropped() {
        let id = "01936f3a-7c1e-7b3a-9a51-0f6f2f6b1c02";
        assert_eq!(Entry::read(&fields(&[("later", "p"), ("p", id)])).unwrap().to_string(), id);
        assert_eq!(Entry::read(&fields(&[("p", "not an id")])), None);
        assert_eq!(Entry::read(&fields(&[("other", id)])), None);
        assert_eq!(Entry::read(&[]), None);
    }

    #[test]
    fn what_is_written_is_read() {
        let id = Uuid::from_u128(7);
        assert_eq!(Entry::read(&["p".to_owned(), Entry::of(id).push]), Some(id));
    }
}
