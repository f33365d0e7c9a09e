//! Records in their sources' own forms: the police's, and those that mappings translate.

use std::collections::HashMap;

use fengqiao_intake::config::CommitSettings;
use fengqiao_proto::{
    intake::v1::{
        CallsRepeated, Foreseen, GetReportRequest, JoinClustersRequest, LinkSubject, ListUnmappedRequest,
        MappedItem, MappedRecord, PoliceCall, PoliceDispatch, PoliceFeedback, PolicePerson, PoliceTaking,
        Record, Report, ReportAccepted, SourceCategory, SubmitRecordRequest, SubmitRecordResponse,
        SubmitRecordsRequest, TicketUrgency, details, linkage_service_client::LinkageServiceClient,
        record::Form, record_service_client::RecordServiceClient, submit_records_response::Outcome,
    },
    types::v1::Source,
};
use sqlx::AssertSqlSafe;
use tokio::task::JoinSet;
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt as _;

use crate::world::{World, by, channel, client, events, sent, until};

type Client = RecordServiceClient<Channel>;

async fn world() -> (World, Client, crate::world::Client) {
    let mut world = World::new().await;
    let address = world.process(CommitSettings::default()).await;
    let records = RecordServiceClient::new(channel(&address).await);
    let reports = client(&address).await;
    (world, records, reports)
}

fn now(seconds: i64) -> Option<prost_types::Timestamp> {
    let mut time = fengqiao_serving::time::to_proto(fengqiao_serving::time::now());
    time.seconds += seconds - 3600;
    time.nanos = 0;
    Some(time)
}

fn word(word: &str) -> Option<SourceCategory> {
    Some(SourceCategory { list: "police".into(), word: word.into(), ..Default::default() })
}

fn taking(number: &str) -> Form {
    Form::PoliceTaking(PoliceTaking {
        number: number.into(),
        repeat_of: "J0".into(),
        called_at: now(0),
        updated_at: Some(prost_types::Timestamp { seconds: 1, nanos: 0 }),
        area_code: "421181105204".into(),
        address: "5组7号".into(),
        content: "隔壁又吵起来了".into(),
        category: word("邻里纠纷"),
        caller: Some(PolicePerson {
            name: "王女士".into(),
            phone: "13812345678".into(),
            ..Default::default()
        }),
        ..Default::default()
    })
}

fn dispatch(number: &str, call: &str) -> Form {
    Form::PoliceDispatch(PoliceDispatch {
        number: number.into(),
        call_number: call.into(),
        ..Default::default()
    })
}

fn feedback(number: &str, dispatch: &str, at: i64, category: &str) -> Form {
    Form::PoliceFeedback(PoliceFeedback {
        number: number.into(),
        dispatch_number: dispatch.into(),
        fed_back_at: Some(prost_types::Timestamp { seconds: 1_795_478_400 + at, nanos: 0 }),
        content: format!("已劝解 {number}"),
        category: word(category).filter(|_| !category.is_empty()),
        ..Default::default()
    })
}

async fn send(client: &mut Client, form: Form) -> Result<SubmitRecordResponse, Status> {
    let record = Some(Record { form: Some(form), ..Default::default() });
    let request = SubmitRecordRequest { record, validate_only: false };
    client.submit_record(by("police_110", request)).await.map(tonic::Response::into_inner)
}

async fn held(client: &mut crate::world::Client, source: Source, number: &str) -> (Report, i32) {
    let request = GetReportRequest { source: source.into(), source_ref: number.into(), ..Default::default() };
    let report = client.get_report(request).await.unwrap().into_inner().report.unwrap();
    (report.report.unwrap(), report.revision)
}

fn call_of(report: &Report) -> &PoliceCall {
    match report.details.as_ref().unwrap().form.as_ref().unwrap() {
        details::Form::PoliceCall(call) => call,
        #[allow(unreachable_patterns, reason = "there are other forms of other sources")]
        _ => panic!("no call"),
    }
}

