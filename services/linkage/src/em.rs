//! Weights learned from a county's own reports, by expectation maximisation.

use crate::{
    level::{Evidence, Level, Levels},
    weights::{Model, Odds, Weights},
    words::Kind,
};

/// So many rounds at most; most of the way is done in ten.
const ROUNDS: usize = 40;
/// Nothing moves any more.
const SETTLED: f64 = 1e-5;
/// The weights that were there count as so many pairs, so that a few pairs change little.
const HELD: f64 = 200.0;
/// The smallest share: nothing is impossible.
const SMALLEST: f64 = 1e-4;

/// Learns weights from pairs of reports that were found by their keys ([`observe`]), starting from others. Where a
/// level is of something rare, or is counted, only how often it is seen among those that belong together is learned:
/// that two are compared because they share it says nothing of how many share it.
///
/// The weights of disputes stay: what parts pairs of reports best by their matter is whether they are of one kind, not
/// of one dispute, and that is what would be learned (measured on sets with known truth, F1 of cases fell by 0.12).
///
/// [`observe`]: crate::observe
#[must_use]
pub fn learn(start: &Weights, pairs: &[(Kind, Levels)], version: &str) -> Weights {
    let mut learned = Weights { version: version.to_owned(), ..start.clone() };
    for (kind, model) in [(Kind::Person, &mut learned.person), (Kind::Household, &mut learned.household)] {
        let of_kind: Vec<Levels> = pairs.iter().filter(|pair| pair.0 == kind).map(|pair| pair.1).collect();
        learn_model(model, &of_kind);
    }
    learned
}

/// The shares of all levels, in their order.
type Shares = [f64; Level::COUNT];

fn learn_model(learned: &mut Model, pairs: &[Levels]) {
    if pairs.is_empty() {
        return;
    }
    let model = learned.clone();
    let known: Vec<Level> = Level::ALL.iter().copied().filter(|level| model.odds(*level).is_some()).collect();
    let share = |of: fn(Odds) -> f32| -> Shares {
        let mut shares = [SMALLEST; Level::COUNT];
        for level in &known {
            if let Some(odds) = model.odds(*level) {
                shares[*level as usize] = f64::from(of(odds)).clamp(SMALLEST, 1.0);
            }
        }
        shares
    };
    let (start_m, mut m) = (share(|odds| odds.m), share(|odds| odds.m));
    let mut u = share(|odds| odds.u);
    // Among pairs that were found by a key, what is rare among all is common.
    for level in known.iter().filter(|level| level.is_rare() || level.is_counted()) {
        u[*level as usize] = BLOCKED;
    }
    let start_u = u;
    let mut matching = 0.5;
    for _ in 0..ROUNDS {
        let (mut m_seen, mut u_seen) = (start_m.map(|share| share * HELD), start_u.map(|share| share * HELD));
        let mut sum = 0.0;
        for pair in pairs {
            let (mut of_m, mut of_u) = (matching, 1.0 - matching);
            for level in pair.iter() {
                of_m *= m[level as usize];
                of_u *= u[level as usize];
            }
            let belongs = of_m / (of_m + of_u);
            sum += belongs;
            for level in pair.iter() {
                m_seen[level as usize] += belongs;
                u_seen[level as usize] += 1.0 - belongs;
            }
        }
        matching = (sum / pairs.len() as f64).clamp(SMALLEST, 1.0 - SMALLEST);
        let moved = settle(&known, &mut m, &m_seen).max(settle(&known, &mut u, &u_seen));
        if moved < SETTLED {
            break;
        }
    }
    for level in known {
        let Some(held) = model.odds(level) else { continue };
        let learned_u = if level.is_rare() || level.is_counted() { held.u } else { u[level as usize] as f32 };
        learned.set_odds(level, Odds { m: m[level as usize] as f32, u: learned_u });
    }
}

/// How often a rare thing agrees among pairs that a key found.
const BLOCKED: f64 = 0.1;

/// Makes shares of what was seen, each evidence's levels together 1; the largest change.
fn settle(known: &[Level], shares: &mut Shares, seen: &Shares) -> f64 {
    let mut moved = 0.0_f64;
    for evidence in Evidence::ALL {
        let levels = || known.iter().filter(|level| level.evidence() == evidence);
        let sum: f64 = levels().map(|level| seen[*level as usize]).sum();
        for level in levels().filter(|_| sum > 0.0) {
            let share = (seen[*level as usize] / sum).clamp(SMALLEST, 1.0);
            moved = moved.max((share - shares[*level as usize]).abs());
            shares[*level as usize] = share;
        }
    }
    moved
}
