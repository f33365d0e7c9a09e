use fengqiao_county::County;
use fengqiao_proto::intake::v1::{
    ActivityKind, HotlineTicket, TicketFinding, TicketHandlerRole, TicketStageKind, TicketUrgency,
};
use proptest::prelude::*;

use super::*;
use crate::domain::ticket_states::ticket_of;

const MAPPING: &str = "\
record = 'report'
source = 'HOTLINE_12345'
own = ['工号']
[set]
'details.hotlineTicket.urgency' = '{紧急程度}'
'details.hotlineTicket.solved' = '{是否解决}'
'details.hotlineTicket.unsolvedReason' = '{未解决原因}'
sourceRef = '{工单编号}-{#}'
'details.hotlineTicket.contactedAt' = '{联系时间}'
title = '{标题|内容}'
occurredAt = '{来电时间}'
narrative = '''
{内容}
紧急程度: {紧急程度}
备注: {备注}'''
confidential = '{是否保密}'
'details.partOf' = '{工单编号}'
[meaning.'details.hotlineTicket.urgency']
'一般' = 'NORMAL'
'紧急' = 'URGENT'
[[list]]
into = 'details.hotlineTicket.handlers'
when = '{主办单位}'
set = { unit = '{主办单位}', role = 'LEAD' }
[[list]]
into = 'details.hotlineTicket.handlers'
each = '{协办单位}'
set = { unit = '{.}', role = 'CO_HANDLER' }
[[list]]
into = 'details.hotlineTicket.stages'
when = '{环节@}'
numbered = 3
set = { kind = '{环节@}', at = '{环节@时间}', words = '{环节@意见}' }
[meaning.'details.hotlineTicket.stages.kind']
'受理' = 'TAKEN'
'结案' = 'CLOSED'
[area]
code = '{区划}'
name = '{区域}'
default = '421181'
[[party]]
role = 'REPORTER'
name = '{姓名}'
phone = '{来电号码}'
[[party]]
role = 'REPORTER'
unless = '{姓名|来电号码}'
name = '{受理员}'
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
    Knowledge::of(&county, jiff::civil::date(2026, 11, 24), |knowledge| ask(&mapping, knowledge))
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
    assert_eq!(report.area_code, "421181105000");
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
    assert!(report.confidential, "nobody said that it is not");
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
            ("是否保密".to_owned(), Some("看情况".to_owned())),
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
fn a_number_that_names_nothing_is_told_by_the_source_s_name() {
    for nothing in ["无", "0", "--", "NULL"] {
        let fields = said(&[("工单编号", nothing), ("来电时间", "2026/11/24 08:00")]);
        let wrong = with(|mapping, knowledge| translate(mapping, &fields, 1, knowledge).unwrap_err());
        let fields: Vec<_> = wrong.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["工单编号"], "{nothing}");
    }
}

/// What a shipped mapping makes of fields: its form, and what it does not know.
fn shipped(name: &str, fields: &[(&str, &str)]) -> (Form, Vec<(String, Option<String>)>) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
    let county = County::load(&folder).unwrap();
    let mapping = county.mappings.get(name).unwrap();
    let mapped = Knowledge::of(&county, jiff::civil::date(2026, 11, 24), |knowledge| {
        translate(mapping, &said(fields), 1, knowledge).unwrap()
    });
    (mapped.form, mapped.unmapped.into_iter().map(|one| (one.field, one.code)).collect())
}

#[test]
fn a_number_or_time_that_cannot_be_read_is_kept_and_counted_and_refuses_nothing() {
    let none = |field: &str| (field.to_owned(), None);
    let (report, unmapped) = report(&[("来电时间", "2026-11-24 08:00"), ("联系时间", "未联系")]);
    assert_eq!((own(&report), unmapped), (vec![("联系时间", "未联系")], vec![none("联系时间")]));

    let call = [
        ("接警编号", "J1"),
        ("报警时间", "2026-11-20 09:00:00"),
        ("话终时间", "/"),
        ("更新时间", "-"),
        ("受伤人数", "不详"),
        ("死亡人数", "-1"),
        ("经度", "无"),
    ];
    let (Form::Taking(taking), mut unmapped) = shipped("police-110-call", &call) else { panic!("no call") };
    assert!(taking.called_at.is_some() && taking.ended_at.is_none() && taking.updated_at.is_none());
    assert_eq!((taking.injured, taking.dead), (0, 0));
    let mut kept: Vec<_> =
        taking.own_fields.iter().map(|own| (own.name.as_str(), own.value.as_str())).collect();
    kept.sort_unstable();
    let mut said: Vec<_> = call[2..].to_vec();
    said.sort_unstable();
    assert_eq!(kept, said);
    unmapped.sort();
    assert_eq!(unmapped, said.iter().map(|(field, _)| none(field)).collect::<Vec<_>>());

    let dispatch = [("处警单编号", "C1"), ("接警编号", "J1"), ("到达现场时间", "--")];
    let (Form::Dispatch(dispatch), unmapped) = shipped("police-110-dispatch", &dispatch) else {
        panic!("no dispatch")
    };
    assert_eq!((dispatch.own_fields[0].value.as_str(), unmapped), ("--", vec![none("到达现场时间")]));
}