#[tokio::test]
async fn what_comes_before_its_call_waits_and_is_in_its_first_report() {
    let (world, mut client, mut reports) = world().await;
    let mut call = taking("J1");
    if let Form::PoliceTaking(taking) = &mut call {
        taking.called_at = now(0);
    }
    for early in [feedback("F1", "C1", 10, ""), dispatch("C1", "J1")] {
        let answer = send(&mut client, early.clone()).await.unwrap();
        assert!(answer.waiting && !answer.known && answer.reports.is_empty(), "{answer:?}");
        assert!(send(&mut client, early).await.unwrap().known, "a second time nothing is new");
    }
    assert_eq!(world.count("SELECT count(*) FROM report").await, 0);
    let taken = send(&mut client, call.clone()).await.unwrap();
    assert!(!taken.waiting && taken.reports[0].revision == 1);
    let (report, _) = held(&mut reports, Source::Police110, "J1").await;
    assert_eq!(report.narrative, "隔壁又吵起来了\n反馈: 已劝解 F1");
    assert_eq!(report.category, "邻里纠纷");

    // The confirmed category comes with a later feedback and decides from then on; an older one changes nothing of it.
    let answer = send(&mut client, feedback("F3", "C1", 30, "家暴")).await.unwrap();
    assert_eq!((answer.reports[0].revision, answer.reports[0].known), (2, false));
    send(&mut client, feedback("F2", "C1", 20, "噪音")).await.unwrap();
    let (report, revision) = held(&mut reports, Source::Police110, "J1").await;
    assert_eq!((report.category.as_str(), revision), ("家暴", 3));
    let folded = call_of(&report);
    assert_eq!(folded.first_category.as_ref().unwrap().word, "邻里纠纷");
    assert_eq!(folded.confirmed_category.as_ref().unwrap().word, "家暴");
    assert_eq!(folded.taking.as_ref().unwrap().repeat_of, "J0");
    let numbers: Vec<_> = folded.feedbacks.iter().map(|one| one.number.as_str()).collect();
    assert_eq!(numbers, ["F1", "F2", "F3"]);

    // All once more: no revision, no event.
    for form in [call, dispatch("C1", "J1"), feedback("F1", "C1", 10, ""), feedback("F3", "C1", 30, "家暴")]
    {
        let answer = send(&mut client, form).await.unwrap();
        assert!(answer.known && answer.reports[0].known, "{answer:?}");
    }
    let told = events(&world).await;
    assert_eq!(told.iter().map(|event| event.revision).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(told[2].category, "marriage_family");
    world.end().await;
}

/// What the day-close check of routing goes by: a POLICE_110 report that is told as a repeat.
#[tokio::test]
async fn a_second_call_by_this_door_is_told_as_a_repeat_of_110() {
    let (world, mut client, _) = world().await;
    for number in ["J1", "J2"] {
        let mut form = taking(number);
        if let Form::PoliceTaking(taking) = &mut form {
            taking.repeat_of.clear();
        }
        send(&mut client, form).await.unwrap();
    }
    let told = events(&world).await;
    let repeats: Vec<_> =
        told.iter().map(|event| (event.source(), event.linkage.as_ref().unwrap().repeat)).collect();
    assert_eq!(repeats, [(Source::Police110, false), (Source::Police110, true)]);
    world.end().await;
}

#[tokio::test]
async fn a_burst_over_two_processes_ends_in_the_same_reports() {
    let mut world = World::new().await;
    let mut clients = Vec::new();
    for _ in 0..2 {
        let address = world.process(CommitSettings::default()).await;
        clients.push((RecordServiceClient::new(channel(&address).await), address));
    }
    let mut reports = client(&clients[0].1).await;
    let calls = 40;
    let mut records = Vec::new();
    for call in 0..calls {
        let number = format!("J{call}");
        records.push(taking(&number));
        for part in 0..2 {
            let sent = format!("C{call}-{part}");
            records.push(dispatch(&sent, &number));
            for said in 0..2 {
                let name = format!("F{call}-{part}-{said}");
                records.push(feedback(&name, &sent, i64::from(part * 2 + said), "家暴"));
            }
        }
    }
    // Each process gets all of them in an order of its own, as streams.
    let mut senders = JoinSet::new();
    for (turn, (client, _)) in clients.iter().enumerate() {
        let mut order = records.clone();
        order.rotate_left(turn * 97);
        if turn == 1 {
            order.reverse();
        }
        let mut client = client.clone();
        senders.spawn(async move {
            let messages = order.into_iter().enumerate().map(|(mark, form)| SubmitRecordsRequest {
                mark: mark as u64,
                record: Some(Record { form: Some(form), ..Default::default() }),
                validate_only: false,
                ..Default::default()
            });
            let request = by("police_110", futures::stream::iter(messages));
            let mut answers = client.submit_records(request).await.unwrap().into_inner();
            let mut accepted = 0;
            while let Some(answer) = answers.message().await.unwrap() {
                assert!(matches!(answer.outcome, Some(Outcome::Accepted(_))), "{answer:?}");
                accepted += 1;
            }
            accepted
        });
    }
    while let Some(accepted) = senders.join_next().await {
        assert_eq!(accepted.unwrap(), records.len());
    }
    assert_eq!(world.count("SELECT count(*) FROM report").await, calls);
    for call in 0..calls {
        let (report, _) = held(&mut reports, Source::Police110, &format!("J{call}")).await;
        let folded = call_of(&report);
        assert_eq!((folded.dispatches.len(), folded.feedbacks.len()), (2, 4), "{call}");
    }
    world.end().await;
}

/// As many as wait in a county, and as are folded together, and some.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_records_are_told_when_to_come_again_and_none_is_lost() {
    const SENT: usize = 2_048 + 200 + 100;
    let (world, client, _) = world().await;
    let mut lock = world.pool.acquire().await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(hashtextextended('intake police records 421181', 0))")
        .execute(&mut *lock)
        .await
        .unwrap();
    let mut calls = JoinSet::new();
    let call = |calls: &mut JoinSet<_>, number: usize| {
        let mut client = client.clone();
        calls.spawn(async move {
            let form = dispatch(&format!("C{number}"), &format!("J{number}"));
            (number, send(&mut client, form).await)
        });
    };
    (0..SENT).for_each(|number| call(&mut calls, number));
    let (mut accepted, mut refused) = (0, Vec::new());
    // While nothing is folded, who is answered is refused; then all others are taken.
    while let Some(answered) = calls.join_next().await {
        let (number, answer) = answered.unwrap();
        match answer {
            Ok(kept) => accepted += usize::from(kept.waiting),
            Err(status) => {
                assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
                assert!(status.get_details_retry_info().unwrap().retry_delay.unwrap().as_millis() > 0);
                if refused.is_empty() {
                    let unlock =
                        "SELECT pg_advisory_unlock(hashtextextended('intake police records 421181', 0))";
                    sqlx::query(unlock).execute(&mut *lock).await.unwrap();
                }
                refused.push(number);
            }
        }
    }
    assert!(!refused.is_empty());
    assert_eq!(accepted, SENT - refused.len());
    // Who comes again as told is taken.
    for number in refused {
        until("it is taken", async || {
            let form = dispatch(&format!("C{number}"), &format!("J{number}"));
            send(&mut client.clone(), form).await.is_ok()
        })
        .await;
    }
    assert_eq!(world.count("SELECT count(*) FROM police_record").await, SENT as i64);
    drop(lock);
    world.end().await;
}

