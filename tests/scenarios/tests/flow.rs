//! Reports followed to the end: cases, levels, pushes, receipts, figures.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "flow/areas.rs"]
mod areas;
#[path = "flow/later_reports.rs"]
mod later_reports;
#[path = "flow/one_key_calls.rs"]
mod one_key_calls;

use std::collections::BTreeSet;

use fengqiao_proto::{
    intake::v1::{Evidence, GetReportRequest, ListReportsRequest, Report, SubmitReportRequest},
    notification::v1::{
        DeliveryState, FeedbackOutcome, FeedbackPushRequest, GetPushRequest, ListPushesRequest, Push,
        ReceiptState, ReturnPushRequest, ReturnReason, SignPushRequest,
    },
    routing::v1::{
        ActOnCaseRequest, AssignCaseRequest, Case, CloseCaseRequest, CommentCaseRequest, HistoryKind,
        ListCaseHistoryRequest, ListCasesRequest, RecordRevisitAct, RelevelCaseRequest, ResolveCaseRequest,
        RevisitOutcome, WatchCaseRequest, act_on_case_request::Act,
        routing_service_client::RoutingServiceClient,
    },
    statistics::v1::{AreaLevel, Dimension, QueryIndicatorsRequest},
    types::v1::{CaseState, FormKind, Level, Party, PartyRole},
};
use fengqiao_scenarios::{
    people::{self, red_report, report, yellow_report},
    receiving::StreamingAgency,
    shared::{County, HOTLINE, run},
    waiting::{USUAL, until},
};
use fengqiao_stack::{clients::Caller, test_county::write_county_with_codes};
use tonic::Code;
use tonic_types::StatusExt as _;

/// The pushes of a case as routing sees them: agency and form.
fn forms(case: &Case) -> BTreeSet<(String, FormKind)> {
    case.pushes.iter().map(|push| (push.agency.clone(), push.form())).collect()
}

async fn history(county: &County, case: &Case) -> Vec<HistoryKind> {
    let request = ListCaseHistoryRequest { case: case.case_id.clone(), ..Default::default() };
    let mut routing = county.calls().routing("officer").unwrap();
    let entries = routing.list_case_history(request).await.unwrap().into_inner().entries;
    assert!(entries.iter().enumerate().all(|(index, entry)| entry.sequence == index as i64 + 1));
    entries.iter().map(|entry| entry.kind()).collect()
}

/// The push of a case to an agency, once notification has it.
async fn push_to(county: &County, agency: &str, case: &Case) -> Push {
    until("the push is in the inbox", USUAL, async || {
        let request = ListPushesRequest { case_id: case.case_id.clone(), ..Default::default() };
        let mut inbox = county.calls().notification(agency).unwrap();
        inbox.list_pushes(request).await.unwrap().into_inner().pushes.into_iter().next()
    })
    .await
}

fn relevel(case: &Case, level: Level) -> RelevelCaseRequest {
    RelevelCaseRequest {
        case: case.case_id.clone(),
        request_id: format!("relevel-{}", people::unique()),
        level: level.into(),
        reason: "现场核实".into(),
        ..Default::default()
    }
}

fn resolve(case: &Case) -> ResolveCaseRequest {
    ResolveCaseRequest {
        case: case.case_id.clone(),
        request_id: format!("resolve-{}", people::unique()),
        outcome: "双方达成一致".into(),
        ..Default::default()
    }
}

fn close(case: &Case) -> CloseCaseRequest {
    CloseCaseRequest {
        case: case.case_id.clone(),
        request_id: format!("close-{}", people::unique()),
        revisit: "回访稳定".into(),
        ..Default::default()
    }
}

