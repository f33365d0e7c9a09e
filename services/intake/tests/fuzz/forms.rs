//! The forms of numbers, codes and texts.

use std::{path::Path, sync::LazyLock};

use fengqiao_county::County;
use fengqiao_intake::domain::{area::AreaCode, id_number::IdNumber, phone::Phone, text};
use jiff::civil::date;
use proptest::prelude::*;

use crate::nasty;

static COUNTY: LazyLock<County> = LazyLock::new(|| {
    County::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng")).unwrap()
});

proptest! {
    #![proptest_config(nasty::config())]

    #[test]
    fn what_is_read_reads_as_itself(said in nasty::text()) {
        if let Some(phone) = Phone::read(&said) {
            prop_assert_eq!(Phone::read(phone.as_str()), Some(phone.clone()));
            prop_assert!(phone.as_str().len() <= 32);
        }
        let today = date(2026, 11, 27);
        if let Some(id) = IdNumber::read(&said, today) {
            prop_assert_eq!(IdNumber::read(id.as_str(), today).map(IdNumber::into_text), Some(id.as_str().to_owned()));
            prop_assert_eq!(id.in_new_form().len(), 18);
        }
        if let Some(area) = AreaCode::read(&said, "421181") {
            prop_assert!(area.as_str().starts_with("421181") && area.as_str().starts_with(area.prefix()));
        }
    }

    #[test]
    fn a_text_that_is_right_has_no_control_characters_and_not_too_many(said in nasty::text(), at_most in 0_usize..300) {
        if text::single_line(&said, at_most).is_ok() {
            prop_assert!(!said.chars().any(char::is_control) && said.chars().count() <= at_most);
        }
        if let Err(fault) = text::lines(&said, at_most) {
            prop_assert!(!fault.contains(nasty::CANARY));
        }
    }

    #[test]
    fn every_word_has_a_category_and_only_codes_have_areas(said in nasty::text()) {
        let category = COUNTY.categories.canonical(&said);
        prop_assert!(COUNTY.categories.all().contains(category));
        if let Some(area) = COUNTY.areas.now().resolve(&said) {
            prop_assert!(area.code.starts_with("421181"));
        }
        prop_assert!(COUNTY.devices.by_code(&said).is_none_or(|device| device.code == said));
    }
}
