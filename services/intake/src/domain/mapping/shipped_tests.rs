//! Each mapping of the shipped counties, by a record as its source writes it: who is who, where it is, and what its form says.

use fengqiao_county::County;
use fengqiao_proto::{
    intake::v1::{ActivityKind, TicketFinding, TicketHandlerRole, TicketStageKind, TicketUrgency},
    types::v1::{PartyRole, Source},
};

use super::*;
use crate::domain::{one_key, ticket_states::ticket_of};

/// The mappings that have a record here.
const WITH_A_RECORD: &[&str] = &[
    "clue-mail",
    "court-divorce",
    "enterprise",
    "grid",
    "grid-activity",
    "grid-app",
    "hotline-12345",
    "meeting",
    "one-key-call",
    "petition",
    "police-110-call",
    "police-110-dispatch",
    "police-110-feedback",
    "walk-in",
    "womens-federation",
];

/// A test vector of the standard's own.
const ID_NUMBER: &str = "11010519491231002X";

/// Each shipped county with a grid of its own, in the place of the sample county's in the records below.
const COUNTIES: [(&str, &str); 5] = [
    ("macheng", GRID),
    ("jintai", "610303004001001"),
    ("chengjiang", "530481001001001"),
    ("xiqing", "120111105002001"),
    ("wuwei", "620602001003001"),
];
/// The grid that records name: with its community, town and county.
const GRID: &str = "421181105202001";

fn shipped(county: &str) -> County {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county").join(county);
    County::load(&folder).unwrap()
}

fn county() -> County {
    shipped("macheng")
}

/// What a grid's place is called, the longest first: names as people say them, and codes.
fn words_of(county: &County, grid: &str) -> [String; 6] {
    let areas = county.areas.now();
    let name = |code: &str| areas.resolve(code).unwrap().name.trim_end_matches("村民委员会").to_owned();
    let (community, town) = (name(&grid[..12]), name(&grid[..9]));
    [format!("{town}{community}"), town, grid.into(), grid[..12].into(), grid[..9].into(), grid[..6].into()]
}

/// A text that speaks of one place, as if it spoke of another.
fn elsewhere(text: &str, here: &[String; 6], there: &[String; 6]) -> String {
    here.iter().zip(there).fold(text.to_owned(), |text, (here, there)| text.replace(here, there))
}

/// What a record becomes, and it becomes the same in each county; each field is known, and each value of a list.
fn mapped(mapping: &str, fields: &[(&str, &str)]) -> Form {
    assert!(WITH_A_RECORD.contains(&mapping), "{mapping}");
    let here = words_of(&county(), GRID);
    let mut forms = COUNTIES.map(|(folder, grid)| {
        let county = shipped(folder);
        let there = words_of(&county, grid);
        let said: Fields = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), elsewhere(value, &here, &there)))
            .collect();
        let mapping = county.mappings.get(mapping).unwrap();
        let mapped = Knowledge::of(&county, jiff::civil::date(2026, 11, 24), |knowledge| {
            translate(mapping, &said, 1, knowledge).unwrap()
        });
        assert!(mapped.unmapped.is_empty(), "{folder} {}: {:?}", mapping.name, mapped.unmapped);
        (folder, elsewhere(&format!("{:?}", mapped.form), &there, &here), mapped.form)
    });
    for (folder, said, _) in &forms {
        assert_eq!(*said, forms[0].1, "{folder}");
    }
    std::mem::replace(&mut forms[0].2, Form::Activity(Box::default()))
}

fn report(mapping: &str, fields: &[(&str, &str)]) -> Report {
    let Form::Report(report) = mapped(mapping, fields) else { panic!("no report") };
    *report
}

/// Role, name, phone and id number of each of the people.
fn people(report: &Report) -> Vec<(PartyRole, &str, &str, &str)> {
    let person = |p: &'_ Party| p.role();
    let all = report.parties.iter();
    all.map(|p| (person(p), p.name.as_str(), p.phone.as_str(), p.id_number.as_str())).collect()
}

