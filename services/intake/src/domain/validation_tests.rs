use jiff::civil::date;
use proptest::prelude::*;

use super::*;

pub(crate) const NOW: Timestamp = Timestamp::constant(1_795_500_000, 0);

/// A report without a fault.
pub(crate) fn sound() -> Report {
    let party = |role: PartyRole, name: &str, phone: &str, id_number: &str| Party {
        role: role.into(),
        name: name.into(),
        phone: phone.into(),
        id_number: id_number.into(),
        ..Party::default()
    };
    Report {
        county: "421181".into(),
        source: Source::Hotline12345.into(),
        source_ref: "GD-20261124-0001".into(),
        occurred_at: Some(prost_types::Timestamp { seconds: NOW.as_second() - 60, nanos: 0 }),
        area_code: "421181105201".into(),
        address: "石桥垸村5组12号".into(),
        title: "邻里纠纷".into(),
        narrative: "楼上漏水\n多次协商不成".into(),
        category: "邻里".into(),
        parties: vec![
            party(PartyRole::Reporter, "王女士", "13800000000", "11010519491231002X"),
            party(PartyRole::Respondent, "李某", "", ""),
        ],
        ..Report::default()
    }
}

fn check(report: Report, now: Timestamp) -> Result<ValidReport, Vec<Violation>> {
    let standing_area = |code: &str| {
        let standing = match code {
            "421181105201" | "421181105201000" | "421181105299" | "421181105900001" => "421181105201",
            "421181" | "421181000000" => "421181",
            "421181105000" => "421181105",
            _ => return None,
        };
        Some(standing.to_owned())
    };
    let today = date(2026, 11, 24);
    validate(report, &Circumstances { county: "421181", now, today, standing_area: &standing_area })
}

/// The report as validation leaves it.
pub(crate) fn validated(report: &Report, now: Timestamp) -> ValidReport {
    check(report.clone(), now).unwrap()
}

fn fields(report: Report) -> Vec<String> {
    check(report, NOW).unwrap_err().into_iter().map(|violation| violation.field).collect()
}

#[test]
fn a_sound_report_is_taken_in_one_form() {
    let report = validated(&sound(), NOW);
    assert_eq!(report.area.as_str(), "421181105201");
    assert_eq!(report.reporters().count(), 1);
    assert_eq!(report.parties[0].phone.as_ref().unwrap().as_str(), "13800000000");
}

#[test]
fn a_report_belongs_to_the_area_that_stands_for_the_named_one() {
    let named = |code: &str| {
        let report = validated(&Report { area_code: code.into(), ..sound() }, NOW);
        (report.named_area, report.area.as_str().to_owned())
    };
    let both = |named: &str, area: &str| (named.to_owned(), area.to_owned());
    assert_eq!(named("421181105201000"), both("421181105201", "421181105201"), "one form");
    assert_eq!(named("421181105000"), both("421181105000", "421181105000"), "a town has twelve digits");
    assert_eq!(named("421181105299"), both("421181105299", "421181105201"), "its successor");
    assert_eq!(named("421181105900001"), both("421181105900001", "421181105201"), "another system's");
}

#[test]
fn a_reference_that_names_nothing_is_none() {
    for nothing in ["无", "0", "--", "null", "N/A"] {
        let report = Report { source_ref: nothing.into(), ..sound() };
        let wrong = check(report, NOW).unwrap_err();
        assert_eq!(wrong[0].field, "sourceRef", "{nothing}");
    }
}

#[test]
fn all_violations_are_named_at_once_and_hold_no_value() {
    let mut report = sound();
    report.source = 99;
    report.source_ref = " x".into();
    report.occurred_at = None;
    report.area_code = "421181999999".into();
    report.address = "a".repeat(201);
    report.title = " ".into();
    report.narrative = "n".repeat(10_001);
    report.category = "c\n".into();
    report.parties[0].role = 0;
    report.parties[0].name = "王\0".into();
    report.parties[1].phone = "13912".into();
    report.parties[1].id_number = "110105194912310021".into();
    let wrong = check(report, NOW).unwrap_err();
    let found: Vec<&str> = wrong.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(
        found,
        [
            "source",
            "sourceRef",
            "occurredAt",
            "areaCode",
            "address",
            "title",
            "narrative",
            "category",
            "parties[0].role",
            "parties[0].name",
            "parties[1].phone",
            "parties[1].idNumber",
        ]
    );
    let said = format!("{wrong:?}");
    for value in ["13912", "110105194912310021", "421181999999"] {
        assert!(!said.contains(value), "{value} is repeated");
    }
}

#[test]
fn an_empty_report_names_what_is_missing() {
    assert_eq!(fields(Report::default()), ["source", "sourceRef", "occurredAt", "areaCode", "title"]);
}

#[test]
fn ten_thousand_parties_are_one_violation() {
    let mut report = sound();
    report.parties = vec![Party::default(); 10_000];
    report.title.clear();
    assert_eq!(fields(report), ["parties"]);
    let mut most = sound();
    most.parties = vec![sound().parties[1].clone(); 50];
    assert!(check(most, NOW).is_ok());
}

#[test]
fn times_that_cannot_be_are_refused() {
    let at = |seconds: i64, nanos: i32| {
        let mut report = sound();
        report.occurred_at = Some(prost_types::Timestamp { seconds, nanos });
        check(report, NOW).is_ok()
    };
    assert!(at(NOW.as_second() + 300, 0));
    assert!(!at(NOW.as_second() + 300, 1_000));
    assert!(at(EARLIEST_SECOND, 0));
    assert!(!at(EARLIEST_SECOND - 1, 0));
    for (seconds, nanos) in [(i64::MAX, 0), (i64::MIN, 0), (NOW.as_second(), -1), (NOW.as_second(), i32::MAX)]
    {
        assert!(!at(seconds, nanos), "{seconds} {nanos}");
    }
}

#[test]
fn an_unknown_category_is_kept_as_it_was_said() {
    let mut report = sound();
    report.category = "广场舞噪音".into();
    assert_eq!(validated(&report, NOW).category, "广场舞噪音");
}

proptest! {
    #[test]
    fn any_report_is_taken_or_refused_without_panic(
        source in any::<i32>(), source_ref in ".{0,70}", seconds in any::<i64>(), nanos in any::<i32>(),
        area_code in "[0-9a]{0,16}", text in ".{0,210}", role in any::<i32>(), phone in ".{0,20}", id in ".{0,20}",
    ) {
        let report = Report {
            county: String::new(), source, source_ref, occurred_at: Some(prost_types::Timestamp { seconds, nanos }),
            area_code, address: text.clone(), title: text.clone(), narrative: text.clone(), category: text.clone(),
            parties: vec![Party { role, name: text, phone, id_number: id, ..Party::default() }],
            ..Report::default()
        };
        if let Err(wrong) = check(report, NOW) {
            prop_assert!(!wrong.is_empty());
        }
    }

    #[test]
    fn what_was_taken_is_taken_again_unchanged(name in "[一-龥]{0,80}", phone in "1[3-9][0-9]{9}") {
        let mut report = sound();
        report.parties[0].name = name;
        report.parties[0].phone = phone;
        let once = validated(&report, NOW);
        let matter = once.clone().into_matter();
        report.parties = matter.parties;
        prop_assert_eq!(validated(&report, NOW), once);
    }
}