/// Everybody whom the practice names is to be asked again, in a week: not before.
async fn cannot_be_asked_today(officer: &mut RoutingServiceClient<Caller>, resolved: &Case) {
    let revisits = &resolved.docket.as_ref().unwrap().revisits;
    assert!(!revisits.is_empty());
    for task in revisits {
        let act = RecordRevisitAct {
            no: task.no,
            outcome: RevisitOutcome::Stable.into(),
            satisfaction: 5,
            words: "满意".into(),
        };
        let request = ActOnCaseRequest {
            case: resolved.case_id.clone(),
            request_id: format!("ask-{}-{}", task.no, resolved.case_id),
            capacity: "centre-deputy".into(),
            act: Some(Act::RecordRevisit(act)),
            ..Default::default()
        };
        let early = officer.act_on_case(request).await.unwrap_err();
        assert_eq!(early.get_details_error_info().unwrap().reason, "REVISIT_TOO_EARLY");
    }
}

#[test]
fn a_report_with_the_police_s_code_reaches_who_answers_for_the_area() {
    run(|_| async move {
        let folder = tempfile::tempdir().unwrap();
        write_county_with_codes(folder.path()).unwrap();
        let county = County::start(|plan| plan.county_folder = folder.path().to_owned()).await;
        for code in ["421181111900003", "421181111900005"] {
            let case = county.open(&Report { area_code: code.into(), ..yellow_report() }).await;
            assert_eq!(case.area_code, "421181111203", "the area's own, the second one's successor's");
            let notice = ("community-421181111203".to_owned(), FormKind::NoticeForm);
            assert!(forms(&case).contains(&notice), "{:?}", forms(&case));
            push_to(&county, "community-421181111203", &case).await;
        }
        let now = jiff::Timestamp::now().as_second();
        let question = QueryIndicatorsRequest {
            indicators: vec!["reports".into()],
            area_code: "421181111203".into(),
            from: Some(prost_types::Timestamp { seconds: now - 86_400, nanos: 0 }),
            before: Some(prost_types::Timestamp { seconds: now + 86_400, nanos: 0 }),
            ..Default::default()
        };
        until("both are counted under the area", USUAL, async || {
            let mut statistics = county.calls().statistics("analyst").unwrap();
            let answer = statistics.query_indicators(question.clone()).await.unwrap().into_inner();
            answer.rows.iter().any(|row| row.numerator == 2).then_some(())
        })
        .await;
        let mut intake = county.calls().intake(HOTLINE).unwrap();
        let unknown = Report { area_code: "421181111900004".into(), ..report() };
        let request = SubmitReportRequest { report: Some(unknown), ..Default::default() };
        let refused = intake.submit_report(request).await.unwrap_err();
        let wrong = refused.get_details_bad_request().unwrap().field_violations;
        assert_eq!((refused.code(), wrong[0].field.as_str()), (Code::InvalidArgument, "areaCode"));
    });
}