/// Source, reference, area, address and canonical category.
fn where_and_what(report: &Report) -> (Source, &str, &str, &str, &str) {
    let details = report.details.as_ref().unwrap();
    let canonical = details.source_category.as_ref().map_or("", |category| category.canonical.as_str());
    (report.source(), &report.source_ref, &report.area_code, &report.address, canonical)
}

fn own(report: &Report) -> Vec<(&str, &str)> {
    let own = report.details.iter().flat_map(|details| &details.own_fields);
    own.map(|own| (own.name.as_str(), own.value.as_str())).collect()
}

const REPORTER: PartyRole = PartyRole::Reporter;
const RESPONDENT: PartyRole = PartyRole::Respondent;

#[test]
fn every_mapping_of_a_shipped_county_has_a_record_here() {
    for (folder, _) in COUNTIES {
        let county = shipped(folder);
        let names: Vec<&str> = county.mappings.iter().map(|mapping| mapping.name.as_str()).collect();
        assert_eq!(names, WITH_A_RECORD, "{folder}");
        for mapping in county.mappings.iter() {
            let outside = mapping.area.as_ref().filter(|area| area.default != county.code);
            assert!(outside.is_none(), "{folder} {}", mapping.name);
        }
    }
}

/// A dispute of two people whom a grid worker tells of: none of their names gets another's phone.
#[test]
fn grid_disputes_are_of_their_parties_and_not_of_the_grid_worker() {
    for (mapping, category, list, canonical) in
        [("grid", "4", "grid-A", "neighbourhood"), ("grid-app", "17", "grid-B", "neighbourhood")]
    {
        let told = [
            ("纠纷编号", "JF-1"),
            ("名称", "滴水纠纷"),
            ("简述", "屋檐滴水到邻家"),
            ("发生日期", "2026-11-20"),
            ("发生地址", "5组12号"),
            ("网格代码", "421181105202"),
            ("所属网格", "阎家河镇凉亭村"),
            ("规模", "01"),
            ("类别", category),
            ("上报人", "网格员刘"),
            ("上报人电话", "13900000009"),
            ("当事人1姓名", "王女士"),
            ("当事人1证件号码", ID_NUMBER),
            ("当事人1居住详址", "5组12号"),
            ("当事人2姓名", "李某"),
            ("当事人2电话", "13800000002"),
            ("当事人2证件代码", "111"),
            ("包案领导姓名", "周"),
        ];
        let dispute = report(mapping, &told);
        assert_eq!(
            people(&dispute),
            [(REPORTER, "王女士", "", ID_NUMBER), (RESPONDENT, "李某", "13800000002", "")]
        );
        assert_eq!(where_and_what(&dispute), (Source::Grid, "JF-1", "421181105202", "5组12号", canonical));
        assert_eq!(dispute.details.as_ref().unwrap().source_category.as_ref().unwrap().list, list);
        assert_eq!(
            own(&dispute),
            [
                ("上报人", "网格员刘"),
                ("上报人电话", "13900000009"),
                ("包案领导姓名", "周"),
                ("当事人1居住详址", "5组12号"),
                ("当事人2证件代码", "111"),
                ("所属网格", "阎家河镇凉亭村"),
                ("规模", "01"),
            ]
        );
        // A broken lamp is nobody's dispute: then who tells of it is the grid worker.
        let without: Vec<_> = told.into_iter().filter(|(name, _)| !name.starts_with("当事人")).collect();
        assert_eq!(people(&report(mapping, &without)), [(REPORTER, "网格员刘", "13900000009", "")]);
    }
}

