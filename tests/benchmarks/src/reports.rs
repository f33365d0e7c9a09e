//! Reports for benchmarks: 1 KB on the wire, two parties, made-up people.

use std::sync::OnceLock;

use fengqiao_proto::{
    intake::v1::Report,
    types::v1::{Party, PartyRole, Source},
};
use prost::Message as _;

/// Real community codes of the sample county.
pub const COMMUNITIES: &[&str] =
    &["421181105200", "421181105202", "421181111201", "421181100200", "421181109201"];

/// The size that a report is filled up to, in encoded bytes.
const BYTES: usize = 1024;

/// The report with this number in a run. One in ten comes from a caller who was here before; callers of
/// different runs are different people.
#[must_use]
pub fn report(run: &str, number: u64, now_seconds: i64) -> Report {
    let people = run.bytes().fold(7_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 997) * 1_000_000;
    let caller = people + if number % 10 == 9 { number - 8 } else { number };
    let mut report = Report {
        source: Source::Hotline12345.into(),
        source_ref: format!("{run}-{number}"),
        occurred_at: Some(prost_types::Timestamp { seconds: now_seconds - 60, nanos: 0 }),
        area_code: COMMUNITIES[(number % COMMUNITIES.len() as u64) as usize].to_owned(),
        address: format!("石桥路{}号{}栋{}室", caller, caller / 1200 % 900 + 1, caller % 1200 + 101),
        title: format!("邻里漏水 {run}-{number}"),
        narrative: "楼上漏水，多次沟通没有结果，请有关部门协调处理。".to_owned(),
        category: "邻里纠纷".to_owned(),
        parties: vec![
            party(PartyRole::Reporter, "王女士", 13_000_000_000 + spread(caller)),
            party(PartyRole::Respondent, "李先生", 14_000_000_000 + spread(people + number)),
        ],
        ..Report::default()
    };
    report.narrative.push_str(filling(&report));
    report
}

/// What fills a report up. Measured once: to measure each would cost the callers more than to send it.
fn filling(first: &Report) -> &'static str {
    static FILLING: OnceLock<String> = OnceLock::new();
    FILLING.get_or_init(|| {
        let missing = BYTES.saturating_sub(first.encoded_len());
        "业主反映情况属实。".repeat(missing.div_ceil("业主反映情况属实。".len()))
    })
}

/// Nine digits for a number. Those of neighbours differ by far more than a slip of the pen: linkage would rightly
/// believe that two of them are one.
const fn spread(number: u64) -> u64 {
    number * 387_420_489 % 1_000_000_000
}

fn party(role: PartyRole, name: &str, phone: u64) -> Party {
    Party { role: role.into(), name: name.to_owned(), phone: phone.to_string(), ..Party::default() }
}
