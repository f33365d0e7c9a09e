//! What callers may not: every method without a principal, with every role that is not named, and what
//! belongs to others.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, SystemTime};

use fengqiao_access::{Policy, Principal};
use fengqiao_proto::{
    intake::v1::{GetReportRequest, Report, SubmitReportRequest},
    notification::v1::{GetPushRequest, ListPushesRequest, SignPushRequest},
    routing::v1::{GetCaseRequest, ListCasesRequest},
    statistics::v1::QueryIndicatorsRequest,
    types::v1::{Role, Source},
};
use fengqiao_scenarios::{
    people::{red_report, report},
    shared::{County, HOTLINE, run},
    waiting::{USUAL, until},
};
use fengqiao_stack::{clients::Bearer, services::Service};
use tonic::{
    Code, Request, Status,
    client::Grpc,
    codegen::http::uri::PathAndQuery,
    service::interceptor::InterceptedService,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};
use tonic_prost::ProstCodec;

fn service_of(path: &str) -> Service {
    let own = Service::ALL.into_iter().find(|service| path.contains(&format!(".{}.", service.name())));
    // What each of them serves, such as the keeping of keys.
    own.unwrap_or(Service::Intake)
}

async fn call(channel: Channel, token: Option<&str>, path: &str) -> Result<(), Status> {
    let mut request = Request::new(());
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    request.set_timeout(Duration::from_secs(5));
    let mut grpc = Grpc::new(channel);
    grpc.ready().await.unwrap();
    // Messages without fields: access is decided before anything is read.
    let codec = ProstCodec::<(), ()>::default();
    grpc.unary(request, PathAndQuery::try_from(path).unwrap(), codec).await.map(|_| ())
}

/// A token for each role.
fn tokens(county: &County) -> Vec<(Role, String)> {
    [
        (Role::Source, Some("hotline_12345")),
        (Role::Agency, Some("police")),
        (Role::Officer, None),
        (Role::Analyst, None),
        (Role::Operator, None),
        (Role::Service, None),
    ]
    .into_iter()
    .map(|(role, scope)| {
        let name = role.as_str_name().trim_start_matches("ROLE_").to_lowercase();
        let principal = Principal::new("someone", "421181", &name, scope).unwrap();
        (role, county.stack.secrets.token(&principal).unwrap())
    })
    .collect()
}

#[test]
fn nothing_is_called_without_a_principal_or_by_a_role_that_is_not_named() {
    run(|county| async move {
        let policy = Policy::from_contract().unwrap();
        let tokens = tokens(county);
        for (path, allowed) in policy.methods() {
            let channel = county.calls().channel(service_of(path));
            assert_eq!(
                call(channel.clone(), None, path).await.unwrap_err().code(),
                Code::Unauthenticated,
                "{path}"
            );
            let forged = call(channel.clone(), Some("a.b.c"), path).await.unwrap_err();
            assert_eq!(forged.code(), Code::Unauthenticated, "{path}");
            for (role, token) in &tokens {
                let answer = call(channel.clone(), Some(token), path).await;
                let refused = answer.is_err_and(|status| {
                    status.code() == Code::PermissionDenied && status.message().contains("may not call")
                });
                assert_eq!(refused, !allowed.contains(role), "{path} as {role:?}");
            }
        }
    });
}

#[test]
fn health_is_open_and_reflection_needs_a_principal() {
    run(|county| async move {
        let token = county.stack.secrets.token_of("analyst").unwrap();
        for service in Service::ALL {
            let channel = county.calls().channel(service);
            call(channel.clone(), None, "/grpc.health.v1.Health/Check").await.unwrap();
            let reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
            assert_eq!(
                call(channel.clone(), None, reflection).await.unwrap_err().code(),
                Code::Unauthenticated
            );
            assert_ne!(
                call(channel.clone(), Some(&token), reflection).await.err().map(|s| s.code()),
                Some(Code::Unimplemented)
            );
            let unknown = call(channel, Some(&token), "/fengqiao.intake.v1.IntakeService/NoSuchMethod")
                .await
                .unwrap_err();
            assert_eq!(unknown.code(), Code::Unimplemented);
        }
    });
}

#[test]
fn a_token_ends_and_one_of_another_county_opens_nothing_here() {
    run(|county| async move {
        let officer = Principal::new("someone", "421181", "officer", None).unwrap();
        let past = county
            .stack
            .secrets
            .token_until(&officer, SystemTime::now() - Duration::from_secs(3600))
            .unwrap();
        let path = "/fengqiao.routing.v1.RoutingService/ListCases";
        let channel = county.calls().channel(Service::Routing);
        assert_eq!(call(channel.clone(), Some(&past), path).await.unwrap_err().code(), Code::Unauthenticated);
        let elsewhere = Principal::new("someone", "330681", "officer", None).unwrap();
        let token = county.stack.secrets.token(&elsewhere).unwrap();
        let mut stranger = fengqiao_proto::routing::v1::routing_service_client::RoutingServiceClient::new(
            InterceptedService::new(channel, Bearer::new(&token).unwrap()),
        );
        let named = ListCasesRequest { county: "421181".into(), ..Default::default() };
        assert_eq!(stranger.list_cases(named).await.unwrap_err().code(), Code::NotFound);
        let case = county.open(&report()).await;
        let get = GetCaseRequest { case: case.case_id, ..Default::default() };
        assert_eq!(stranger.get_case(get).await.unwrap_err().code(), Code::NotFound);
    });
}

