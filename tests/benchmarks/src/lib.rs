//! Benchmarks: ours and a baseline in turn, on the same servers in one run. Only ratios count: the machines
//! are noisy. Each program ends with a line `NAME ratio=R ours=… baseline=…`.

pub mod bare;
pub mod bare_push;
pub mod baselines;
pub mod callers;
pub mod case_events;
pub mod case_office;
pub mod copy;
pub mod duckdb;
pub mod figure;
pub mod ground;
pub mod past;
pub mod pgbench;
pub mod push_ground;
pub mod reports;
pub mod sink;

/// The callers share the cores with what is measured: they are to cost as little as they can.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
