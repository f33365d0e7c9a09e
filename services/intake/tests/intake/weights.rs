//! Weights are learned from a county's own reports, and take effect from its folder.

use fengqiao_intake::{config::CommitSettings, county_weights::WEIGHTS_FILE};
use fengqiao_linkage::Weights;
use fengqiao_proto::intake::v1::{
    GetWeightsRequest, LearnWeightsRequest, Report, weights_service_client::WeightsServiceClient,
};
use fengqiao_stack::StackPlan;
use futures::future::join_all;
use tonic::Code;

use crate::world::{World, by, channel, client, report, submit};

fn asked(version: &str, report_count: i32) -> LearnWeightsRequest {
    LearnWeightsRequest { county: String::new(), version: version.into(), report_count }
}

/// Callers who come again from their houses, under several names.
fn repeated(number: u32) -> Report {
    let (caller, house) = (number % 40, number % 40);
    let mut report = report(&format!("GD-{number}"), caller, house);
    report.parties[0].name = ["王芳", "王女士", "王方"][(number / 40 % 3) as usize].into();
    report
}

#[tokio::test]
async fn what_is_learned_takes_effect_from_the_countys_folder() {
    let mut world = World::new().await;
    let address = world.process(CommitSettings::default()).await;
    let reports = client(&address).await;
    join_all((0..120).map(|number| {
        let mut reports = reports.clone();
        async move { submit(&mut reports, repeated(number)).await.unwrap() }
    }))
    .await;
    let mut weights = WeightsServiceClient::new(channel(&address).await);
    let shipped = weights.get_weights(GetWeightsRequest::default()).await.unwrap().into_inner();
    assert_eq!(Weights::read(&shipped.weights).unwrap(), Weights::shipped());

    let learned = weights.learn_weights(asked("macheng-2026", 0)).await.unwrap().into_inner();
    assert_eq!(learned.report_count, 120);
    assert!(learned.pair_count >= 3 * 80, "each comes at least twice again: {}", learned.pair_count);
    let read = Weights::read(&learned.weights).unwrap();
    assert_eq!(read.version, "macheng-2026");
    assert_ne!(read.person, Weights::shipped().person);
    assert_eq!(weights.learn_weights(asked("newest", 50)).await.unwrap().into_inner().report_count, 50);
    assert_eq!(
        weights.get_weights(by("officer", GetWeightsRequest::default())).await.unwrap().into_inner(),
        shipped
    );
    world.end().await;

    let folder = tempfile::tempdir().unwrap();
    for file in ["areas.csv", "categories.csv", "county.toml"] {
        std::fs::copy(StackPlan::sample_county().join(file), folder.path().join(file)).unwrap();
    }
    std::fs::write(folder.path().join(WEIGHTS_FILE), &learned.weights).unwrap();
    let mut world = World::of(folder.path()).await;
    let address = world.process(CommitSettings::default()).await;
    let mut weights = WeightsServiceClient::new(channel(&address).await);
    let own = weights.get_weights(GetWeightsRequest::default()).await.unwrap().into_inner();
    assert_eq!(own.version, "macheng-2026");
    world.end().await;
}

#[tokio::test]
async fn a_wrong_wish_names_its_field() {
    let mut world = World::new().await;
    let address = world.process(CommitSettings::default()).await;
    let mut weights = WeightsServiceClient::new(channel(&address).await);
    for (wrong, field) in [
        (asked("", 0), "version"),
        (asked(&Weights::shipped().version, 0), "version"),
        (asked(&"长".repeat(41), 0), "version"),
        (asked("x", -1), "reportCount"),
        (asked("x", 20_001), "reportCount"),
    ] {
        let refused = weights.learn_weights(wrong).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(format!("{refused:?}").contains(field) || refused.message().contains(field), "{refused:?}");
    }
    world.end().await;
}
