//! Lists of which each entry is made of several fields: the units that handle a ticket, its stages.

use fengqiao_county::{Entries, ListMapping, PART, TargetKind, Template};
use serde_json::{Map, Value};

use super::{Said, Translation, insert, parts};

/// A field names so many entries at most.
const MOST_ENTRIES: usize = 20;

impl<'a> Translation<'a> {
    /// Adds the entries that the record has.
    pub(super) fn list(&mut self, list: &'a ListMapping) {
        let (template, several) = match &list.entries {
            Entries::When(template) => (template, false),
            Entries::Each(template) => (template, true),
        };
        let speaker = self.speaker(template);
        self.origins.entry(list.path.clone()).or_insert(speaker);
        let said = self.fill(template);
        if several {
            let all: Vec<&str> = parts(&said).take(MOST_ENTRIES + 1).collect();
            if all.len() > MOST_ENTRIES {
                // No list of the field is so long: it is no list.
                return self.set_aside(template, None);
            }
            for part in all {
                self.entry(list, template, Some(part));
            }
        } else if !said.is_empty() {
            self.entry(list, template, None);
        }
    }

    /// An entry is not worth the record: one that cannot be read is kept as the source's own fields and counted.
    fn entry(&mut self, list: &'a ListMapping, template: &'a Template, part: Option<&str>) {
        let mut entry = Map::new();
        let mut heard = vec![template];
        let mut whole = true;
        for setting in &list.set {
            let of_part = setting.template.fields().any(|field| field == PART);
            let source = if of_part { template } else { &setting.template };
            match self.read(setting, part) {
                Said::Nothing => {}
                Said::Value(value) => {
                    let value = self.fitting(&format!("{}.{}", list.path, setting.path), value, source);
                    insert(&mut entry, &setting.path, value);
                    heard.push(&setting.template);
                }
                Said::Unknown(said) => {
                    self.set_aside(source, Some(&said));
                    whole &= setting.kind != TargetKind::Word;
                }
                Said::Wrong(_) => {
                    self.set_aside(source, None);
                    whole &= setting.kind != TargetKind::Time;
                }
            }
        }
        // Without its word or its time nobody knows what it is an entry of.
        if !whole || entry.is_empty() {
            self.kept.extend(self.speakers(template));
            return;
        }
        let mut index = 0;
        if let Some(entries) = entries_at(&mut self.body, &list.path) {
            index = entries.len();
            entries.push(Value::Object(entry));
        }
        for setting in &list.set {
            let of_part = setting.template.fields().any(|field| field == PART);
            let speaker = self.speaker(if of_part { template } else { &setting.template });
            self.origins.insert(format!("{}[{index}].{}", list.path, setting.path), speaker);
        }
        heard.into_iter().for_each(|template| self.hear(template));
    }
}

/// The list at a path, made where there is none.
fn entries_at<'b>(body: &'b mut Map<String, Value>, path: &str) -> Option<&'b mut Vec<Value>> {
    match path.split_once('.') {
        None => body.entry(path).or_insert_with(|| Value::Array(Vec::new())).as_array_mut(),
        Some((first, rest)) => {
            let inner = body.entry(first).or_insert_with(|| Value::Object(Map::new()));
            entries_at(inner.as_object_mut()?, rest)
        }
    }
}