#[test]
fn what_a_grid_worker_did_is_an_activity() {
    let form = mapped(
        "grid-activity",
        &[
            ("记录编号", "ZF-1"),
            ("工作类型", "入户走访"),
            ("开始时间", "2026-11-20 09:00"),
            ("结束时间", "2026-11-20 09:30"),
            ("户数", "3"),
            ("网格代码", "421181105202001"),
            ("网格员", "刘"),
            ("走访对象", "独居老人王某"),
            ("任务编号", "01939f2a-0000-7000-8000-000000000000"),
            ("情况", "身体尚可"),
            ("天气", "晴"),
        ],
    );
    let Form::Activity(activity) = form else { panic!("no activity") };
    assert_eq!((activity.source(), activity.kind()), (Source::Grid, ActivityKind::Visit));
    assert_eq!((activity.source_ref.as_str(), activity.count), ("ZF-1", 3));
    assert_eq!(activity.duty_id, "01939f2a-0000-7000-8000-000000000000");
    assert_eq!(activity.area_code, "421181105202001");
    assert_eq!([&activity.person, &activity.subject, &activity.text], ["刘", "独居老人王某", "身体尚可"]);
    assert_eq!((&activity.own_fields[0].name, &activity.own_fields[0].value), (&"天气".into(), &"晴".into()));
    let minutes = activity.ended_at.unwrap().seconds - activity.begun_at.unwrap().seconds;
    assert_eq!(minutes / 60, 30);
}

#[test]
fn a_ticket_of_the_hotline_is_a_typed_ticket() {
    let ticket = report(
        "hotline-12345",
        &[
            ("工单编号", "GD-1"),
            ("标题", "广场舞噪声"),
            ("内容", "每晚到十一点"),
            ("来电时间", "2026-11-20 19:30:00"),
            ("地址", "金丰小区3号楼"),
            ("所属区域", "阎家河镇"),
            ("来电姓名", "王女士"),
            ("来电号码", "13800000001"),
            ("被诉对象", "舞蹈队"),
            ("分类编码", "0301"),
            ("分类", "噪声污染"),
            ("诉求类型", "投诉"),
            ("渠道", "2"),
            ("紧急程度", "特急"),
            ("是否保密", "是"),
            ("是否回复", "是"),
            ("受理员", "小张"),
            ("工号", "A07"),
            ("受理时间", "2026-11-20 19:31:00"),
            ("转办时间", "2026-11-20 20:00:00"),
            ("转办人", "小李"),
            ("转办意见", "噪声扰民，请公安局核实"),
            ("申请类型", "延期"),
            ("联系号码", "13800000002"),
            ("联系时间", "2026-11-21 09:00:00"),
            ("附件", "录音.mp3、现场.jpg"),
            ("主办单位", "公安局"),
            ("协办单位", "城管局、阎家河镇"),
            ("加派", "环保局"),
            ("加派天数", "3"),
            ("督办时间", "2026-11-22 08:00:00"),
            ("督办意见", "尽快"),
            ("诉求属实", "属实"),
            ("超职责诉求", "否"),
            ("是否联系", "是"),
            ("是否解决", "否"),
            ("未解决原因", "已劝离, 又来"),
            ("办理情况", "现场劝离"),
            ("公开答复", "已劝离"),
            ("办结时间", "2026-11-23 10:00:00"),
            ("更新时间", "2026-11-23 10:00:05"),
        ],
    );
    assert_eq!(
        where_and_what(&ticket),
        (Source::Hotline12345, "GD-1", "421181105000", "金丰小区3号楼", "environment")
    );
    assert_eq!(people(&ticket), [(REPORTER, "王女士", "13800000001", ""), (RESPONDENT, "舞蹈队", "", "")]);
    assert!(ticket.confidential);
    let typed = ticket_of(&ticket).unwrap();
    assert_eq!(
        (typed.channel.as_str(), typed.request_kind.as_str(), typed.urgency()),
        ("微信", "投诉", TicketUrgency::ExtremelyUrgent)
    );
    assert_eq!((typed.reply_wanted, typed.taken_by.as_str()), (true, "A07"));
    let (yes, no) = (TicketFinding::Yes, TicketFinding::No);
    assert_eq!(
        (typed.justified(), typed.beyond_duty(), typed.contacted(), typed.solved()),
        (yes, no, yes, no)
    );
    assert_eq!((typed.handling.as_str(), typed.public_reply.as_str()), ("现场劝离", "已劝离"));
    assert_eq!(typed.unsolved_reason, "已劝离, 又来");
    let handlers: Vec<_> =
        typed.handlers.iter().map(|one| (one.unit.as_str(), one.role(), one.expires_days)).collect();
    let co = TicketHandlerRole::CoHandler;
    assert_eq!(
        handlers,
        [
            ("公安局", TicketHandlerRole::Lead, 0),
            ("城管局", co, 0),
            ("阎家河镇", co, 0),
            ("环保局", TicketHandlerRole::Added, 3),
        ]
    );
    let stages: Vec<_> = typed.stages.iter().map(|one| (one.kind(), one.words.as_str())).collect();
    let [taken, supervised, closed] =
        [TicketStageKind::Taken, TicketStageKind::Supervised, TicketStageKind::Closed];
    assert_eq!(stages, [(taken, ""), (supervised, "尽快"), (closed, "")]);
    assert!(typed.updated_at.is_some());
    let transfer = &typed.transfers[0];
    assert_eq!(transfer.at.unwrap().seconds + 13 * 3_600, typed.contacted_at.unwrap().seconds);
    assert_eq!(
        [&transfer.from, &transfer.to, &transfer.by, &transfer.words],
        ["", "公安局", "小李", "噪声扰民，请公安局核实"]
    );
    assert_eq!((typed.application_kind.as_str(), typed.contact_phone.as_str()), ("延期", "13800000002"));
    let attached: Vec<_> = typed.attachments.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(attached, ["录音.mp3", "现场.jpg"]);
    assert_eq!(own(&ticket), [("受理员", "小张"), ("渠道", "2"), ("紧急程度", "特急")]);
}