#[test]
fn a_red_report_goes_the_whole_way() {
    run(|county| async move {
        let lead = StreamingAgency::start(county.calls(), "justice");
        let case = county.open(&red_report()).await;
        assert_eq!(
            (case.state(), case.level(), case.lead_agency.as_str()),
            (CaseState::Open, Level::Red, "justice")
        );
        let reason = case.level_reason.as_ref().unwrap();
        assert_eq!(reason.rule, "weapon");
        assert!(!reason.rule_set.is_empty() && !reason.text.is_empty() && !reason.facts.is_empty());
        assert_eq!(
            forms(&case),
            BTreeSet::from([
                ("justice".into(), FormKind::ReportForm),
                ("town-421181105".into(), FormKind::ReportForm),
                ("justice-421181105".into(), FormKind::ReportForm),
                ("community-421181105200".into(), FormKind::NoticeForm),
            ])
        );
        // Delivered by stream, with what the form says.
        let push =
            until("the push comes by stream", USUAL, async || lead.of_case(&case.case_id).into_iter().next())
                .await;
        assert_eq!(push.level(), Level::Red);
        assert!(push.matter.unwrap().narrative.contains("持刀"));
        // Signed and answered.
        let mut justice = county.calls().notification("justice").unwrap();
        let early = FeedbackPushRequest {
            push_id: push.push_id.clone(),
            request_id: "1".into(),
            outcome: FeedbackOutcome::Done.into(),
            text: "已调解".into(),
            ..Default::default()
        };
        let unsigned = justice.feedback_push(early.clone()).await.unwrap_err();
        assert_eq!(unsigned.code(), Code::FailedPrecondition, "{unsigned:?}");
        let sign = SignPushRequest { push_id: push.push_id.clone(), ..Default::default() };
        let signed = justice.sign_push(sign.clone()).await.unwrap().into_inner().push.unwrap();
        let again = justice.sign_push(sign).await.unwrap().into_inner().push.unwrap();
        assert_eq!(signed.signed_at, again.signed_at);
        let answered = justice.feedback_push(early.clone()).await.unwrap().into_inner().push.unwrap();
        assert_eq!(answered.receipt(), ReceiptState::Answered);
        justice.feedback_push(early).await.unwrap();
        let back = ReturnPushRequest {
            push_id: push.push_id.clone(),
            reason: ReturnReason::NotOurDuty.into(),
            ..Default::default()
        };
        assert_eq!(justice.return_push(back).await.unwrap_err().code(), Code::FailedPrecondition);
        county
            .until_case(&case.case_id, "the case knows the receipts", |case| {
                case.pushes
                    .iter()
                    .any(|p| p.push_id == push.push_id && p.signed_at.is_some() && p.feedback_at.is_some())
            })
            .await;
        // Resolved, then closed; not the other way round, nor on the same day.
        let mut officer = county.calls().routing("officer").unwrap();
        assert_eq!(officer.close_case(close(&case)).await.unwrap_err().code(), Code::FailedPrecondition);
        let resolved = officer.resolve_case(resolve(&case)).await.unwrap().into_inner().case.unwrap();
        assert_eq!(resolved.state(), CaseState::Resolved);
        cannot_be_asked_today(&mut officer, &resolved).await;
        let open = officer.close_case(close(&case)).await.unwrap_err();
        assert_eq!(open.get_details_error_info().unwrap().reason, "REVISITS_OWED");
        let kinds = history(county, &case).await;
        for kind in [
            HistoryKind::Opened,
            HistoryKind::Leveled,
            HistoryKind::PushSigned,
            HistoryKind::Feedback,
            HistoryKind::Resolved,
        ] {
            assert!(kinds.contains(&kind), "{kind:?} is not in {kinds:?}");
        }
        assert!(kinds.contains(&HistoryKind::PushRequested));
        assert_eq!(
            kinds.iter().filter(|kind| **kind == HistoryKind::Feedback).count(),
            1,
            "a repeated answer is one"
        );
    });
}

#[test]
fn blue_is_not_pushed_and_yellow_names_its_limit() {
    run(|county| async move {
        let blue = county.open(&report()).await;
        assert_eq!((blue.level(), blue.pushes.len()), (Level::Blue, 0));
        let yellow = county.open(&yellow_report()).await;
        assert_eq!(yellow.level(), Level::Yellow);
        for push in &yellow.pushes {
            let (requested, due) = (push.requested_at.unwrap().seconds, push.due_at.unwrap().seconds);
            assert_eq!(due - requested, 48 * 3600);
        }
        assert_eq!(yellow.lead_agency, "womens_federation");
    });
}

#[test]
fn a_repeat_joins_its_case_and_says_why() {
    run(|county| async move {
        let first = report();
        let case = county.open(&first).await;
        let other = report();
        let same_phone = Report { parties: first.parties.clone(), ..report() };
        // Somebody else of the house; who has the name too would be the same person.
        let mut same_place = Report { address: format!("麻城市{}", first.address), ..report() };
        same_place.parties[0].name = "李先生".into();
        for (again, evidence) in [(same_phone, Evidence::Phone), (same_place, Evidence::Address)] {
            let accepted = county.submit(&again).await;
            let linkage = accepted.linkage.unwrap();
            assert!(linkage.repeat);
            let reasons = &linkage.reasons;
            assert!(reasons.iter().any(|reason| reason.evidence() == evidence), "{reasons:?}");
            assert_eq!(county.case_of(&accepted.report_id).await.case_id, case.case_id);
        }
        assert!(!county.submit(&other).await.linkage.unwrap().repeat);
        let joined = county.case(&case.case_id).await;
        assert_eq!(joined.reports.len(), 3);
        assert!(joined.reports[1..].iter().all(|report| report.repeat && !report.repeat_reasons.is_empty()));
        // Three in the window: the rules raise it, and a raised level pushes at once.
        assert_eq!(joined.level(), Level::Orange);
        assert_eq!(joined.pushes.iter().filter(|push| push.level() == Level::Orange).count(), 4);
    });
}