#[tokio::test]
async fn each_wrong_record_is_answered_by_its_fields_and_costs_no_neighbour() {
    let (world, mut client, _) = world().await;
    let wrong = PoliceTaking { number: "J1".into(), content: "a\0b".into(), ..Default::default() };
    let status = send(&mut client, Form::PoliceTaking(wrong)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(fields(&status), ["policeTaking.content", "policeTaking.calledAt", "policeTaking.areaCode"]);
    let request = SubmitRecordRequest { record: None, validate_only: false };
    assert_eq!(fields(&client.submit_record(request).await.unwrap_err()), ["form"]);
    let others = SubmitRecordRequest {
        record: Some(Record { form: Some(dispatch("C1", "J1")), ..Default::default() }),
        validate_only: false,
    };
    let status = client.submit_record(by("hotline_12345", others.clone())).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    let only = SubmitRecordRequest { validate_only: true, ..others };
    let answer = client.submit_record(by("police_110", only)).await.unwrap().into_inner();
    let new = SubmitRecordResponse { foreseen: Foreseen::New.into(), ..SubmitRecordResponse::default() };
    assert_eq!(answer, new);
    assert_eq!(world.count("SELECT count(*) FROM police_record").await, 0);

    let messages = [dispatch("", "J1"), dispatch("C2", "J1")].map(|form| SubmitRecordsRequest {
        mark: 7,
        record: Some(Record { form: Some(form), ..Default::default() }),
        validate_only: false,
        ..Default::default()
    });
    let stream = client.submit_records(by("police_110", futures::stream::iter(messages))).await.unwrap();
    let mut answers = stream.into_inner();
    let mut outcomes = Vec::new();
    while let Some(answer) = answers.message().await.unwrap() {
        outcomes.push(matches!(answer.outcome, Some(Outcome::Accepted(_))));
    }
    outcomes.sort_unstable();
    assert_eq!(outcomes, [false, true]);
    world.end().await;
}

fn fields(status: &Status) -> Vec<String> {
    let bad = status.get_details_bad_request();
    bad.into_iter().flat_map(|bad| bad.field_violations).map(|one| one.field).collect()
}

fn said(fields: &[(&str, &str)]) -> HashMap<String, String> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn mapped(mapping: &str, fields: &[(&str, &str)], items: &[&[(&str, &str)]]) -> SubmitRecordRequest {
    let items = items.iter().map(|item| MappedItem { fields: said(item) }).collect();
    let form = Form::Mapped(MappedRecord { mapping: mapping.into(), fields: said(fields), items });
    SubmitRecordRequest {
        record: Some(Record { form: Some(form), ..Default::default() }),
        validate_only: false,
    }
}

/// S1-08: one record of a residents' meeting, many matters, each traceable to the meeting.
#[tokio::test]
async fn a_meeting_becomes_as_many_reports_as_it_has_matters() {
    let (world, mut client, mut reports) = world().await;
    let told = [("会议编号", "YB-7"), ("会议时间", "2026-11-20 19:30"), ("所属村社区", "阎家河镇")];
    let matters = ["路灯不亮", "水渠堵塞", "宅基地边界", "垃圾清运", "低保评议", "噪音扰民", "停车"];
    let items: Vec<Vec<_>> = matters.iter().map(|matter| vec![("事项", *matter)]).collect();
    let items: Vec<&[_]> = items.iter().map(Vec::as_slice).collect();
    let meeting = mapped("meeting", &told, &items);
    let answer = client.submit_record(by("meeting", meeting.clone())).await.unwrap().into_inner();
    assert_eq!(answer.reports.len(), 7);
    let (report, _) = held(&mut reports, Source::Meeting, "YB-7-3").await;
    assert_eq!(report.title, "宅基地边界");
    assert_eq!(report.area_code, "421181105000");
    assert_eq!(report.details.unwrap().part_of, "YB-7");
    let again = client.submit_record(by("meeting", meeting)).await.unwrap().into_inner();
    assert!(again.known && again.reports.iter().all(|report| report.known));

    // One wrong matter keeps all of them out, so that the record can be mended and sent again.
    let wrong: [&[_]; 2] = [&[("事项", "路灯")], &[("内容", "")]];
    let status =
        client.submit_record(by("meeting", mapped("meeting", &told[..2], &wrong))).await.unwrap_err();
    assert_eq!(fields(&status), ["items[1].事项"]);
    assert_eq!(world.count("SELECT count(*) FROM report").await, 7);
    let status = client.submit_record(mapped("telegraph", &told, &[])).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let status = client.submit_record(mapped("walk-in", &told, &wrong)).await.unwrap_err();
    assert_eq!(fields(&status), ["mapped.items"]);
    world.end().await;
}

#[tokio::test]
async fn what_a_mapping_does_not_know_is_kept_and_counted_and_never_personal() {
    let (world, mut client, mut reports) = world().await;
    let ticket = |number: &str, more: &[(&str, &str)]| {
        let mut fields = vec![
            ("工单编号", number),
            ("标题", "广场舞噪声"),
            ("来电时间", "2026-11-20 19:30:00"),
            ("所属区域", "阎家河镇"),
            ("来电号码", "号码隐藏"),
            ("分类", "噪声污染"),
        ];
        fields.extend(more);
        mapped("hotline-12345", &fields, &[])
    };
    for number in 0..3 {
        let one = ticket(
            &format!("GD-{number}"),
            &[("紧急程度", "9"), ("渠道", "13812345678"), ("密语", "王女士")],
        );
        client.submit_record(by("hotline_12345", one.clone())).await.unwrap();
        // A file that is handed in again brings nothing new.
        assert!(client.submit_record(by("hotline_12345", one)).await.unwrap().into_inner().known);
    }
    let checked = SubmitRecordRequest {
        validate_only: true,
        ..ticket("GD-8", &[("紧急程度", "9"), ("分类", "占道经营"), ("密语", "王女士")])
    };
    let answer = client.submit_record(by("hotline_12345", checked)).await.unwrap().into_inner();
    let told: Vec<_> = answer.unmapped.iter().map(|one| (one.field.as_str(), one.value.as_str())).collect();
    assert_eq!(told, [("*", ""), ("分类", "占道经营"), ("来电号码", ""), ("紧急程度", "9")]);
    let known = ticket("GD-9", &[("紧急程度", "2"), ("是否保密", "是")]);
    client.submit_record(by("hotline_12345", known)).await.unwrap();
    let (report, _) = held(&mut reports, Source::Hotline12345, "GD-0").await;
    let details = report.details.unwrap();
    assert_eq!(details.source_category.unwrap().word, "噪声污染");
    assert_eq!(report.category, "environment");
    let own: Vec<_> = details.own_fields.iter().map(|own| (own.name.as_str(), own.value.as_str())).collect();
    assert!(own.contains(&("密语", "王女士")) && own.contains(&("来电号码", "号码隐藏")), "{own:?}");
    assert!(held(&mut reports, Source::Hotline12345, "GD-9").await.0.confidential);
    let request = GetReportRequest {
        source: Source::Hotline12345.into(),
        source_ref: "GD-9".into(),
        purpose: "回访".into(),
        ..Default::default()
    };
    let urgent = reports.get_report(request).await.unwrap().into_inner().report.unwrap().report.unwrap();
    let Some(details::Form::HotlineTicket(typed)) = urgent.details.unwrap().form else { panic!("no ticket") };
    assert_eq!(typed.urgency(), TicketUrgency::Urgent);

    let counted = "SELECT coalesce(sum(count), 0)::bigint FROM unmapped_value";
    let until = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    while world.count(counted).await < 13 {
        assert!(tokio::time::Instant::now() < until, "{}", world.count(counted).await);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let mut ask = ListUnmappedRequest { page_size: 2, ..Default::default() };
    let mut listed = Vec::new();
    loop {
        let page = client.list_unmapped(ask.clone()).await.unwrap().into_inner();
        listed.extend(page.values.into_iter().map(|one| (one.field, one.value, one.count)));
        if page.next_page_token.is_empty() {
            break;
        }
        ask.page_token = page.next_page_token;
    }
    listed.sort();
    let expected = [("*", "", 3), ("来电号码", "", 4), ("渠道", "", 3), ("紧急程度", "9", 3)];
    let mut expected: Vec<_> =
        expected.iter().map(|(f, v, n)| ((*f).to_owned(), (*v).to_owned(), *n)).collect();
    expected.sort();
    assert_eq!(listed, expected);
    world.end().await;
}

#[tokio::test]
async fn nothing_personal_of_a_record_is_stored_in_the_clear() {
    let (world, mut client, _) = world().await;
    send(&mut client, taking("J1")).await.unwrap();
    for table in ["police_record", "report", "outbox_event"] {
        let text: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(format!("SELECT row_to_json(t)::text FROM {table} t")))
                .fetch_all(&world.pool)
                .await
                .unwrap();
        let text = text.concat();
        assert!(!text.is_empty(), "{table}");
        for personal in ["13812345678", "王女士", "吵起来", "3133383132333435363738", "e78e8be5a5b3e5a3ab"]
        {
            assert!(!text.contains(personal), "{personal} in {table}");
        }
    }
    world.end().await;
}

/// S4-10 by the source's own form: the device's number is all that a press says of who and where.
#[tokio::test]
async fn a_press_that_names_its_device_reaches_the_device_s_first_contact() {
    let (world, mut client, mut reports) = world().await;
    let press = |number: &str, device: &str| {
        let fields = [("呼叫编号", number), ("呼叫时间", "2026-11-20 19:30:00"), ("设备编号", device)];
        mapped("one-key-call", &fields, &[])
    };
    for (number, device) in [("HJ-1", "YL-0101"), ("HJ-2", "nobody-s")] {
        client.submit_record(by("one_key_call", press(number, device))).await.unwrap();
    }
    let (known, _) = held(&mut reports, Source::OneKeyCall, "HJ-1").await;
    assert_eq!((known.title.as_str(), known.area_code.as_str()), ("一键呼叫", "421181001001001"));
    assert_eq!((known.parties.len(), known.address.is_empty()), (1, false));
    let told = events(&world).await;
    assert_eq!(told[0].first_contact, "building-head");
    assert_eq!((told[1].first_contact.as_str(), told[1].area_code.as_str()), ("", "421181"));
    world.end().await;
}

fn told(world: &[ReportAccepted], number: &str) -> Vec<bool> {
    let of = world.iter().filter(|event| event.source_ref == number);
    of.map(|event| event.linkage.as_ref().unwrap().repeat).collect()
}

/// A call of a caller at a house.
fn call(number: &str, phone: &str, house: u32, minute: i64) -> PoliceTaking {
    PoliceTaking {
        number: number.into(),
        called_at: now(60 * minute),
        updated_at: now(60 * minute),
        area_code: "421181105204".into(),
        address: format!("5组{house}号"),
        content: "隔壁又吵起来了".into(),
        caller: Some(PolicePerson { phone: phone.into(), ..Default::default() }),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_call_is_a_repeat_where_the_police_say_so_and_where_a_later_record_shows_it() {
    let (world, mut client, _) = world().await;
    let taking = |call: PoliceTaking| Form::PoliceTaking(call);
    let first = call("J1", "13812345671", 7, 0);
    send(&mut client, taking(first)).await.unwrap();
    let repeated = PoliceTaking { repeat_of: "J1".into(), ..call("J2", "13812345672", 90, 1) };
    send(&mut client, taking(repeated)).await.unwrap();
    let related = PoliceTaking { related_to: vec!["J3".into()], ..call("J3", "13812345673", 190, 2) };
    send(&mut client, taking(related.clone())).await.unwrap();
    let events = || async { events(&world).await };
    assert_eq!((told(&events().await, "J1"), told(&events().await, "J2")), (vec![false], vec![true]));
    assert_eq!(told(&events().await, "J3"), [false], "it has to do with itself");
    let later = PoliceTaking { related_to: vec!["J1".into()], updated_at: now(60 * 3), ..related };
    send(&mut client, taking(later)).await.unwrap();
    assert_eq!(told(&events().await, "J3"), [false, true], "it has to do with another, of the same dispute");
    // The caller hid the phone; the officers found it out.
    let hidden = call("J4", "号码隐藏", 290, 4);
    send(&mut client, taking(hidden.clone())).await.unwrap();
    assert_eq!(told(&events().await, "J4"), [false]);
    let found = PoliceTaking { updated_at: now(60 * 5), ..call("J4", "13812345671", 7, 4) };
    send(&mut client, taking(found)).await.unwrap();
    assert_eq!(told(&events().await, "J4"), [false, true]);
    // What came after it does not make the first one a repeat.
    let revised =
        PoliceTaking {
            addition: "补充".into(), updated_at: now(60 * 6), ..call("J1", "13812345671", 8, 0)
        };
    send(&mut client, taking(revised)).await.unwrap();
    assert_eq!(told(&events().await, "J1"), [false, false]);
    world.end().await;
}

/// What forms hold where there is nothing to say joins nobody.
#[tokio::test]
async fn calls_that_name_no_other_call_are_of_their_own() {
    let (world, mut client, _) = world().await;
    let nothing = ["无", "否", "0", "-", "无"];
    for (index, nothing) in nothing.into_iter().enumerate() {
        let number = format!("J{}", index + 1);
        let house = 7 + 90 * u32::try_from(index).unwrap();
        let taking = PoliceTaking {
            repeat_of: nothing.into(),
            related_to: vec![nothing.into(), "无".into()],
            ..call(&number, &format!("1381234567{index}"), house, 0)
        };
        send(&mut client, Form::PoliceTaking(taking)).await.unwrap();
    }
    let told = events(&world).await;
    assert!(told.iter().all(|event| !event.linkage.as_ref().unwrap().repeat), "{told:?}");
    assert_eq!(world.count("SELECT count(DISTINCT cluster_id) FROM report_link").await, 5);
    world.end().await;
}

#[tokio::test]
async fn an_activity_comes_by_a_mapping_and_is_known_the_second_time() {
    let (world, mut client, _) = world().await;
    let visit = |kind: &str| {
        let fields = [
            ("记录编号", "ZF-1"),
            ("工作类型", kind),
            ("开始时间", "2026-11-20 09:00"),
            ("结束时间", "2026-11-20 09:30"),
            ("户数", "3"),
            ("所属村社区", "阎家河镇凉亭村"),
            ("网格员", "刘某某"),
            ("备注", "晴"),
        ];
        mapped("grid-activity", &fields, &[])
    };
    let taken = client.submit_record(by("grid", visit("走访"))).await.unwrap().into_inner();
    assert_eq!((taken.known, taken.activity.as_ref().unwrap().revision), (false, 1));
    assert_eq!(taken.unmapped.iter().map(|one| one.field.as_str()).collect::<Vec<_>>(), ["*"]);
    let again = client.submit_record(by("grid", visit("走访"))).await.unwrap().into_inner();
    assert!(again.known && again.reports.is_empty(), "{again:?}");
    let status = client.submit_record(by("grid", visit(""))).await.unwrap_err();
    assert_eq!(fields(&status), ["工作类型"]);
    let meeting = client.submit_record(by("grid", visit("开会"))).await.unwrap().into_inner();
    assert_eq!(meeting.activity.map(|one| one.revision), Some(2));
    let told: Vec<_> = meeting.unmapped.iter().map(|one| (one.field.as_str(), one.value.as_str())).collect();
    assert_eq!(told, [("*", ""), ("工作类型", "开会")]);
    assert_eq!(world.count("SELECT count(*) FROM activity WHERE kind = 7").await, 1, "something else");
    let status = client.submit_record(by("petition", visit("走访"))).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert_eq!(world.count("SELECT count(*) FROM activity").await, 1);
    world.end().await;
}

#[tokio::test]
async fn calls_that_a_join_shows_to_be_repeats_are_told() {
    let mut world = World::new().await;
    let address = world.process(CommitSettings::default()).await;
    let mut client = RecordServiceClient::new(channel(&address).await);
    let mut linkage = LinkageServiceClient::new(channel(&address).await);
    let mut persons = Vec::new();
    for (number, phone, house) in [("J1", "13812345671", 7), ("J2", "13812345672", 90)] {
        let form = Form::PoliceTaking(call(number, phone, house, i64::from(house / 10)));
        let report = send(&mut client, form).await.unwrap().reports.remove(0);
        persons.push((report.report_id, report.linkage.unwrap().person_id));
    }
    let join = JoinClustersRequest {
        request_id: "r-1".into(),
        subject: LinkSubject::Person.into(),
        kept_id: persons[1].1.clone(),
        absorbed_id: persons[0].1.clone(),
        reason: "换了号码".into(),
        ..Default::default()
    };
    linkage.join_clusters(by("officer", join)).await.unwrap();
    let told: Vec<CallsRepeated> = sent(&world).await;
    let ids: Vec<_> = told.into_iter().flat_map(|event| event.report_ids).collect();
    assert_eq!(ids, [persons[1].0.clone()], "the later of the two");
    assert_eq!(world.count("SELECT count(*) FROM report WHERE repeat").await, 1);
    world.end().await;
}