#[test]
fn a_divorce_s_household_is_the_plaintiff_s() {
    let filed = [
        ("案号", "(2026)鄂1181民初1号"),
        ("立案日期", "2026-11-20"),
        ("诉讼请求", "请求判决离婚"),
        ("事实与理由", "长期争吵"),
        ("原告", "王女士"),
        ("原告电话", "13800000001"),
        ("原告身份证号", ID_NUMBER),
        ("原告住址", "金丰小区3号楼2单元501室"),
        ("原告所在地", "阎家河镇"),
        ("被告", "李某"),
        ("被告电话", "13800000002"),
        ("被告住址", "黄土岗镇5组12号"),
        ("被告区划代码", "421181111"),
        ("案由", "离婚纠纷"),
        ("不公开审理", "是"),
    ];
    let suit = report("court-divorce", &filed);
    assert_eq!(
        where_and_what(&suit),
        (Source::Court, "(2026)鄂1181民初1号", "421181105000", "金丰小区3号楼2单元501室", "marriage_family")
    );
    assert_eq!(
        people(&suit),
        [(REPORTER, "王女士", "13800000001", ID_NUMBER), (RESPONDENT, "李某", "13800000002", "")]
    );
    assert!(suit.confidential);
    assert_eq!(own(&suit), [("被告住址", "黄土岗镇5组12号"), ("被告区划代码", "421181111")]);
    // Nobody is placed at the home of whom they sue, also where their own is not said.
    let without: Vec<_> = filed.into_iter().filter(|(name, _)| !name.starts_with("原告住址")).collect();
    assert_eq!(report("court-divorce", &without).address, "");
}