#[test]
fn the_same_id_number_is_the_same_person_in_any_writing() {
    run(|county| async move {
        // One of the standard's own examples (GB 11643): nobody's.
        let person = |id: &str| Party {
            role: PartyRole::Reporter.into(),
            name: "甲".into(),
            phone: String::new(),
            id_number: id.into(),
            ..Party::default()
        };
        let first =
            Report { parties: vec![person("11010519491231002X")], address: String::new(), ..report() };
        let case = county.open(&first).await;
        let again = Report {
            parties: vec![person("１１０１０５１９４９１２３１００２ｘ")],
            address: String::new(),
            ..report()
        };
        let accepted = county.submit(&again).await;
        assert_eq!(accepted.linkage.unwrap().reasons[0].evidence(), Evidence::IdNumber);
        assert_eq!(county.case_of(&accepted.report_id).await.case_id, case.case_id);
    });
}

#[test]
fn the_same_reference_is_the_same_report() {
    run(|county| async move {
        let original = report();
        let first = county.submit(&original).await;
        let again = county.submit(&original).await;
        assert!(again.known && !first.known);
        assert_eq!((&again.report_id, again.revision), (&first.report_id, 1));
        let case = county.case_of(&first.report_id).await;
        let changed = Report { narrative: "他拿着菜刀来了。".into(), ..original };
        let revised = county.submit(&changed).await;
        assert_eq!((&revised.report_id, revised.revision, revised.known), (&first.report_id, 2, false));
        let case = county
            .until_case(&case.case_id, "the new content raises the level", |case| case.level() == Level::Red)
            .await;
        assert_eq!(case.reports.len(), 1);
        assert!(history(county, &case).await.contains(&HistoryKind::ReportRevised));
        let mut intake = county.calls().intake(HOTLINE).unwrap();
        let request = GetReportRequest { report_id: first.report_id.clone(), ..Default::default() };
        let held = intake.get_report(request).await.unwrap().into_inner().report.unwrap();
        assert_eq!(held.revision, 2);
        assert!(held.report.unwrap().narrative.contains("菜刀"));
        let list = ListReportsRequest { page_size: 5, ..Default::default() };
        assert!(!intake.list_reports(list).await.unwrap().into_inner().reports.is_empty());
    });
}

#[test]
fn commands_are_repeatable_and_illegal_ones_change_nothing() {
    run(|county| async move {
        let case = county.open(&report()).await;
        let mut officer = county.calls().routing("officer").unwrap();
        let raise = relevel(&case, Level::Red);
        let raised = officer.relevel_case(raise.clone()).await.unwrap().into_inner().case.unwrap();
        assert_eq!(
            (raised.level(), raised.pushes.len()),
            (Level::Red, 0),
            "a command answers without pushes"
        );
        assert_eq!(raised.level_reason.as_ref().unwrap().rule, "officer");
        assert_eq!(county.case(&case.case_id).await.pushes.len(), 4);
        officer.relevel_case(raise.clone()).await.unwrap();
        assert_eq!(county.case(&case.case_id).await.pushes.len(), 4, "a second send pushes nothing");
        let other = RelevelCaseRequest { level: Level::Blue.into(), ..raise };
        assert_eq!(officer.relevel_case(other).await.unwrap_err().code(), Code::InvalidArgument);
        let stale = RelevelCaseRequest { etag: case.etag.clone(), ..relevel(&case, Level::Orange) };
        assert_eq!(officer.relevel_case(stale).await.unwrap_err().code(), Code::Aborted);
        officer.resolve_case(resolve(&case)).await.unwrap();
        let before = county.case(&case.case_id).await;
        let refused = [
            officer.relevel_case(relevel(&case, Level::Yellow)).await.unwrap_err(),
            officer.resolve_case(resolve(&case)).await.unwrap_err(),
        ];
        assert!(refused.iter().all(|status| status.code() == Code::FailedPrecondition), "{refused:?}");
        assert_eq!(county.case(&case.case_id).await, before);
        let nowhere = RelevelCaseRequest { case: "20200101-9999".into(), ..relevel(&case, Level::Red) };
        assert_eq!(officer.relevel_case(nowhere).await.unwrap_err().code(), Code::NotFound);
    });
}

