//! Is what a source's own form says besides within its limits?

pub(crate) mod hotline_ticket;

use fengqiao_proto::{
    intake::v1::{Details, OwnField, SourceCategory, details::Form},
    types::v1::Source,
};

use super::text;

pub(crate) const DEVICE_LENGTH: usize = 64;
pub(crate) const MOST_OWN_FIELDS: usize = 100;
pub(crate) const OWN_NAME_LENGTH: usize = 64;
pub(crate) const OWN_VALUE_LENGTH: usize = 4_000;
const CODE_LENGTH: usize = 64;
const WORD_LENGTH: usize = 100;

/// Tells `wrong` of each field (its path in JSON names, below the report) that is not right, and what would be.
/// `source` is the report's, as far as it has one.
pub fn check(details: &Details, source: Option<Source>, wrong: &mut dyn FnMut(String, String)) {
    if let Err(fault) = text::single_line(&details.device, DEVICE_LENGTH) {
        wrong("details.device".to_owned(), fault);
    }
    match &details.form {
        Some(Form::HotlineTicket(ticket)) => {
            if source.is_some_and(|source| source != Source::Hotline12345) {
                wrong("details.hotlineTicket".to_owned(), "must come from HOTLINE_12345".to_owned());
            }
            hotline_ticket::check(ticket, wrong);
        }
        Some(Form::PoliceCall(_)) | None => {}
    }
    check_own(&details.own_fields, "details.ownFields", wrong);
    if let Some(category) = &details.source_category {
        check_category(category, "details.sourceCategory", wrong);
    }
    if let Err(fault) = text::single_line(&details.part_of, CODE_LENGTH) {
        wrong("details.partOf".to_owned(), fault);
    }
}

/// The same for the fields of a source's form alone, which stand at `path`.
pub fn check_own(fields: &[OwnField], path: &str, wrong: &mut dyn FnMut(String, String)) {
    if fields.len() > MOST_OWN_FIELDS {
        wrong(path.to_owned(), format!("must be at most {MOST_OWN_FIELDS}"));
        return;
    }
    for (index, field) in fields.iter().enumerate() {
        let path = |part: &str| format!("{path}[{index}].{part}");
        if field.name.trim().is_empty() {
            wrong(path("name"), "must be given".to_owned());
        } else if let Err(fault) = text::single_line(&field.name, OWN_NAME_LENGTH) {
            wrong(path("name"), fault);
        }
        if let Err(fault) = text::lines(&field.value, OWN_VALUE_LENGTH) {
            wrong(path("value"), fault);
        }
    }
}

/// The same for a kind of matter in a source's own words.
pub fn check_category(category: &SourceCategory, path: &str, wrong: &mut dyn FnMut(String, String)) {
    for (part, said, at_most) in [
        ("list", &category.list, CODE_LENGTH),
        ("code", &category.code, CODE_LENGTH),
        ("word", &category.word, WORD_LENGTH),
        ("canonical", &category.canonical, CODE_LENGTH),
    ] {
        if let Err(fault) = text::single_line(said, at_most) {
            wrong(format!("{path}.{part}"), fault);
        }
    }
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::intake::v1::{HotlineTicket, OwnField};

    use super::*;

    fn faults(fields: Vec<(&str, String)>) -> Vec<String> {
        let own_fields =
            fields.into_iter().map(|(name, value)| OwnField { name: name.to_owned(), value }).collect();
        let mut paths = Vec::new();
        check(&Details { own_fields, ..Default::default() }, None, &mut |path, _| paths.push(path));
        paths
    }

    #[test]
    fn each_wrong_field_is_named() {
        assert!(faults(vec![("工号", "A07".to_owned()), ("附件说明", "一\n二".to_owned())]).is_empty());
        let wrong = faults(vec![(" ", String::new()), ("值", "字".repeat(4_001)), ("换\n行", String::new())]);
        assert_eq!(
            wrong,
            ["details.ownFields[0].name", "details.ownFields[1].value", "details.ownFields[2].name"]
        );
        assert_eq!(faults(vec![("x", String::new()); 101]), ["details.ownFields"]);
        let mut paths = Vec::new();
        check(&Details { device: "一".repeat(65), ..Default::default() }, None, &mut |path, _| {
            paths.push(path)
        });
        assert_eq!(paths, ["details.device"]);
    }

    #[test]
    fn a_form_comes_from_its_own_door() {
        let updated_at = Some(prost_types::Timestamp::default());
        let ticket = HotlineTicket { updated_at, ..Default::default() };
        let details = Details { form: Some(Form::HotlineTicket(ticket)), ..Default::default() };
        let faults = |source| {
            let mut paths = Vec::new();
            check(&details, Some(source), &mut |path, _| paths.push(path));
            paths
        };
        assert!(faults(Source::Hotline12345).is_empty());
        assert_eq!(faults(Source::Grid), ["details.hotlineTicket"]);
    }
}
