//! Values of closed lists that a mapping does not know. A county must see which words it lacks, so they are counted with
//! what they say; but in a field that should hold one of few words anything may stand, a telephone number too.

use fengqiao_county::CategoryDictionary;
use fengqiao_masking::mask;
use fengqiao_proto::intake::v1::{Report, SourceCategory};
use fengqiao_proto::types::v1::Party;

use super::{Unmapped, text};

/// A word for a kind of matter has hardly more characters; a sentence has.
const WORD_LENGTH: usize = 20;
/// The length of a code.
const CODE_LENGTH: usize = 32;
/// The least digits of what could be somebody's number.
const PERSONAL_DIGITS: usize = 7;

/// A value as far as it may be told: short, on one line, and nobody's number, plate or account.
pub(super) fn countable(said: &str) -> Option<String> {
    let most = if said.is_ascii() { CODE_LENGTH } else { WORD_LENGTH };
    let digits = said.split(|c: char| !c.is_numeric()).map(|run| run.chars().count()).max().unwrap_or(0);
    let plain = text::single_line(said, most).is_ok() && digits < PERSONAL_DIGITS && mask(said, &[]) == said;
    plain.then(|| said.to_owned())
}

/// The kind of matter of a report that comes in the contract's own fields, where the county does not know it.
#[must_use]
pub fn unknown_category(report: &Report, categories: &CategoryDictionary) -> Option<Unmapped> {
    unknown(&[&report.category], "category", &report.parties, categories)
}

/// The same of a record of the police, at this field.
#[must_use]
pub fn unknown_source_category(
    category: &SourceCategory,
    field: &str,
    people: &[Party],
    categories: &CategoryDictionary,
) -> Option<Unmapped> {
    let said = [&category.code, &category.word, &category.canonical];
    unknown(&said.map(String::as_str), field, people, categories)
}

/// The first that says something of several ways to say it, where none of them is known.
fn unknown(
    said: &[&str],
    field: &str,
    people: &[Party],
    categories: &CategoryDictionary,
) -> Option<Unmapped> {
    let first = said.iter().map(|said| said.trim()).find(|said| !said.is_empty())?;
    if said.iter().any(|said| categories.known(said).is_some()) {
        return None;
    }
    let mut one = [Unmapped { field: field.to_owned(), code: countable(first) }];
    without_names(&mut one, people);
    let [one] = one;
    Some(one)
}

/// Takes away the values in which one of the record's own people is named.
pub(super) fn without_names(unmapped: &mut [Unmapped], people: &[Party]) {
    let names: Vec<&str> =
        people.iter().map(|person| person.name.as_str()).filter(|name| !name.is_empty()).collect();
    for one in unmapped {
        one.code.take_if(|code| names.iter().any(|name| code.contains(name)) || mask(code, &names) != *code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_words_and_codes_are_told_and_nobody_s_number() {
        for (said, told) in [
            ("A-01", true),
            ("URGENT", true),
            ("噪声污染", true),
            ("0301 噪声", true),
            ("13800000000", false),
            ("电话138 0000 0000", false),
            ("１３８００００００００", false),
            ("1234567", false),
            ("421181199001010011", false),
            ("鄂J12345", false),
            ("噪声\n污染", false),
        ] {
            assert_eq!(countable(said).is_some(), told, "{said}");
        }
        assert!(countable(&"A".repeat(33)).is_none());
        assert!(countable(&"字".repeat(21)).is_none());
    }

    #[test]
    fn a_kind_of_matter_that_the_county_does_not_know_is_told() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
        let county = fengqiao_county::County::load(&folder).unwrap();
        let told = |category: &str| {
            let parties = vec![Party { name: "王小芳".to_owned(), ..Party::default() }];
            let report = Report { category: category.into(), parties, ..Report::default() };
            unknown_category(&report, &county.categories).map(|one| one.code)
        };
        for known in ["", "neighbourhood", "邻里纠纷", "家暴"] {
            assert_eq!(told(known), None, "{known}");
        }
        assert_eq!(told("占道经营"), Some(Some("占道经营".to_owned())));
        assert_eq!(told("王小芳的事"), Some(None), "counted without the name");
        let of_police = |code: &str, word: &str| {
            let said = SourceCategory { code: code.into(), word: word.into(), ..Default::default() };
            unknown_source_category(&said, "policeTaking.category", &[], &county.categories)
        };
        assert_eq!(of_police("03", "邻里"), None);
        assert_eq!(of_police("99", "占道").unwrap().code.as_deref(), Some("99"));
    }

    #[test]
    fn a_name_of_the_record_is_not_told() {
        let unmapped = |code: &str| Unmapped { field: "分类".to_owned(), code: Some(code.to_owned()) };
        let mut all = [unmapped("王小芳家暴"), unmapped("家务事")];
        without_names(&mut all, &[Party { name: "王小芳".to_owned(), ..Party::default() }]);
        assert_eq!(all.map(|one| one.code), [None, Some("家务事".to_owned())]);
    }
}