#[test]
fn assignment_and_return_always_leave_someone_answerable() {
    run(|county| async move {
        let case = county.open(&yellow_report()).await;
        let push = push_to(county, "womens_federation", &case).await;
        let mut federation = county.calls().notification("womens_federation").unwrap();
        let back = ReturnPushRequest {
            push_id: push.push_id.clone(),
            reason: ReturnReason::NotOurDuty.into(),
            text: "属邻里纠纷".into(),
            ..Default::default()
        };
        let returned = federation.return_push(back).await.unwrap().into_inner().push.unwrap();
        assert_eq!(returned.receipt(), ReceiptState::Returned);
        let sign = SignPushRequest { push_id: push.push_id.clone(), ..Default::default() };
        assert_eq!(federation.sign_push(sign).await.unwrap_err().code(), Code::FailedPrecondition);
        let case = county
            .until_case(&case.case_id, "the centre's own desk takes it", |case| {
                case.lead_agency == "centre" && case.pushes.iter().any(|push| push.agency == "centre")
            })
            .await;
        let mut officer = county.calls().routing("officer").unwrap();
        let assign = AssignCaseRequest {
            case: case.number.clone(),
            request_id: format!("assign-{}", people::unique()),
            agency: "justice".into(),
            reason: "改派".into(),
            ..Default::default()
        };
        let nobody =
            AssignCaseRequest { agency: "no-such-agency".into(), request_id: "x".into(), ..assign.clone() };
        assert_eq!(officer.assign_case(nobody).await.unwrap_err().code(), Code::InvalidArgument);
        let assigned = officer.assign_case(assign).await.unwrap().into_inner().case.unwrap();
        assert_eq!(assigned.lead_agency, "justice");
        push_to(county, "justice", &assigned).await;
    });
}

#[test]
fn what_nobody_answers_for_goes_to_the_centres_desk() {
    run(|county| async move {
        let odd =
            Report {
                category: "没有人管的事".into(), narrative: "扬言要报复社会。".into(), ..report()
            };
        let case = county.open(&odd).await;
        assert_eq!(case.lead_agency, "centre");
        assert_eq!(case.category, "other");
        assert!(forms(&case).contains(&("centre".into(), FormKind::ReportForm)));
    });
}

#[test]
fn a_watched_case_tells_what_happens() {
    run(|county| async move {
        let case = county.open(&report()).await;
        let mut officer = county.calls().routing("officer").unwrap();
        let watch = WatchCaseRequest { case: case.number.clone(), ..Default::default() };
        let mut entries = officer.watch_case(watch).await.unwrap().into_inner();
        let first = entries.message().await.unwrap().unwrap().entry.unwrap();
        assert_eq!((first.sequence, first.kind()), (1, HistoryKind::Opened));
        let comment = CommentCaseRequest {
            case: case.case_id.clone(),
            request_id: format!("comment-{}", people::unique()),
            text: "已电话联系".into(),
            ..Default::default()
        };
        officer.comment_case(comment).await.unwrap();
        let seen = tokio::time::timeout(USUAL, async {
            loop {
                let entry = entries.message().await.unwrap().unwrap().entry.unwrap();
                if entry.kind() == HistoryKind::Commented {
                    return entry;
                }
            }
        })
        .await
        .expect("the comment is told");
        assert_eq!((seen.remark.as_str(), seen.actor.is_empty()), ("已电话联系", false));
    });
}

