//! Clocks fired per second with 1,000,000 deadlines waiting against 10,000 waiting: what wakes must not cost more
//! where more wait.

use std::time::Instant;

use fengqiao_benchmarks::{
    case_office::{CaseOffice, Failure, begin},
    figure,
};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

const FEW: u64 = 10_000;
const MANY: u64 = 1_000_000;
/// So many deadlines wait in each case.
const DEADLINES_A_CASE: u64 = 3;
const ROUNDS: u64 = 5;
/// Cases whose first deadline comes in one round.
const CASES_A_ROUND: u64 = 600;
/// Cases are opened so far apart.
const APART: SignedDuration = SignedDuration::from_secs(1);

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let few = CaseOffice::open().await?;
    few.fill(FEW / DEADLINES_A_CASE, APART, 0).await?;
    let many = CaseOffice::open().await?;
    eprintln!("filling {MANY} deadlines");
    many.fill(MANY / DEADLINES_A_CASE, APART, 0).await?;
    let (mut with_few, mut with_many) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        with_few.push(fire(&few, round).await?);
        with_many.push(fire(&many, round).await?);
    }
    figure::print_rounds("with 10,000 waiting", &with_few, "/s");
    figure::print_rounds("with 1,000,000 waiting", &with_many, "/s");
    figure::print_more_is_better("clocks", figure::median(with_many), figure::median(with_few), "/s");
    Ok(())
}

/// Moves the clock on until the next deadlines have come, and counts how fast they are fired.
async fn fire(office: &CaseOffice, round: u64) -> Result<f64, Failure> {
    office.set_clock(first_signature_due((round + 1) * CASES_A_ROUND)?);
    let (place, stop) = (office.place()?, CancellationToken::new());
    let began = Instant::now();
    let fired = office.clocks.fire_all(place, &stop).await?;
    if fired < CASES_A_ROUND / 2 {
        return Err(format!("only {fired} clocks had something to say").into());
    }
    Ok(fired as f64 / began.elapsed().as_secs_f64())
}

/// When the signature of the case with this number is near its end: half an hour before four hours after the
/// opening, for orange.
fn first_signature_due(number: u64) -> Result<Timestamp, Failure> {
    let opened = begin().checked_add(SignedDuration::from_secs(i64::try_from(number)? * APART.as_secs()))?;
    Ok(opened.checked_add(SignedDuration::from_mins(210))?)
}
