//! What a file would change, line by line: by what the service holds, and by what the file itself brings more than once.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use fengqiao_proto::intake::v1::{Foreseen, MappedRecord, Record, record};
use prost::Message as _;

use super::sending::{Content, Outcome};

/// The lines of a file that were checked so far.
#[derive(Debug, Default)]
pub struct FileSoFar {
    /// What they say, as hashes.
    contents: HashSet<u64>,
    /// The names under which they say it, as hashes.
    names: HashSet<u64>,
}

impl FileSoFar {
    /// What would become of a line, by what the service foresees of it and the names of its reports: it knows nothing of
    /// the lines above.
    pub fn outcome(&mut self, content: &Content, foreseen: Foreseen, names: &[String]) -> Outcome {
        let again = !self.contents.insert(hash_of(content));
        let source = match content {
            Content::Report(report) => report.source,
            Content::Record(_) => 0,
        };
        let mut named_above = false;
        for name in names {
            let mut hasher = DefaultHasher::new();
            (source, name).hash(&mut hasher);
            named_above |= !self.names.insert(hasher.finish());
        }
        match foreseen {
            // An older service does not tell.
            Foreseen::Unspecified => Outcome::Checked,
            _ if again => Outcome::Known,
            Foreseen::Known => Outcome::Known,
            Foreseen::New if !named_above => Outcome::Taken,
            Foreseen::New | Foreseen::Revised => Outcome::Revised,
        }
    }
}

fn hash_of(content: &Content) -> u64 {
    let mut hasher = DefaultHasher::new();
    match content {
        Content::Report(report) => report.encode_to_vec().hash(&mut hasher),
        Content::Record(record) => match &**record {
            // The order of its fields is no other content.
            Record { form: Some(record::Form::Mapped(mapped)), .. } => hash_fields(mapped, &mut hasher),
            other => other.encode_to_vec().hash(&mut hasher),
        },
    }
    hasher.finish()
}

fn hash_fields(mapped: &MappedRecord, hasher: &mut DefaultHasher) {
    let items = mapped.items.iter().map(|item| &item.fields);
    for fields in std::iter::once(&mapped.fields).chain(items) {
        let ordered: BTreeMap<_, _> = fields.iter().collect();
        ordered.hash(hasher);
    }
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::intake::v1::Report;

    use super::*;

    fn report(name: &str, title: &str) -> Content {
        Content::Report(Box::new(Report {
            source_ref: name.into(),
            title: title.into(),
            ..Default::default()
        }))
    }

    #[test]
    fn what_the_file_brings_twice_is_known_or_a_revision() {
        let mut so_far = FileSoFar::default();
        let mut outcome = |name: &str, title: &str, foreseen| {
            format!("{:?}", so_far.outcome(&report(name, title), foreseen, &[name.to_owned()]))
        };
        for (name, title, foreseen, becomes) in [
            ("1", "漏水", Foreseen::New, "Taken"),
            ("1", "漏水", Foreseen::New, "Known"),
            ("1", "漏水加重", Foreseen::New, "Revised"),
            ("2", "漏水", Foreseen::Known, "Known"),
            ("3", "漏水", Foreseen::Revised, "Revised"),
            ("4", "漏水", Foreseen::Unspecified, "Checked"),
        ] {
            assert_eq!(outcome(name, title, foreseen), becomes, "{name} {title}");
        }
    }

    #[test]
    fn the_order_of_a_record_s_fields_is_no_content() {
        let record = |names: [&str; 3]| {
            let fields = names.map(|name| (name.to_owned(), name.to_owned())).into_iter().collect();
            let form = record::Form::Mapped(MappedRecord { fields, ..Default::default() });
            Content::Record(Box::new(Record { form: Some(form), ..Default::default() }))
        };
        assert_eq!(hash_of(&record(["a", "b", "c"])), hash_of(&record(["c", "b", "a"])));
        assert_ne!(hash_of(&record(["a", "b", "c"])), hash_of(&record(["a", "b", "d"])));
    }
}
