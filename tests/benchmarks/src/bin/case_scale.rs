//! What it costs to read a case with its history, and an agency's list of work with its counts, among 1,000,000
//! cases with 10,000,000 entries of history, against the same among 10,000 cases.

use std::{sync::Arc, time::Instant};

use fengqiao_access::Principal;
use fengqiao_benchmarks::{
    case_office::{CaseOffice, Failure, case_id},
    figure,
};
use fengqiao_proto::routing::v1::{
    GetCaseRequest, ListCaseHistoryRequest, ListWorkRequest, routing_service_server::RoutingService as _,
    work_service_server::WorkService as _,
};
use jiff::SignedDuration;
use tonic::Request;

const FEW: u64 = 10_000;
const MANY: u64 = 1_000_000;
const ENTRIES: usize = 10;
const ROUNDS: u64 = 7;
const CASES_A_ROUND: u64 = 400;
const LISTS_A_ROUND: u64 = 40;
/// The agency that leads all of them.
const AGENCY: &str = "housing";

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let apart = SignedDuration::from_secs(1);
    let few = CaseOffice::open().await?;
    few.fill(FEW, apart, ENTRIES).await?;
    let many = CaseOffice::open().await?;
    eprintln!("filling {MANY} cases");
    many.fill(MANY, apart, ENTRIES).await?;
    let mut figures = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        figures[0].push(read_cases(&few, FEW, round).await?);
        figures[1].push(read_cases(&many, MANY, round).await?);
        figures[2].push(list_work(&few).await?);
        figures[3].push(list_work(&many).await?);
    }
    let [few_cases, many_cases, few_lists, many_lists] = figures;
    figure::print_rounds("a case among 10,000", &few_cases, "us");
    figure::print_rounds("a case among 1,000,000", &many_cases, "us");
    figure::print_rounds("a list of work among 10,000", &few_lists, "us");
    figure::print_rounds("a list of work among 1,000,000", &many_lists, "us");
    let (case, list) = (figure::median(many_cases), figure::median(many_lists));
    figure::print_less_is_better("case-scale@case", case, figure::median(few_cases), "us");
    figure::print_less_is_better("case-scale@work", list, figure::median(few_lists), "us");
    Ok(())
}

/// Microseconds to read one case with its history, spread over all of them.
async fn read_cases(office: &CaseOffice, cases: u64, round: u64) -> Result<f64, Failure> {
    let began = Instant::now();
    for number in 0..CASES_A_ROUND {
        let case = case_id((number * 7_919 + round * 104_729) % cases).to_string();
        let get = GetCaseRequest { case: case.clone(), ..Default::default() };
        let found = office.face.get_case(asked(get)?).await?.into_inner().case.ok_or("no case")?;
        let list = ListCaseHistoryRequest { case, ..Default::default() };
        let history = office.face.list_case_history(asked(list)?).await?.into_inner().entries;
        if found.number.is_empty() || history.len() != ENTRIES {
            return Err("a case is not whole".into());
        }
    }
    Ok(began.elapsed().as_secs_f64() * 1e6 / CASES_A_ROUND as f64)
}

/// Microseconds for the first page of an agency's work with its counts.
async fn list_work(office: &CaseOffice) -> Result<f64, Failure> {
    let began = Instant::now();
    for _ in 0..LISTS_A_ROUND {
        let list = ListWorkRequest { agency: AGENCY.into(), ..Default::default() };
        let work = office.face.list_work(asked(list)?).await?.into_inner();
        if work.items.is_empty() || work.counts.is_none() {
            return Err("the list of work is not whole".into());
        }
    }
    Ok(began.elapsed().as_secs_f64() * 1e6 / LISTS_A_ROUND as f64)
}

/// A request of the centre's officer, as the gate lets it through.
fn asked<T>(message: T) -> Result<Request<T>, Failure> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(Arc::new(Principal::new("officer", "421181", "officer", None)?));
    Ok(request)
}
