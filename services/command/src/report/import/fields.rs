//! A line as the fields of its source's own form.

use std::collections::{HashMap, hash_map::Entry};

use fengqiao_proto::intake::v1::{MappedItem, MappedRecord};
use serde_json::{Map, Value};

use super::faults::Fault;

/// The name in a JSON object under which the matters of a record of many stand.
const ITEMS: &str = "items";

/// The fields of a line of a table. Empty cells say nothing. A column without a name is known by its place.
///
/// # Errors
/// Two columns have one name, and both say something else.
pub fn of_cells(header: &[String], cells: Vec<String>) -> Result<MappedRecord, Fault> {
    let mut fields = HashMap::with_capacity(cells.len());
    for (name, cell) in named(header).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        match fields.entry(name) {
            Entry::Vacant(free) => drop(free.insert(cell)),
            Entry::Occupied(held) if *held.get() == cell => {}
            Entry::Occupied(held) => {
                return Err(Fault::new(held.key(), "is the name of two columns that say different things"));
            }
        }
    }
    Ok(MappedRecord { fields, ..MappedRecord::default() })
}

/// The names of columns; of one that has none its place.
pub fn named(header: &[String]) -> impl Iterator<Item = String> {
    header.iter().enumerate().map(|(index, name)| match name.as_str() {
        "" => format!("第{}列", index + 1),
        name => name.to_owned(),
    })
}

/// The fields of a JSON object.
///
/// # Errors
/// The first that is neither a text nor a number nor true or false.
pub fn of_document(form: Value) -> Result<MappedRecord, Fault> {
    let Value::Object(mut object) = form else { return Err(Fault::new("", "must be a JSON object")) };
    let items = match object.remove(ITEMS) {
        Some(Value::Array(items)) => items
            .into_iter()
            .map(|item| match item {
                Value::Object(item) => Ok(MappedItem { fields: plain(item)? }),
                _ => Err(Fault::new(ITEMS, "must be a list of JSON objects")),
            })
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(Fault::new(ITEMS, "must be a list of JSON objects")),
        None => Vec::new(),
    };
    Ok(MappedRecord { fields: plain(object)?, items, ..MappedRecord::default() })
}

fn plain(object: Map<String, Value>) -> Result<HashMap<String, String>, Fault> {
    let mut fields = HashMap::with_capacity(object.len());
    for (name, value) in object {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(yes) => yes.to_string(),
            Value::Array(_) | Value::Object(_) => {
                return Err(Fault::new(name, "must be a text, a number, true or false"));
            }
        };
        fields.insert(name, text);
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_its_fields_and_its_matters() {
        let record = of_document(json!({
            "会议编号": "YB-7", "人数": 30, "备注": null, "items": [{"事项": "路灯"}, {"事项": "水渠"}]
        }))
        .unwrap();
        assert_eq!(record.fields.len(), 2);
        assert_eq!(record.fields["人数"], "30");
        assert_eq!(record.items[1].fields["事项"], "水渠");
        assert_eq!(of_document(json!({"a": {"b": 1}})).unwrap_err().field, "a");
        assert_eq!(of_document(json!({"items": 1})).unwrap_err().field, "items");
    }

    #[test]
    fn a_line_of_a_table_is_what_its_cells_say() {
        let header = ["编号".to_owned(), String::new(), "备注".to_owned()];
        let record = of_cells(&header, vec!["1".into(), "x".into(), String::new()]).unwrap();
        let fields: std::collections::BTreeMap<_, _> = record.fields.into_iter().collect();
        assert_eq!(
            fields.into_iter().collect::<Vec<_>>(),
            [("第2列".to_owned(), "x".to_owned()), ("编号".to_owned(), "1".to_owned())]
        );
        let twice = ["编号".to_owned(), "编号".to_owned()];
        assert!(of_cells(&twice, vec!["1".into(), "1".into()]).is_ok());
        assert_eq!(of_cells(&twice, vec!["1".into(), "2".into()]).unwrap_err().field, "编号");
    }
}