const VISIT: [(&str, &str); 3] =
    [("记录编号", "ZF-1"), ("工作类型", "走访"), ("开始时间", "2026-11-20 09:00")];

fn activity(more: &[(&str, &str)]) -> (Activity, Vec<(String, Option<String>)>) {
    let (Form::Activity(activity), unmapped) = shipped("grid-activity", &[&VISIT[..], more].concat()) else {
        panic!("no activity")
    };
    (*activity, unmapped)
}

fn own_of(activity: &Activity) -> Vec<(&str, &str)> {
    activity.own_fields.iter().map(|own| (own.name.as_str(), own.value.as_str())).collect()
}

#[test]
fn an_activity_without_its_end_or_number_is_taken_and_one_of_no_known_kind_too() {
    let (visit, unmapped) = activity(&[("结束时间", "无"), ("户数", "3户")]);
    assert_eq!((visit.kind(), visit.count, visit.ended_at), (ActivityKind::Visit, 0, None));
    assert_eq!(own_of(&visit), [("户数", "3户"), ("结束时间", "无")]);
    assert_eq!(unmapped, [("户数".to_owned(), None), ("结束时间".to_owned(), None)]);

    let (other, unmapped) = activity(&[("工作类型", "法治宣讲")]);
    assert_eq!(other.kind(), ActivityKind::Other);
    assert_eq!(own_of(&other), [("工作类型", "法治宣讲")]);
    assert_eq!(unmapped, [("工作类型".to_owned(), Some("法治宣讲".to_owned()))]);
    assert_eq!(
        activity(&[("工作类型", "")]).0.kind(),
        ActivityKind::Unspecified,
        "nobody said what was done"
    );
}

#[test]
fn an_activity_names_its_duty_by_its_id_and_another_number_is_kept() {
    let id = "01939f2a-0000-7000-8000-000000000000";
    for field in ["任务编号", "事项编号"] {
        let (visit, unmapped) = activity(&[(field, id)]);
        assert_eq!((visit.duty_id.as_str(), own_of(&visit), unmapped), (id, vec![], vec![]), "{field}");
        let (visit, unmapped) = activity(&[(field, "RW-7")]);
        assert_eq!((visit.duty_id.as_str(), own_of(&visit)), ("", vec![(field, "RW-7")]), "{field}");
        assert_eq!(unmapped, [(field.to_owned(), None)]);
    }
}

fn ticket(report: &Report) -> &HotlineTicket {
    ticket_of(report).unwrap()
}

fn own(report: &Report) -> Vec<(&str, &str)> {
    let own = report.details.iter().flat_map(|details| &details.own_fields);
    own.map(|own| (own.name.as_str(), own.value.as_str())).collect()
}

#[test]
fn words_and_lists_of_the_contract_are_made_of_the_source_s_fields() {
    let (report, unmapped) = report(&[
        ("来电时间", "2026-11-24 08:00"),
        ("紧急程度", "2"),
        ("是否解决", "否"),
        ("未解决原因", "等雨停"),
        ("主办单位", "阎家河镇"),
        ("协办单位", "水利局、供电公司"),
        ("环节1", "受理"),
        ("环节1时间", "2026-11-24 08:05"),
        ("环节3", "结案"),
        ("环节3时间", "2026-11-25 10:00"),
        ("环节3意见", "已办结"),
    ]);
    let ticket = ticket(&report);
    assert_eq!((ticket.urgency(), ticket.solved()), (TicketUrgency::Urgent, TicketFinding::No));
    assert_eq!(ticket.unsolved_reason, "等雨停");
    let handlers: Vec<_> = ticket.handlers.iter().map(|one| (one.unit.as_str(), one.role())).collect();
    let co = TicketHandlerRole::CoHandler;
    assert_eq!(handlers, [("阎家河镇", TicketHandlerRole::Lead), ("水利局", co), ("供电公司", co)]);
    let stages: Vec<_> = ticket.stages.iter().map(|one| (one.kind(), one.words.as_str())).collect();
    assert_eq!(stages, [(TicketStageKind::Taken, ""), (TicketStageKind::Closed, "已办结")]);
    assert_eq!(ticket.updated_at, None, "its stages say when it is of");
    assert_eq!(own(&report), [("紧急程度", "2")]);
    assert!(unmapped.is_empty(), "{unmapped:?}");
}

