//! Records in their sources' own fields, through each mapping of the sample county; and what the police tell, in any order.

use std::{collections::BTreeMap, path::Path, sync::LazyLock};

use fengqiao_county::{County, Mapping};
use fengqiao_intake::domain::{
    mapping::{Form, Knowledge, translate},
    police::{PoliceForm, check, fold},
};
use fengqiao_proto::intake::v1::{
    PoliceDispatch, PoliceFeedback, PolicePerson, PoliceTaking, SourceCategory,
};
use proptest::{prelude::*, sample::Index};

use crate::nasty::{self, CANARY};

static COUNTY: LazyLock<County> = LazyLock::new(|| {
    County::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng")).unwrap()
});

/// What a right record often holds, so that wrong fields come beside right ones.
const USUAL: &[&str] = &[
    "GD-1",
    "2026-11-24 08:00:00",
    "20261124080000",
    "421181105202",
    "阎家河镇凉亭村",
    "王女士",
    "13800000000",
    "邻里纠纷",
    "是",
    "1",
    "90",
];

fn value() -> impl Strategy<Value = String> {
    prop_oneof![3 => prop::sample::select(USUAL).prop_map(str::to_owned), 1 => nasty::text()]
}

/// Fields by the place of their name among those that a mapping knows, and some that none knows.
type Fields = (Vec<(Index, String)>, Vec<(String, String)>);

fn fields() -> impl Strategy<Value = Fields> {
    (
        prop::collection::vec((any::<Index>(), value()), 0..24),
        prop::collection::vec((nasty::text(), nasty::text()), 0..3),
    )
}

fn with<T>(ask: impl FnOnce(&Knowledge<'_>) -> T) -> T {
    Knowledge::of(&COUNTY, jiff::civil::date(2026, 11, 27), ask)
}

fn police() -> impl Strategy<Value = Vec<PoliceForm>> {
    let number = || prop_oneof![3 => "[JCF][0-4]", 1 => nasty::text()];
    let time =
        || {
            prop::option::of(any::<(i64, i32)>().prop_map(|(seconds, nanos)| prost_types::Timestamp {
                seconds: seconds % 4_000_000_000,
                nanos,
            }))
        };
    let word =
        || prop::option::of(nasty::text().prop_map(|word| SourceCategory { word, ..Default::default() }));
    let taking = (number(), time(), time(), nasty::text(), nasty::text(), word()).prop_map(
        |(number, called_at, updated_at, address, content, category)| {
            PoliceForm::Taking(Box::new(PoliceTaking {
                number,
                called_at,
                updated_at,
                address,
                content,
                category,
                caller: Some(PolicePerson { name: CANARY.into(), ..Default::default() }),
                ..Default::default()
            }))
        },
    );
    let dispatch = (number(), number()).prop_map(|(number, call_number)| {
        PoliceForm::Dispatch(Box::new(PoliceDispatch { number, call_number, ..Default::default() }))
    });
    let feedback = (number(), number(), time(), nasty::text(), word()).prop_map(
        |(number, dispatch_number, fed_back_at, content, category)| {
            PoliceForm::Feedback(Box::new(PoliceFeedback {
                number,
                dispatch_number,
                fed_back_at,
                content,
                category,
                ..Default::default()
            }))
        },
    );
    prop::collection::vec(prop_oneof![taking, dispatch, feedback], 0..8)
}

proptest! {
    #![proptest_config(nasty::config())]

    #[test]
    fn each_mapping_translates_a_record_or_names_every_wrong_field((known, strange) in fields(), ordinal in 0_usize..40) {
        for mapping in COUNTY.mappings.iter() {
            let mut names: Vec<&String> = mapping.known.iter().collect();
            names.sort();
            let mut said: BTreeMap<String, String> = strange.iter().cloned().collect();
            said.extend(known.iter().map(|(at, value)| (at.get(&names).to_string(), value.clone())));
            match with(|knowledge| translate(mapping, &said, ordinal, knowledge)) {
                Ok(mapped) => {
                    for one in &mapped.unmapped {
                        // One that is told as a whole has no name: it may be personal.
                        prop_assert!(one.field == "*" || said.contains_key(&one.field), "{}: {one:?}", mapping.name);
                    }
                    let police = match mapped.form {
                        Form::Report(_) | Form::Activity(_) => None,
                        Form::Taking(form) => Some(PoliceForm::Taking(form)),
                        Form::Dispatch(form) => Some(PoliceForm::Dispatch(form)),
                        Form::Feedback(form) => Some(PoliceForm::Feedback(form)),
                    };
                    let _ = police.map(|form| check(&form));
                }
                Err(wrong) => {
                    prop_assert!(!wrong.is_empty());
                    for one in wrong {
                        prop_assert!(!one.description.is_empty() && !one.description.contains(CANARY), "{one:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_mapping_with_slips_is_read_or_refused(which in any::<Index>(), slips in prop::collection::vec((any::<Index>(), nasty::text()), 0..4)) {
        static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng/mappings");
            let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
            files.map(|file| std::fs::read_to_string(file).unwrap()).collect()
        });
        let mut lines: Vec<String> = which.get(&TEXTS).lines().map(str::to_owned).collect();
        for (at, slip) in slips {
            let at = at.index(lines.len());
            lines[at] = slip;
        }
        if let Err(mistakes) = Mapping::read("slip", &lines.join("\n"), &COUNTY.areas.now(), &COUNTY.categories) {
            prop_assert!(!mistakes.is_empty());
        }
    }

    #[test]
    fn what_the_police_tell_is_folded_alike_in_any_order(forms in police(), turn in any::<Index>()) {
        for form in &forms {
            for wrong in check(form) {
                prop_assert!(!wrong.description.contains(CANARY), "{wrong:?}");
            }
        }
        // As the store holds them: of each record one.
        let mut held: Vec<PoliceForm> = Vec::new();
        for form in forms.into_iter().filter(|form| check(form).is_empty()) {
            if held.iter().all(|one| one.name() != form.name()) {
                held.push(form);
            }
        }
        let takings = held.iter().filter(|form| matches!(form, PoliceForm::Taking(_))).count();
        if takings == 1 {
            let first = fold(held.clone());
            let turn = turn.index(held.len());
            held.rotate_left(turn);
            prop_assert_eq!(fold(held.clone()), first.clone());
            held.reverse();
            prop_assert_eq!(fold(held), first);
        }
    }
}
