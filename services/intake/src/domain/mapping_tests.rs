use fengqiao_county::County;
use proptest::prelude::*;

use super::*;

const MAPPING: &str = "\
record = 'report'
source = 'HOTLINE_12345'
own = ['工号']
[set]
sourceRef = '{工单编号}-{#}'
title = '{标题|内容}'
occurredAt = '{来电时间}'
narrative = '''
{内容}
紧急程度: {紧急程度}
备注: {备注}'''
confidential = '{是否保密}'
'details.partOf' = '{工单编号}'
[area]
code = '{区划}'
name = '{区域}'
default = '421181'
[[party]]
role = 'REPORTER'
name = '{姓名}'
phone = '{来电号码}'
[category]
list = '12345'
code = '{分类编码}'
word = '{分类}'
[category.canonical]
'0301' = 'environment'
[values.'紧急程度']
'1' = '一般'
'2' = '紧急'
";

fn with<T>(ask: impl FnOnce(&Mapping, &Knowledge<'_>) -> T) -> T {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
    let county = County::load(&folder).unwrap();
    let areas = county.areas.now();
    let mapping = Mapping::read("hotline", MAPPING, &areas, &county.categories).unwrap();
    let code = |code: &str| areas.resolve(code).map(|_| code.to_owned());
    let name = |name: &str| areas.named(name).map(|area| area.code.clone());
    let knowledge = Knowledge {
        categories: &county.categories,
        area_of_code: &code,
        area_of_name: &name,
        zone: &county.time_zone,
        today: jiff::civil::date(2026, 11, 24),
    };
    ask(&mapping, &knowledge)
}

fn said(fields: &[(&str, &str)]) -> Fields {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn report(fields: &[(&str, &str)]) -> (Report, Vec<(String, Option<String>)>) {
    let mapped = with(|mapping, knowledge| translate(mapping, &said(fields), 2, knowledge).unwrap());
    let Form::Report(report) = mapped.form else { panic!("no report") };
    (*report, mapped.unmapped.into_iter().map(|one| (one.field, one.code)).collect())
}

#[test]
fn each_field_goes_to_its_place() {
    let (report, unmapped) = report(&[
        ("工单编号", "GD-1"),
        ("标题", "楼上\n漏水"),
        ("内容", "漏了三天"),
        ("来电时间", "2026/11/24 08:00"),
        ("紧急程度", "2"),
        ("是否保密", "是"),
        ("区域", "阎家河镇"),
        ("姓名", "王女士"),
        ("来电号码", "138-0000-0000"),
        ("分类编码", "0301"),
        ("分类", "施工噪声"),
        ("工号", "A07"),
    ]);
    assert_eq!((report.source_ref.as_str(), report.title.as_str()), ("GD-1-2", "楼上 漏水"));
    assert_eq!(report.narrative, "漏了三天\n紧急程度: 紧急", "silent lines go");
    assert_eq!(report.occurred_at.unwrap().seconds, 1_795_478_400);
    assert!(report.confidential);
    assert_eq!(report.area_code, "421181105");
    assert_eq!(report.category, "environment");
    let details = report.details.unwrap();
    let category = details.source_category.unwrap();
    assert_eq!([category.list, category.code, category.word], ["12345", "0301", "施工噪声"]);
    assert_eq!(details.part_of, "GD-1");
    let own: Vec<_> = details.own_fields.iter().map(|own| (own.name.as_str(), own.value.as_str())).collect();
    assert_eq!(own, [("工号", "A07"), ("紧急程度", "2")], "a code is kept beside its word");
    assert!(unmapped.is_empty(), "{unmapped:?}");
}

#[test]
fn what_is_not_known_is_kept_and_told_without_what_may_be_personal() {
    let (report, unmapped) = report(&[
        ("工单编号", "GD-1"),
        ("来电时间", "2026-11-24"),
        ("紧急程度", "9"),
        ("是否保密", "看情况"),
        ("区域", "不知道哪里"),
        ("来电号码", "号码隐藏"),
        ("分类编码", "13800000000"),
        ("新字段", "王某"),
    ]);
    let own: Vec<_> = report.details.unwrap().own_fields.into_iter().map(|own| own.name).collect();
    assert_eq!(own, ["区域", "新字段", "是否保密", "来电号码", "紧急程度"]);
    assert_eq!((report.area_code.as_str(), report.parties.len()), ("421181", 0));
    let mut told = unmapped;
    told.sort();
    let none = |field: &str| (field.to_owned(), None);
    assert_eq!(
        told,
        [
            none("*"),
            none("分类编码"),
            none("区域"),
            none("是否保密"),
            none("来电号码"),
            ("紧急程度".to_owned(), Some("9".to_owned()))
        ]
    );
}

#[test]
fn a_word_that_the_county_s_dictionary_reads_stays_the_source_s_own() {
    let (report, unmapped) = report(&[("分类", "邻里纠纷")]);
    assert_eq!(report.category, "邻里纠纷");
    assert_eq!(report.details.unwrap().source_category.unwrap().canonical, "neighbourhood");
    assert!(unmapped.is_empty());
}

#[test]
fn a_wrong_time_is_told_by_the_source_s_name() {
    let wrong = with(|mapping, knowledge| {
        translate(mapping, &said(&[("来电时间", "昨天")]), 1, knowledge).unwrap_err()
    });
    assert_eq!(wrong[0].field, "来电时间");
    assert_eq!(wrong[0].description, "must be a time as 2026-11-24T08:00:00+08:00");
}

#[test]
fn only_codes_are_listed() {
    for (said, listed) in [
        ("A-01", true),
        ("URGENT", true),
        ("13800000000", false),
        ("王某", false),
        ("wang", false),
        ("1234567", false),
    ] {
        assert_eq!(code_like(said).is_some(), listed, "{said}");
    }
    assert!(code_like(&"A".repeat(33)).is_none());
}

proptest! {
    #[test]
    fn any_fields_are_taken_without_panic(
        fields in prop::collection::btree_map(
            prop::sample::select(vec!["工单编号", "内容", "来电时间", "紧急程度", "是否保密", "区划", "区域", "来电号码", "分类", "x\u{202e}"]),
            "[\\x00-\\x1f\\u{202e}\\u{2028}0-9:/ -]{0,30}|\\PC{0,40}",
            0..10,
        ),
    ) {
        let fields: Fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        with(|mapping, knowledge| {
            if let Ok(mapped) = translate(mapping, &fields, 1, knowledge) {
                let Form::Report(report) = mapped.form else { panic!("no report") };
                assert!(report.title.chars().count() <= TITLE_LENGTH);
                assert!(!report.title.chars().any(char::is_control));
            }
        });
    }
}
