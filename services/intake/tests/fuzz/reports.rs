//! Reports whose every field may be wrong, and their JSON form.

use std::{path::Path, sync::Arc, sync::LazyLock};

use fengqiao_access::Principal;
use fengqiao_county::Counties;
use fengqiao_intake::{error::IntakeError, reception::Reception};
use fengqiao_linkage::Traits;
use fengqiao_proto::{
    intake::v1::Report,
    json::{from_json, to_json},
};
use fengqiao_sealing::Keyring;
use jiff::Timestamp;
use proptest::prelude::*;
use prost::Message as _;
use serde_json::Value;

use crate::nasty::{self, CANARY};

static RECEPTION: LazyLock<Reception> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
    let keyring = Keyring::from_toml(&Keyring::generate()).unwrap();
    Reception::new(&Counties::load(&[folder]).unwrap(), Arc::new(keyring))
});
/// 2026-11-27T09:00:00Z
const NOW: i64 = 1_795_770_000;

fn receive(report: Report) -> Result<Box<fengqiao_intake::reception::ReceivedReport>, IntakeError> {
    let officer = Principal::new("officer-1", "421181", "officer", None).unwrap();
    RECEPTION.receive(&officer, report, Timestamp::from_second(NOW).unwrap(), None)
}

/// A right report with some of another's texts, so that those come to where right ones do.
fn nearly_right() -> impl Strategy<Value = Report> {
    (nasty::report(), any::<[bool; 8]>()).prop_map(|(nasty, keeps)| {
        let or = |keep: bool, theirs: &String, own: &str| if keep { theirs.clone() } else { own.to_owned() };
        Report {
            source: if keeps[0] { nasty.source } else { 2 },
            source_ref: or(keeps[1], &nasty.source_ref, "GD-1"),
            occurred_at: Some(prost_types::Timestamp { seconds: NOW - 60, nanos: 0 }),
            area_code: or(keeps[2], &nasty.area_code, "421181105202"),
            title: or(keeps[3], &nasty.title, "邻里纠纷"),
            parties: if keeps[4] { nasty.parties.clone() } else { Vec::new() },
            details: nasty.details.clone().filter(|_| keeps[5]),
            address: or(keeps[6], &nasty.address, "金丰小区3号楼2单元501室"),
            narrative: nasty.narrative.chars().filter(|c| !c.is_control() || keeps[7]).take(9_000).collect(),
            ..nasty
        }
    })
}

fn json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "source",
        "sourceRef",
        "source_ref",
        "occurredAt",
        "areaCode",
        "title",
        "narrative",
        "parties",
        "role",
        "name",
        "phone",
        "idNumber",
        "details",
        "ownFields",
        "confidential",
        "county",
        "nobody",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        nasty::text().prop_map(Value::from),
        prop::sample::select(vec![
            "POLICE_110",
            "SOURCE_GRID",
            "2026-11-27T09:00:00Z",
            "9999-99-99T00:00:00Z",
            "999"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map(names.clone(), inner, 0..8).prop_map(|held| Value::from_iter(
                held.into_iter().map(|(name, value)| (name.to_owned(), value))
            )),
        ]
    })
}

proptest! {
    #![proptest_config(nasty::config())]

    #[test]
    fn a_report_is_taken_or_every_wrong_field_is_named(report in prop_oneof![nasty::report(), nearly_right()]) {
        match receive(report.clone()) {
            Err(IntakeError::Invalid(wrong)) => {
                prop_assert!(!wrong.is_empty());
                for one in wrong {
                    prop_assert!(!one.description.is_empty() && !one.description.contains(CANARY));
                    let root = one.field.split(['.', '[']).next().unwrap();
                    let known = ["source", "sourceRef", "occurredAt", "areaCode", "address", "title", "narrative",
                        "category", "parties", "details"];
                    prop_assert!(known.contains(&root), "{}", one.field);
                }
            }
            Err(other) => prop_assert!(matches!(other, IntakeError::NoSuchCounty), "{other:?}"),
            Ok(taken) => {
                // It is the same when it is sent again, and what is compared of it can be stored.
                let again = receive(report).unwrap();
                prop_assert_eq!(again.fingerprint, taken.fingerprint);
                prop_assert_eq!(&again.hashes, &taken.hashes);
                prop_assert_eq!(&Traits::decode(&taken.hashes.first().traits.encode()).unwrap(), &taken.hashes.first().traits);
                prop_assert!(!taken.sealed_matter.windows(CANARY.len()).any(|part| part == CANARY.as_bytes()));
            }
        }
    }

    #[test]
    fn stored_traits_are_read_or_refused(report in nearly_right(), damages in nasty::damages()) {
        if let Ok(taken) = receive(report)
            && let Ok(traits) = Traits::decode(&nasty::damaged(taken.hashes.first().traits.encode(), &damages))
        {
            prop_assert_eq!(Traits::decode(&traits.encode()).unwrap(), traits);
        }
    }

    #[test]
    fn any_bytes_are_traits_or_none(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Traits::decode(&bytes);
    }

    #[test]
    fn any_document_is_a_report_or_none(document in json()) {
        if let Ok(report) = from_json::<Report>(document) {
            let written = to_json(&report).unwrap();
            prop_assert_eq!(&from_json::<Report>(written).unwrap(), &report);
            let _ = receive(report);
        }
    }

    #[test]
    fn what_is_a_report_has_its_json_form(report in nasty::report()) {
        // Times that JSON cannot say are refused there as here, or written as those that they amount to.
        if let Ok(written) = to_json(&report) {
            let read = from_json::<Report>(written.clone()).unwrap();
            prop_assert_eq!(to_json(&read).unwrap(), written);
        }
    }

    #[test]
    fn damaged_bytes_are_a_message_or_none(report in nearly_right(), damages in nasty::damages()) {
        if let Ok(report) = Report::decode(nasty::damaged(report.encode_to_vec(), &damages).as_slice()) {
            let _ = receive(report);
        }
    }
}