#[test]
fn a_list_that_is_longer_than_any_is_no_list() {
    let many: Vec<String> = (0..21).map(|number| format!("单位{number}")).collect();
    let many = many.join("、");
    let told = [("来电时间", "2026-11-24 08:00"), ("主办单位", "阎家河镇"), ("协办单位", many.as_str())];
    let (report, unmapped) = report(&told);
    assert_eq!(ticket(&report).handlers.len(), 1);
    assert_eq!(own(&report), [("协办单位", many.as_str())]);
    assert_eq!(unmapped, [("协办单位".to_owned(), None)]);
}

#[test]
fn a_word_or_an_entry_that_is_not_known_is_kept_and_counted_with_its_word() {
    let (report, unmapped) = report(&[
        ("来电时间", "2026-11-24 08:00"),
        ("是否解决", "部分"),
        ("未解决原因", "等雨停"),
        ("协办单位", "水利局"),
        ("环节1", "挂起"),
        ("环节1时间", "2026-11-24 08:05"),
        ("环节1意见", "雨季"),
        ("环节2", "结案"),
        ("环节2时间", "昨天"),
        ("分类", "占道经营"),
    ]);
    let ticket = ticket(&report);
    assert!(ticket.handlers.is_empty() && ticket.stages.is_empty(), "{ticket:?}");
    assert_eq!(ticket.updated_at, None, "it is as old as its call");
    assert_eq!(
        own(&report),
        [
            ("协办单位", "水利局"),
            ("是否解决", "部分"),
            ("未解决原因", "等雨停"),
            ("环节1", "挂起"),
            ("环节1意见", "雨季"),
            ("环节1时间", "2026-11-24 08:05"),
            ("环节2", "结案"),
            ("环节2时间", "昨天"),
        ]
    );
    let mut told: Vec<_> = unmapped.iter().map(|(field, said)| (field.as_str(), said.as_deref())).collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("分类", Some("占道经营")),
            ("协办单位", None),
            ("是否解决", Some("部分")),
            ("未解决原因", None),
            ("环节1", Some("挂起")),
            ("环节2时间", None),
        ]
    );
}

#[test]
fn what_another_field_said_before_it_is_kept() {
    let (report, unmapped) = report(&[
        ("标题", "漏水"),
        ("区划", "421181105"),
        ("区域", "阎家河镇"),
        ("姓名", "王女士"),
        ("受理员", "李"),
    ]);
    assert_eq!(own(&report), [("区域", "阎家河镇"), ("受理员", "李")]);
    assert_eq!((report.parties.len(), report.parties[0].name.as_str()), (1, "王女士"));
    assert!(unmapped.is_empty(), "{unmapped:?}");
    let (other, unmapped) = self::report(&[("区划", "999999"), ("区域", "阎家河镇"), ("受理员", "李")]);
    assert_eq!((other.area_code.as_str(), other.parties[0].name.as_str()), ("421181105000", "李"));
    assert_eq!((own(&other), unmapped), (vec![("区划", "999999")], vec![("区划".to_owned(), None)]));
    let long = "漏".repeat(120);
    assert_eq!(own(&self::report(&[("标题", &long)]).0), [("标题", long.as_str())], "a title is cut");
}

#[test]
fn what_has_no_room_is_cut_and_kept_whole() {
    let long = "局".repeat(70);
    let (report, unmapped) = report(&[("来电时间", "2026-11-24"), ("主办单位", &long)]);
    assert_eq!(ticket(&report).handlers[0].unit.chars().count(), 64);
    assert_eq!(own(&report), [("主办单位", long.as_str())]);
    assert!(unmapped.is_empty(), "{unmapped:?}");
}

#[test]
fn the_origin_of_an_entry_s_field_is_the_source_s_own() {
    let fields = said(&[("主办单位", "镇"), ("协办单位", "水利局，电力")]);
    let mapped = with(|mapping, knowledge| translate(mapping, &fields, 1, knowledge).unwrap());
    assert_eq!(mapped.origins["details.hotlineTicket.handlers[2].unit"], "协办单位");
    assert_eq!(mapped.origins["details.hotlineTicket.handlers[0].unit"], "主办单位");
    // Who is not there takes no place.
    let mapped =
        with(|mapping, knowledge| translate(mapping, &said(&[("受理员", "李")]), 1, knowledge).unwrap());
    assert_eq!(mapped.origins["parties[0].name"], "受理员");
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