#[test]
fn a_client_certificate_is_a_principal_too() {
    run(|county| async move {
        let police = Principal::new("110-centre", "421181", "source", Some("police_110")).unwrap();
        let made = county.stack.secrets.client_certificate(&police).unwrap();
        let description = county.stack.description();
        let tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(std::fs::read(&description.ca).unwrap()))
            .identity(Identity::from_pem(made.certificate, made.key));
        let channel = Endpoint::from_shared(description.services["intake"].clone())
            .unwrap()
            .tls_config(tls)
            .unwrap()
            .connect()
            .await
            .unwrap();
        let mut intake = fengqiao_proto::intake::v1::intake_service_client::IntakeServiceClient::new(channel);
        let own = Report { source: Source::Police110.into(), ..report() };
        intake.submit_report(SubmitReportRequest { report: Some(own), ..Default::default() }).await.unwrap();
        let others = intake
            .submit_report(SubmitReportRequest { report: Some(report()), ..Default::default() })
            .await
            .unwrap_err();
        assert_eq!(others.code(), Code::PermissionDenied);
    });
}

#[test]
fn what_is_anothers_is_not_found() {
    run(|county| async move {
        let accepted = county.submit(&red_report()).await;
        let case = county.case_of(&accepted.report_id).await;
        let calls = county.calls();
        // Another source's report.
        let get = GetReportRequest { report_id: accepted.report_id.clone(), ..Default::default() };
        let mut police = calls.intake("source-police_110").unwrap();
        assert_eq!(police.get_report(get.clone()).await.unwrap_err().code(), Code::NotFound);
        calls.intake(HOTLINE).unwrap().get_report(get).await.unwrap();
        // Another agency's push and case.
        let push = until("the push is in the inbox", USUAL, async || {
            let request = ListPushesRequest { case_id: case.case_id.clone(), ..Default::default() };
            let mut justice = calls.notification("justice").unwrap();
            justice.list_pushes(request).await.unwrap().into_inner().pushes.into_iter().next()
        })
        .await;
        let mut court = calls.notification("court").unwrap();
        let sign = SignPushRequest { push_id: push.push_id.clone(), ..Default::default() };
        assert_eq!(court.sign_push(sign).await.unwrap_err().code(), Code::NotFound);
        let get = GetPushRequest { push_id: push.push_id.clone(), ..Default::default() };
        assert_eq!(court.get_push(get.clone()).await.unwrap_err().code(), Code::NotFound);
        let list = ListPushesRequest { agency: "justice".into(), ..Default::default() };
        let others = court.list_pushes(list).await;
        assert!(others.is_err_and(|status| matches!(status.code(), Code::NotFound | Code::PermissionDenied)));
        let get_case = GetCaseRequest { case: case.number.clone(), ..Default::default() };
        assert_eq!(
            calls.routing("court").unwrap().get_case(get_case.clone()).await.unwrap_err().code(),
            Code::NotFound
        );
        assert_eq!(
            calls
                .routing("justice")
                .unwrap()
                .get_case(get_case)
                .await
                .unwrap()
                .into_inner()
                .case
                .unwrap()
                .case_id,
            case.case_id
        );
        let own = calls
            .routing("court")
            .unwrap()
            .list_cases(ListCasesRequest::default())
            .await
            .unwrap()
            .into_inner()
            .cases;
        assert!(own.iter().all(|each| each.case_id != case.case_id));
        // An operator keeps the installation running and sees no personal data.
        let seen =
            calls.notification("operator").unwrap().get_push(get).await.unwrap().into_inner().push.unwrap();
        assert!(seen.matter.is_none());
    });
}

#[test]
fn an_agencys_figures_are_its_own() {
    run(|county| async move {
        county.open(&red_report()).await;
        let now = jiff::Timestamp::now().as_second();
        let question = QueryIndicatorsRequest {
            indicators: vec!["pushes".into()],
            from: Some(prost_types::Timestamp { seconds: now - 3600, nanos: 0 }),
            before: Some(prost_types::Timestamp { seconds: now + 3600, nanos: 0 }),
            ..Default::default()
        };
        let pushes = async |caller: &str| {
            let mut statistics = county.calls().statistics(caller).unwrap();
            let rows = statistics.query_indicators(question.clone()).await.unwrap().into_inner().rows;
            rows.first().map_or(0, |row| row.numerator)
        };
        until("the county has pushes", USUAL, async || (pushes("officer").await >= 4).then_some(())).await;
        assert_eq!(pushes("court").await, 0);
    });
}
