//! What a benchmark says at its end.

/// The median of some figures; 0 for none.
#[must_use]
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(0.0)
}

/// Prints the range of some rounds, so that noise can be seen.
pub fn print_rounds(what: &str, figures: &[f64], unit: &str) {
    let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
    let most = figures.iter().copied().fold(0.0, f64::max);
    println!(
        "  {what}: median {:.1} {unit}, from {least:.1} to {most:.1} in {} rounds",
        median(figures.to_vec()),
        figures.len()
    );
}

/// Prints the last line of a part where more is better: ours over the baseline.
pub fn print_more_is_better(name: &str, ours: f64, baseline: f64, unit: &str) {
    println!("{name} ratio={:.2} ours={ours:.0}{unit} baseline={baseline:.0}{unit}", ours / baseline);
}

/// Prints the last line of a part where less is better: the baseline over ours.
pub fn print_less_is_better(name: &str, ours: f64, baseline: f64, unit: &str) {
    println!("{name} ratio={:.2} ours={ours:.2}{unit} baseline={baseline:.2}{unit}", baseline / ours);
}
