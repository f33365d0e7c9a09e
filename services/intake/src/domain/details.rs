//! Is what a source's own form says besides within its limits?

pub(crate) mod hotline_ticket;

use fengqiao_proto::{
    intake::v1::{Details, OwnField, SourceCategory, details::Form},
    types::v1::Source,
};

use super::{police, text};

pub(crate) const DEVICE_LENGTH: usize = 64;
pub(crate) const MOST_OWN_FIELDS: usize = 100;
pub(crate) const OWN_NAME_LENGTH: usize = 64;
pub(crate) const OWN_VALUE_LENGTH: usize = 4_000;
const CODE_LENGTH: usize = 64;
const WORD_LENGTH: usize = 100;

/// Tells `wrong` of each field (its path in JSON names, below the report) that is not right, and what would be.
/// `source` is the report's, as far as it has one.
pub fn check(details: &Details, source: Option<Source>, wrong: &mut dyn FnMut(String, String)) {
    let only_from = |only: Source, path: &str, wrong: &mut dyn FnMut(String, String)| {
        if source.is_some_and(|source| source != only) {
            let name = only.as_str_name().trim_start_matches("SOURCE_");
            wrong(path.to_owned(), format!("must come from {name}"));
        }
    };
    if let Err(fault) = text::single_line(&details.device, DEVICE_LENGTH) {
        wrong("details.device".to_owned(), fault);
    } else if !details.device.is_empty() {
        only_from(Source::OneKeyCall, "details.device", wrong);
    }
    match &details.form {
        Some(Form::HotlineTicket(ticket)) => {
            only_from(Source::Hotline12345, "details.hotlineTicket", wrong);
            hotline_ticket::check(ticket, wrong);
        }
        Some(Form::PoliceCall(call)) => {
            only_from(Source::Police110, "details.policeCall", wrong);
            police::check_call(call, wrong);
        }
        None => {}
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
    use fengqiao_proto::intake::v1::{HotlineTicket, OwnField, PoliceCall, PoliceDispatch, PoliceTaking};

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

    fn faults_from(source: Source, details: &Details) -> Vec<String> {
        let mut paths = Vec::new();
        check(details, Some(source), &mut |path, _| paths.push(path));
        paths
    }

    #[test]
    fn a_form_comes_from_its_own_door() {
        let updated_at = Some(prost_types::Timestamp::default());
        let ticket = HotlineTicket { updated_at, ..Default::default() };
        let ticket = Details { form: Some(Form::HotlineTicket(ticket)), ..Default::default() };
        let call = Details { form: Some(Form::PoliceCall(PoliceCall::default())), ..Default::default() };
        let device = Details { device: "YL-0101".into(), ..Default::default() };
        for (details, own, path) in [
            (ticket, Source::Hotline12345, "details.hotlineTicket"),
            (call, Source::Police110, "details.policeCall"),
            (device, Source::OneKeyCall, "details.device"),
        ] {
            assert!(faults_from(own, &details).is_empty(), "{path}");
            assert_eq!(faults_from(Source::Grid, &details), [path]);
        }
    }

    #[test]
    fn a_call_is_checked_as_its_records_are() {
        let dispatch = PoliceDispatch { number: "C1".into(), ..Default::default() };
        let call = PoliceCall {
            taking: Some(PoliceTaking { number: " J1".into(), ..Default::default() }),
            dispatches: vec![dispatch.clone()],
            ..Default::default()
        };
        let of = |call| Details { form: Some(Form::PoliceCall(call)), ..Default::default() };
        assert_eq!(
            faults_from(Source::Police110, &of(call)),
            ["details.policeCall.taking.number", "details.policeCall.dispatches[0].callNumber"]
        );
        let many = PoliceCall { dispatches: vec![dispatch; 31], ..Default::default() };
        assert_eq!(faults_from(Source::Police110, &of(many)), ["details.policeCall.dispatches"]);
    }
}
