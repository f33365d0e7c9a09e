//! What a mapping does not know of a file's lines, so that it can be mended before they are handed in.

use std::collections::BTreeMap;

use fengqiao_proto::intake::v1::UnmappedField;
use serde::{Serialize, Serializer, ser::SerializeSeq as _};

/// The most that are told apart.
const MOST_HELD: usize = 1_000;
/// The most that are shown.
const MOST_SHOWN: usize = 20;
/// Stands for all fields that a mapping does not name.
const ANY_FIELD: &str = "*";

/// How often each field and value came.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Unmapped(BTreeMap<(String, String), usize>);

impl Unmapped {
    /// Counts what a line brought.
    pub fn add(&mut self, found: Vec<UnmappedField>) {
        for UnmappedField { field, value } in found {
            let value = if self.0.len() < MOST_HELD { value } else { String::new() };
            *self.0.entry((field, value)).or_default() += 1;
        }
    }

    /// Those that came most, on a line of their own; empty where there are none.
    pub fn said(&self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let one =
            |((field, value), count): &(&(String, String), &usize)| match (field.as_str(), value.as_str()) {
                (ANY_FIELD, _) => format!("未列出的字段 {count}行"),
                (field, "") => format!("{field} {count}行"),
                (field, value) => format!("{field}={value} {count}行"),
            };
        let shown: Vec<String> = all.iter().take(MOST_SHOWN).map(one).collect();
        let more = if all.len() > MOST_SHOWN { " …" } else { "" };
        format!("\n对照表未识别，原样保留: {}{more}", shown.join("、"))
    }
}

impl Serialize for Unmapped {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all = serializer.serialize_seq(Some(self.0.len()))?;
        for ((field, value), count) in &self.0 {
            all.serialize_element(&serde_json::json!({ "field": field, "value": value, "count": count }))?;
        }
        all.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_most_is_said_first() {
        let field = |field: &str, value: &str| UnmappedField { field: field.into(), value: value.into() };
        let mut unmapped = Unmapped::default();
        assert_eq!(unmapped.said(), "");
        unmapped.add(vec![field("紧急程度", "9"), field("*", "")]);
        unmapped.add(vec![field("分类", "占道经营"), field("*", "")]);
        unmapped.add(vec![field("分类", "占道经营"), field("*", ""), field("来电号码", "")]);
        assert_eq!(
            unmapped.said(),
            "\n对照表未识别，原样保留: 未列出的字段 3行、分类=占道经营 2行、来电号码 1行、紧急程度=9 1行"
        );
        let listed = serde_json::to_value(&unmapped).unwrap();
        assert_eq!(listed[1], serde_json::json!({"field": "分类", "value": "占道经营", "count": 2}));
    }
}