#[test]
fn what_women_tell_has_their_need_and_when_they_can_be_called() {
    let visit = report(
        "womens-federation",
        &[
            ("登记编号", "FL-1"),
            ("来访时间", "2026-11-20 09:00"),
            ("反映问题类型", "家庭暴力"),
            ("反映内容", "丈夫酒后打人"),
            ("诉求", "暂住处"),
            ("方便联系时间", "工作日上午"),
            ("姓名", "王女士"),
            ("联系电话", "13800000001"),
            ("身份证号", ID_NUMBER),
            ("住址", "5组12号"),
            ("所属乡镇", "阎家河镇"),
            ("被反映人", "李某"),
            ("被反映人电话", "13800000002"),
            ("是否保密", "是"),
            ("接待人", "小周"),
        ],
    );
    assert_eq!(
        where_and_what(&visit),
        (Source::WomensFederation, "FL-1", "421181105000", "5组12号", "marriage_family")
    );
    assert_eq!(
        people(&visit),
        [(REPORTER, "王女士", "13800000001", ID_NUMBER), (RESPONDENT, "李某", "13800000002", "")]
    );
    assert_eq!((visit.need.as_str(), visit.safe_contact_time.as_str()), ("暂住处", "工作日上午"));
    assert_eq!(visit.narrative, "丈夫酒后打人");
    assert!(visit.confidential);
    assert_eq!(own(&visit), [("接待人", "小周")]);
}

/// The record has the device's number and nothing else of who and where.
#[test]
fn s4_10_a_press_by_its_record_is_answered_by_its_device() {
    let fields =
        [("呼叫编号", "HJ-1"), ("呼叫时间", "2026-11-20 09:00:00"), ("设备编号", "YL-0101"), ("电量", "80")];
    let mut press = report("one-key-call", &fields);
    assert_eq!(press.details.as_ref().unwrap().device, "YL-0101");
    let first = one_key::complete(&mut press, &county().devices, "421181");
    assert_eq!(first, "building-head");
    assert_eq!((press.title.as_str(), press.area_code.as_str()), ("一键呼叫", "421181001001001"));
    assert!(!press.address.is_empty());
    assert!(people(&press).len() == 1 && people(&press)[0].0 == REPORTER, "{:?}", press.parties);
    assert_eq!(own(&press), [("电量", "80")]);
    let more =
        [("绑定人姓名", "王女士"), ("绑定人电话", "13800000001"), ("安装地址", "1栋"), ("呼叫类型", "纠纷")];
    let mut press = report("one-key-call", &[&fields[..], &more[..]].concat());
    one_key::complete(&mut press, &county().devices, "421181");
    assert_eq!(people(&press), [(REPORTER, "王女士", "13800000001", "")]);
    assert_eq!(
        where_and_what(&press),
        (Source::OneKeyCall, "HJ-1", "421181001001001", "1栋", "neighbourhood")
    );
}

#[test]
fn a_petition_is_of_who_petitions() {
    let petition = report(
        "petition",
        &[
            ("信访件编号", "XF-1"),
            ("信访日期", "2026-11-20"),
            ("登记时间", "2026-11-21"),
            ("概况", "反映补偿款未发"),
            ("内容分类", "国土资源"),
            ("信访形式", "02"),
            ("信访人数", "12"),
            ("信访人", "王女士"),
            ("手机号码", "13800000001"),
            ("联系电话", "0713-2950000"),
            ("证件号码", ID_NUMBER),
            ("住址", "5组12号"),
            ("问题属地", "阎家河镇"),
            ("问题属地代码", "421181105"),
        ],
    );
    assert_eq!(where_and_what(&petition), (Source::Petition, "XF-1", "421181105", "5组12号", "demolition"));
    assert_eq!(people(&petition), [(REPORTER, "王女士", "13800000001", ID_NUMBER)]);
    assert_eq!(
        own(&petition),
        [
            ("信访人数", "12"),
            ("信访形式", "02"),
            ("登记时间", "2026-11-21"),
            ("联系电话", "0713-2950000"),
            ("问题属地", "阎家河镇"),
        ]
    );
}

