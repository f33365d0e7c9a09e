//! Reports of made-up people, each test's different from every other's.

use std::sync::atomic::{AtomicU64, Ordering};

use fengqiao_proto::{
    intake::v1::Report,
    types::v1::{Party, PartyRole, Source},
};

/// A real community of the sample county, in 阎家河镇.
pub const COMMUNITY: &str = "421181105200";

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A number that no other call in this process gets.
#[must_use]
pub fn unique() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A phone that nobody has: the numbers after 199 0000 are not given out in the tests' county.
#[must_use]
pub fn phone(number: u64) -> String {
    // Two numbers that follow each other differ in more than one digit: one in one only would be taken for a slip.
    format!("199{:08}", number * 10_101 % 100_000_000)
}

/// A blue report from the hotline: one reporter with a phone and an address of their own.
#[must_use]
pub fn report() -> Report {
    let number = unique();
    Report {
        source: Source::Hotline12345.into(),
        source_ref: format!("T-{}-{number}", std::process::id()),
        occurred_at: Some(prost_types::Timestamp {
            seconds: jiff::Timestamp::now().as_second() - 60,
            nanos: 0,
        }),
        area_code: COMMUNITY.to_owned(),
        address: format!("古城村{}组{}号", number / 100 + 1, number),
        title: format!("树枝过界第{number}件"),
        narrative: "邻居家的树枝伸到了我家院子里，希望帮忙说一说。".to_owned(),
        category: "邻里".to_owned(),
        parties: vec![Party {
            role: PartyRole::Reporter.into(),
            name: "王女士".to_owned(),
            phone: phone(number),
            ..Party::default()
        }],
        ..Report::default()
    }
}

/// A report that the sample county's rules grade red.
#[must_use]
pub fn red_report() -> Report {
    Report { narrative: "对方持刀上门威胁。".to_owned(), ..report() }
}

/// A report that the sample county's rules grade yellow: 婚姻家庭, led by the women's federation.
#[must_use]
pub fn yellow_report() -> Report {
    Report {
        narrative: "夫妻为家务长期争吵。".to_owned(), category: "婚姻家庭".to_owned(), ..report()
    }
}