#[test]
fn figures_equal_a_hand_count() {
    run(|county| async move {
        // A town that no other test of this program uses.
        let here = |report: Report| Report { area_code: "421181108201".into(), ..report };
        let first = here(yellow_report());
        let case = county.open(&first).await;
        county.open(&here(Report { parties: first.parties.clone(), ..yellow_report() })).await;
        county.open(&here(report())).await;
        let push = push_to(county, "womens_federation", &case).await;
        let mut federation = county.calls().notification("womens_federation").unwrap();
        federation.sign_push(SignPushRequest { push_id: push.push_id, ..Default::default() }).await.unwrap();
        let mut officer = county.calls().routing("officer").unwrap();
        officer.resolve_case(resolve(&case)).await.unwrap();
        let mut analyst = county.calls().statistics("analyst").unwrap();
        let now = jiff::Timestamp::now().as_second();
        let question = QueryIndicatorsRequest {
            group_by: vec![Dimension::Area.into()],
            area_level: AreaLevel::Town.into(),
            from: Some(prost_types::Timestamp { seconds: now - 3600, nanos: 0 }),
            before: Some(prost_types::Timestamp { seconds: now + 3600, nanos: 0 }),
            area_code: "421181108".into(),
            ..Default::default()
        };
        let wanted = [
            ("cases", 2, 0),
            ("feedback_rate", 0, 4),
            ("pushes", 4, 0),
            ("repeat_rate", 1, 3),
            ("reports", 3, 0),
            ("resolved_rate", 1, 2),
            ("sign_rate", 1, 4),
        ];
        until("the figures are as counted by hand", USUAL, async || {
            let answer = analyst.clone().query_indicators(question.clone()).await.unwrap().into_inner();
            assert_eq!(answer.time_zone, "Asia/Shanghai");
            assert!(answer.as_of.is_some());
            let right = wanted.iter().all(|(id, numerator, denominator)| {
                answer.rows.iter().any(|row| {
                    row.indicator == *id
                        && row.dimensions == ["421181108"]
                        && (row.numerator, row.denominator) == (*numerator, *denominator)
                })
            });
            right.then_some(())
        })
        .await;
        let described = analyst
            .describe_indicators(fengqiao_proto::statistics::v1::DescribeIndicatorsRequest::default())
            .await
            .unwrap()
            .into_inner();
        assert!(described.indicators.len() >= 7);
    });
}

#[test]
fn an_agency_without_a_system_works_from_its_inbox() {
    run(|county| async move {
        let case = county.open(&red_report()).await;
        let push = push_to(county, "town-421181105", &case).await;
        assert_eq!(push.delivery(), DeliveryState::Waiting);
        let mut town = county.calls().notification("town-421181105").unwrap();
        let signed = town
            .sign_push(SignPushRequest { push_id: push.push_id.clone(), ..Default::default() })
            .await
            .unwrap();
        assert_eq!(signed.into_inner().push.unwrap().receipt(), ReceiptState::Signed);
        let got = town
            .get_push(GetPushRequest { push_id: push.push_id, ..Default::default() })
            .await
            .unwrap()
            .into_inner();
        assert!(got.push.unwrap().matter.is_some());
    });
}

#[test]
fn lists_are_paged_and_begin_with_the_most_dangerous() {
    run(|county| async move {
        for _ in 0..3 {
            county.open(&red_report()).await;
            county.open(&report()).await;
        }
        let mut seen = Vec::new();
        let mut page =
            ListCasesRequest { page_size: 2, area_code: people::COMMUNITY.into(), ..Default::default() };
        let mut officer = county.calls().routing("officer").unwrap();
        loop {
            let answer = officer.list_cases(page.clone()).await.unwrap().into_inner();
            assert!(answer.cases.len() <= 2);
            seen.extend(answer.cases);
            if answer.next_page_token.is_empty() {
                break;
            }
            page.page_token = answer.next_page_token;
        }
        let ids: BTreeSet<_> = seen.iter().map(|case| &case.case_id).collect();
        assert!(ids.len() == seen.len() && seen.len() >= 6);
        assert!(seen.windows(2).all(|pair| pair[0].level >= pair[1].level));
        page.page_token = "forged".into();
        assert_eq!(officer.list_cases(page).await.unwrap_err().code(), Code::InvalidArgument);
    });
}
