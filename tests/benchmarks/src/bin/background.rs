//! What `GetBackground` takes with 1,000,000 reports in the county, against 10,000 (or as many as the arguments say:
//! many, then few): by a telephone number, an id number, an address and a report, as clerks ask.

use std::time::Instant;

use fengqiao_benchmarks::{
    callers::{Failure, stream_of},
    figure,
    ground::Ground,
    past::{Past, WINDOW, further},
};
use fengqiao_proto::{
    intake::v1::{
        GetBackgroundRequest, ReadingPurpose, Report, SaidAddress,
        background_service_client::BackgroundServiceClient, get_background_request::Asked,
    },
    types::v1::Party,
};
use fengqiao_stack::clients::Caller;

const MANY: usize = 1_000_000;
const FEW: usize = 10_000;
/// Questions of one clerk: fewer than a county allows within an hour.
const QUESTIONS: usize = 50;
const CLERKS: usize = 20;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut given = std::env::args().skip(1).map(|given| given.parse());
    let (many, few) = (given.next().unwrap_or(Ok(MANY))?, given.next().unwrap_or(Ok(FEW))?);
    let ground = Ground::of_intake().await?;
    let client = ground.intake_for_all_doors()?;
    // The people who are asked about are the same among few and among many.
    let asked_about = further(1);
    stream_of(client.clone(), asked_about.clone().into_iter(), WINDOW).await?;
    let mut past = Past::draw(many);
    let mut figures = Vec::new();
    for reports in [few, many] {
        past.grow(&client, reports).await?;
        figures.push(answers(&ground, reports, &asked_about).await?);
        figure::print_rounds(&format!("an answer among {reports}"), &figures[figures.len() - 1], "ms");
    }
    let [few, many] = [0, 1].map(|at| figure::median(figures[at].clone()));
    figure::print_less_is_better("background", many, few, "ms");
    ground.stop().await;
    Ok(())
}

/// Milliseconds of an answer, the mean of each clerk's questions.
async fn answers(ground: &Ground, run: usize, asked_about: &[Report]) -> Result<Vec<f64>, Failure> {
    let questions: Vec<Asked> = asked_about.iter().filter_map(question).collect();
    let mut figures = Vec::new();
    for clerk in 0..CLERKS {
        let mut client: BackgroundServiceClient<Caller> =
            ground.background(&format!("clerk-{run}-{clerk}"))?;
        let began = Instant::now();
        for number in 0..QUESTIONS {
            let at = (clerk * QUESTIONS + number) * 7 % questions.len();
            let request = GetBackgroundRequest {
                asked: Some(questions[at].clone()),
                purpose: ReadingPurpose::Reception.into(),
                purpose_words: "窗口接待".into(),
                ..Default::default()
            };
            client.get_background(request).await?;
        }
        figures.push(began.elapsed().as_secs_f64() * 1e3 / QUESTIONS as f64);
    }
    // The first clerk's questions open connections and plans.
    figures.remove(0);
    Ok(figures)
}

/// By what is at hand of a reporter.
fn question(report: &Report) -> Option<Asked> {
    let Party { phone, id_number, .. } = report.parties.first()?;
    if !id_number.is_empty() {
        return Some(Asked::IdNumber(id_number.clone()));
    }
    if !phone.is_empty() {
        return Some(Asked::Phone(phone.clone()));
    }
    let (text, area_code) = (report.address.clone(), report.area_code.clone());
    (!text.is_empty()).then_some(Asked::Address(SaidAddress { text, area_code }))
}