#[test]
fn at_the_window_the_list_of_17_kinds_is_read() {
    let visit = |kind: &str| {
        report(
            "walk-in",
            &[
                ("登记编号", "LF-1"),
                ("来访时间", "2026-11-20 09:00"),
                ("事项", "借款不还"),
                ("来访内容", "三年未还"),
                ("纠纷类型", kind),
                ("来访人", "王女士"),
                ("联系电话", "13800000001"),
                ("身份证号", ID_NUMBER),
                ("住址", "5组12号"),
                ("事发地址", "镇集市"),
                ("所属乡镇", "阎家河镇"),
                ("对方当事人", "李某"),
                ("对方电话", "13800000002"),
                ("接待窗口", "3"),
            ],
        )
    };
    let lent = visit("金融借贷");
    assert_eq!(where_and_what(&lent), (Source::WalkIn, "LF-1", "421181105000", "5组12号", "contract"));
    assert_eq!(
        people(&lent),
        [(REPORTER, "王女士", "13800000001", ID_NUMBER), (RESPONDENT, "李某", "13800000002", "")]
    );
    assert_eq!(own(&lent), [("事发地址", "镇集市"), ("接待窗口", "3")]);
    for (word, canonical) in [
        ("婚恋家庭", "marriage_family"),
        ("邻里", "neighbourhood"),
        ("人格权", "damage"),
        ("物权相关", "house_site"),
        ("侵权相关", "damage"),
        ("合同及相关", "contract"),
        ("劳动人事", "labour"),
        ("土地及资源权属", "forest_land"),
        ("其他民商事", "other"),
        ("城乡建设发展", "other"),
        ("涉民政", "other"),
        ("其他行政执法", "other"),
        ("涉法涉诉", "other"),
        ("涉组织涉纪检", "other"),
        ("涉民族宗教", "other"),
        ("其他", "other"),
    ] {
        let visit = visit(word);
        assert_eq!(where_and_what(&visit).4, canonical, "{word}");
        assert_eq!(visit.details.unwrap().source_category.unwrap().list, "centre-D");
    }
}

#[test]
fn a_matter_of_a_meeting_names_its_meeting() {
    let matter = report(
        "meeting",
        &[
            ("会议编号", "YB-7"),
            ("会议时间", "2026-11-20 19:30"),
            ("会议地点", "村部"),
            ("会议名称", "院坝会"),
            ("事项", "水渠堵塞"),
            ("内容", "去年就堵"),
            ("事项类型", "山林土地"),
            ("所属村社区", "阎家河镇凉亭村"),
            ("提出人", "王女士"),
            ("提出人电话", "13800000001"),
            ("参会人数", "30"),
        ],
    );
    assert_eq!(where_and_what(&matter), (Source::Meeting, "YB-7-1", "421181105202", "村部", "forest_land"));
    assert_eq!(people(&matter), [(REPORTER, "王女士", "13800000001", "")]);
    assert_eq!(matter.details.as_ref().unwrap().part_of, "YB-7");
    assert_eq!(matter.narrative, "去年就堵\n会议: 院坝会");
    assert_eq!(own(&matter), [("参会人数", "30")]);
}

#[test]
fn a_clue_is_of_who_sent_it() {
    let clue = report(
        "clue-mail",
        &[
            ("邮件编号", "YJ-1"),
            ("发送时间", "2026-11-20 09:00"),
            ("主题", "砂石堵路"),
            ("正文", "已一周"),
            ("涉及地址", "5组"),
            ("涉及区域", "阎家河镇"),
            ("线索类型", "侵权相关"),
            ("发件人", "王女士"),
            ("发件人电话", "13800000001"),
            ("附件", "1.jpg"),
        ],
    );
    assert_eq!(where_and_what(&clue), (Source::ClueMail, "YJ-1", "421181105000", "5组", "damage"));
    assert_eq!(people(&clue), [(REPORTER, "王女士", "13800000001", "")]);
    assert_eq!(own(&clue), [("附件", "1.jpg")]);
}

#[test]
fn an_enterprise_s_question_is_asked_by_its_contact() {
    let question = report(
        "enterprise",
        &[
            ("问题编号", "QY-1"),
            ("提交时间", "2026-11-20 09:00"),
            ("问题类型", "用工"),
            ("问题描述", "招工难"),
            ("企业名称", "金丰纺织"),
            ("企业地址", "园区1号"),
            ("所属乡镇", "阎家河镇"),
            ("联系人", "王女士"),
            ("联系电话", "13800000001"),
            ("行业", "纺织"),
        ],
    );
    assert_eq!(where_and_what(&question), (Source::Enterprise, "QY-1", "421181105000", "园区1号", "labour"));
    assert_eq!(
        people(&question),
        [(REPORTER, "王女士", "13800000001", ""), (PartyRole::Victim, "金丰纺织", "", "")]
    );
    assert_eq!(own(&question), [("行业", "纺织")]);
}

