//! Is what a source's own form says besides within its limits?

use fengqiao_proto::intake::v1::Details;

use super::text;

const MOST_OWN_FIELDS: usize = 100;
const NAME_LENGTH: usize = 64;
const VALUE_LENGTH: usize = 4_000;

/// Tells `wrong` of each field (its path in JSON names, below the report) that is not right, and what would be.
pub fn check(details: &Details, wrong: &mut dyn FnMut(String, String)) {
    if details.own_fields.len() > MOST_OWN_FIELDS {
        wrong("details.ownFields".to_owned(), format!("must be at most {MOST_OWN_FIELDS}"));
        return;
    }
    for (index, field) in details.own_fields.iter().enumerate() {
        let path = |part: &str| format!("details.ownFields[{index}].{part}");
        if field.name.trim().is_empty() {
            wrong(path("name"), "must be given".to_owned());
        } else if let Err(fault) = text::single_line(&field.name, NAME_LENGTH) {
            wrong(path("name"), fault);
        }
        if let Err(fault) = text::lines(&field.value, VALUE_LENGTH) {
            wrong(path("value"), fault);
        }
    }
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::intake::v1::OwnField;

    use super::*;

    fn faults(fields: Vec<(&str, String)>) -> Vec<String> {
        let own_fields =
            fields.into_iter().map(|(name, value)| OwnField { name: name.to_owned(), value }).collect();
        let mut paths = Vec::new();
        check(&Details { own_fields }, &mut |path, _| paths.push(path));
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
    }
}
