//! Benchmarks: ours and a baseline in turn, on the same servers in one run. Only ratios count: the machines
//! are noisy. Each program ends with a line `NAME ratio=R ours=… baseline=…`.

pub mod bare;
pub mod callers;
pub mod copy;
pub mod figure;
pub mod ground;
pub mod pgbench;
pub mod reports;
