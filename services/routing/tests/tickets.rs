//! What the hotline says of a ticket besides what was told: how urgent it is, in which stage, who handles it there.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail so")]

mod office;

use fengqiao_proto::{
    intake::v1::{
        ReportAccepted, TicketHandler, TicketHandlerRole, TicketStageKind, TicketStanding, TicketUrgency,
    },
    routing::v1::{HistoryKind, ListCaseHistoryRequest, routing_service_server::RoutingService as _},
    types::v1::Level,
};
use office::{Office, asked, officer};
use uuid::Uuid;

fn standing(
    urgency: TicketUrgency,
    stage: TicketStageKind,
    units: &[(&str, TicketHandlerRole)],
) -> TicketStanding {
    let handler = |(unit, role): &(&str, TicketHandlerRole)| TicketHandler {
        unit: (*unit).into(),
        role: (*role).into(),
        expires_days: 0,
    };
    TicketStanding {
        urgency: urgency.into(),
        stage: stage.into(),
        handlers: units.iter().map(handler).collect(),
    }
}

async fn last_words(office: &Office, case: &str) -> String {
    let request = ListCaseHistoryRequest { case: case.into(), ..Default::default() };
    let entries =
        office.face.list_case_history(asked(&officer(), request)).await.unwrap().into_inner().entries;
    let revised = entries.into_iter().rfind(|entry| entry.kind() == HistoryKind::ReportRevised);
    revised.map(|entry| entry.text).unwrap_or_default()
}

#[tokio::test]
async fn a_ticket_that_changes_says_what_changed_and_stands_with_its_case() {
    use TicketHandlerRole::{CoHandler, Lead};
    let office = Office::open().await;
    let told = |revision, ticket: Option<TicketStanding>, first: &ReportAccepted| ReportAccepted {
        revision,
        ticket,
        ..first.clone()
    };
    let first = office.report(Uuid::now_v7(), "楼道灯不亮");
    let taken = standing(TicketUrgency::Normal, TicketStageKind::Taken, &[]);
    office.take(&[told(1, Some(taken), &first)]).await.unwrap();
    let case = office.changes().await[0].case_id.clone();
    let before = office.case(&case).await.unwrap();
    assert_eq!(before.level(), Level::Blue);
    let handled = standing(TicketUrgency::Normal, TicketStageKind::Handled, &[]);
    office.take(&[told(2, Some(handled.clone()), &first)]).await.unwrap();
    assert_eq!(last_words(&office, &case).await, "热线工单进入处置阶段");
    office.take(&[told(3, Some(handled), &first)]).await.unwrap();
    assert_eq!(last_words(&office, &case).await, "热线工单有更新（第3版）");
    let urgent = standing(
        TicketUrgency::ExtremelyUrgent,
        TicketStageKind::Handled,
        &[("市住建局", Lead), ("市城管局", CoHandler)],
    );
    office.take(&[told(4, Some(urgent.clone()), &first)]).await.unwrap();
    assert_eq!(
        last_words(&office, &case).await,
        "紧急程度改为特急，承办单位改为市住建局（主办）、市城管局（协办）"
    );
    let now = office.case(&case).await.unwrap();
    assert_eq!((now.level(), now.level_reason.unwrap().rule.as_str()), (Level::Orange, "extremely_urgent"));
    let ticket = now.docket.unwrap().tickets.remove(0);
    assert_eq!((ticket.report_id, ticket.source_ref), (first.report_id.clone(), first.source_ref.clone()));
    assert_eq!(ticket.standing, Some(urgent.clone()));
    // What was told is another: that is said first.
    let mut corrected = told(5, Some(TicketStanding { stage: 5, ..urgent }), &first);
    office.reseal(&mut corrected, "楼道灯和电梯都坏了");
    office.take(&[corrected.clone()]).await.unwrap();
    assert_eq!(last_words(&office, &case).await, "12345热线更正诉求内容（第5版），热线工单进入结案阶段");
    // An intake from before says nothing of tickets: what is known stays.
    office.take(&[told(6, None, &corrected)]).await.unwrap();
    assert_eq!(last_words(&office, &case).await, "12345热线更正诉求内容（第6版）");
    assert_eq!(office.case(&case).await.unwrap().docket.unwrap().tickets.len(), 1);
}