#[test]
fn a_call_of_the_police_keeps_all_its_kinds() {
    let form = mapped(
        "police-110-call",
        &[
            ("接警编号", "J1"),
            ("重复警情编号", "J0"),
            ("关联警情编号", "J2、J3"),
            ("报警时间", "2026-11-20 09:00:00"),
            ("更新时间", "20261120090500"),
            ("行政区划", "421181105202"),
            ("警情地址", "5组12号"),
            ("报警内容", "又吵起来了"),
            ("报警人姓名", "王女士"),
            ("报警电话", "13800000001"),
            ("报警人身份号码", ID_NUMBER),
            ("机主姓名", "李某"),
            ("警情类别", "30"),
            ("警情类型", "3002"),
            ("警情细类", "02"),
            ("警情类别名称", "纠纷"),
            ("接警方式", "1"),
            ("涉外", "0"),
        ],
    );
    let Form::Taking(taking) = form else { panic!("no call") };
    assert_eq!((taking.number.as_str(), taking.repeat_of.as_str()), ("J1", "J0"));
    assert_eq!(taking.related_to, ["J2", "J3"]);
    assert_eq!((taking.area_code.as_str(), taking.address.as_str()), ("421181105202", "5组12号"));
    let caller = taking.caller.unwrap();
    assert_eq!([caller.name, caller.phone, caller.id_number], ["王女士", "13800000001", ID_NUMBER]);
    assert_eq!(taking.phone_owner.unwrap().name, "李某");
    let category = taking.category.unwrap();
    assert_eq!([category.code, category.word, category.canonical], ["02", "纠纷", "marriage_family"]);
    let own: Vec<_> = taking.own_fields.iter().map(|own| (own.name.as_str(), own.value.as_str())).collect();
    assert_eq!(own, [("接警方式", "1"), ("警情类别", "30"), ("警情类型", "3002")]);
}

#[test]
fn a_dispatch_and_a_feedback_name_their_call() {
    let form = mapped(
        "police-110-dispatch",
        &[
            ("处警单编号", "C1"),
            ("接警编号", "J1"),
            ("处警单位", "421181440000"),
            ("处警民警", "周"),
            ("派警时间", "2026-11-20 09:01:00"),
        ],
    );
    let Form::Dispatch(dispatch) = form else { panic!("no dispatch") };
    assert_eq!([&dispatch.number, &dispatch.call_number, &dispatch.officer], ["C1", "J1", "周"]);
    assert!(dispatch.dispatched_at.is_some() && dispatch.own_fields.is_empty());
    let form = mapped(
        "police-110-feedback",
        &[
            ("反馈单编号", "F1"),
            ("处警单编号", "C1"),
            ("接警编号", "J1"),
            ("反馈时间", "2026-11-20 10:00:00"),
            ("处理情况", "已劝解"),
            ("是否解决纠纷", "是"),
            ("是否治安案件", "否"),
            ("确认类别", "03"),
            ("当事人姓名", "李某"),
            ("当事人电话", "13800000002"),
            ("当事人身份号码", ID_NUMBER),
        ],
    );
    let Form::Feedback(feedback) = form else { panic!("no feedback") };
    assert_eq!([&feedback.number, &feedback.dispatch_number, &feedback.call_number], ["F1", "C1", "J1"]);
    assert!(feedback.dispute_settled && !feedback.public_order_case);
    assert_eq!(feedback.category.unwrap().canonical, "neighbourhood");
    let party = &feedback.parties[0];
    assert_eq!((party.role(), party.name.as_str()), (RESPONDENT, "李某"));
    assert_eq!([&party.phone, &party.id_number], ["13800000002", ID_NUMBER]);
}
