//! League tables: who ranks, without what was excluded.

use fengqiao_proto::{
    routing::v1::CaseChanged,
    statistics::v1::{
        Dimension, ExcludeCaseRequest, GetLeagueTableRequest, GetLeagueTableResponse, IncludeCaseRequest,
        ListExclusionsRequest, QueryIndicatorsRequest, analysis_service_server::AnalysisService as _,
    },
    types::v1::Role,
};
use fengqiao_statistics::grpc::AnalysisFace;
use tonic::Code;

use crate::{
    questions::{as_a, face},
    world::{World, asking, at, envelope, id},
};

const COUNTY: &str = "421181";

/// 40 cases of the police, of which 30 are resolved; 40 of justice, of which 39 are; and one of the women's federation.
async fn three_agencies() -> World {
    let world = World::new().await;
    let case = |number: u128, agency: &str, resolved: bool| CaseChanged {
        case_id: id(number),
        version: 1,
        state: if resolved { 2 } else { 1 },
        lead_agency: agency.into(),
        opened_at: at("2026-11-03T00:00:00Z"),
        resolved_at: if resolved { at("2026-11-04T00:00:00Z") } else { None },
        changed_at: at("2026-11-04T00:00:00Z"),
        ..Default::default()
    };
    let mut cases: Vec<_> = (0..40).map(|number| case(number, "police", number >= 10)).collect();
    cases.extend((100..140).map(|number| case(number, "justice", number > 100)));
    cases.push(case(200, "womens_federation", true));
    world.apply(&cases.iter().map(|case| envelope(COUNTY, case)).collect::<Vec<_>>()).await;
    world
}

async fn table(face: &AnalysisFace) -> GetLeagueTableResponse {
    let question = QueryIndicatorsRequest {
        group_by: vec![Dimension::Agency.into()],
        ..asking(&["resolved_rate", "relapse_rate"])
    };
    let asked = GetLeagueTableRequest { question: Some(question) };
    face.get_league_table(as_a(Role::Analyst, asked)).await.unwrap().into_inner()
}

fn ranks(table: &GetLeagueTableResponse) -> Vec<(&str, i32, i64, i64)> {
    let figure = |row: &fengqiao_proto::statistics::v1::LeagueRow| {
        let figure = row.figures[0].row.clone().unwrap();
        (figure.numerator, figure.denominator)
    };
    table.rows.iter().map(|row| (row.code.as_str(), row.rank, figure(row).0, figure(row).1)).collect()
}

#[tokio::test]
async fn too_few_cases_get_no_rank_and_ranks_have_intervals() {
    let world = three_agencies().await;
    let table = table(&face(&world)).await;
    assert_eq!(
        ranks(&table),
        [("justice", 1, 39, 40), ("police", 2, 30, 40), ("womens_federation", 0, 1, 1)]
    );
    let intervals: Vec<_> = table.rows.iter().map(|row| (row.rank_from, row.rank_to)).collect();
    assert_eq!(intervals, [(1, 1), (2, 2), (0, 0)], "the two lie apart");
    let first = &table.rows[0].figures[0];
    assert!(first.low.unwrap() < 0.975 && first.high.unwrap() > 0.975);
    assert!(table.rows[2].figures[0].row.as_ref().unwrap().small);
    assert_eq!((table.minimum_sample, table.ranked_by.as_str()), (20, "resolved_rate"));
}

#[tokio::test]
async fn an_excluded_case_counts_in_no_league_table_and_who_did_it_is_kept() {
    let world = three_agencies().await;
    let face = face(&world);
    let exclude = |reason: &str| {
        let (indicator, case_id) = ("resolved_rate".to_owned(), id(3));
        let asked = ExcludeCaseRequest { indicator, case_id, reason: reason.into(), county: String::new() };
        face.exclude_case(as_a(Role::Officer, asked))
    };
    assert_eq!(exclude(" ").await.unwrap_err().code(), Code::InvalidArgument, "a reason is needed");
    let kept = exclude("the court has it").await.unwrap().into_inner().exclusion.unwrap();
    assert_eq!(exclude("again").await.unwrap_err().code(), Code::FailedPrecondition);
    let shown = table(&face).await;
    assert_eq!(ranks(&shown)[1], ("police", 2, 30, 39));
    assert_eq!(shown.excluded_cases, 1);
    // Elsewhere it counts.
    assert_eq!(world.figure(COUNTY, "resolved_rate", asking(&[])).await, (70, 81));

    let exclusion_id = kept.exclusion_id;
    let include =
        IncludeCaseRequest { exclusion_id, reason: "the court gave it back".into(), ..Default::default() };
    let ended = face.include_case(as_a(Role::Officer, include.clone())).await.unwrap().into_inner();
    assert_eq!(ended.exclusion.unwrap().included_by, "someone");
    assert_eq!(face.include_case(as_a(Role::Officer, include)).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(ranks(&table(&face).await)[1], ("police", 2, 30, 40));
    exclude("once more").await.unwrap();
    let mut listed = Vec::new();
    let mut asked = ListExclusionsRequest { page_size: 1, ..Default::default() };
    loop {
        let page = face.list_exclusions(as_a(Role::Analyst, asked.clone())).await.unwrap().into_inner();
        listed.extend(page.exclusions.into_iter().map(|one| one.reason));
        asked.page_token = page.next_page_token;
        if asked.page_token.is_empty() {
            break;
        }
    }
    listed.sort();
    assert_eq!(listed, ["once more", "the court has it"]);
    let nobody = ExcludeCaseRequest {
        indicator: "resolved_rate".into(),
        case_id: id(7_777),
        reason: "x".into(),
        ..Default::default()
    };
    assert_eq!(face.exclude_case(as_a(Role::Officer, nobody)).await.unwrap_err().code(), Code::NotFound);
}
