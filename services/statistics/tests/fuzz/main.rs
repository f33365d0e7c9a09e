//! Whatever is written in the language of indicators: it is read or refused with its place, and what was read reads so
//! again. `tests/fuzz` tries these properties for minutes; here they are tried briefly.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use fengqiao_statistics::domain::{
    definition::Catalogue,
    language::{Grain, condition, measure, size, time_column},
    population::Population,
};
use proptest::{
    prelude::*,
    sample::{Index, select},
};

const PIECES: &[&str] = &[
    "count",
    "sum",
    "where",
    "and",
    "or",
    "not",
    "has",
    "(",
    ")",
    "+",
    "-",
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    ",",
    "now",
    "window",
    "opened_at",
    "settled_at",
    "requested_at",
    "signed_at",
    "due_at",
    "accepted_at",
    "kind",
    "level",
    "red",
    "source",
    "police_110",
    "agency",
    "police",
    "repeat",
    "drill",
    "merged",
    "sessions",
    "minutes",
    "0",
    "1",
    "-1",
    "7d",
    "99999999999999999999",
    "answer_call",
    "unspecified",
    "\"",
    "'",
    "\0",
    "\u{202e}",
    "，",
    "诉求",
    "90 d",
    "working_days",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => prop::collection::vec(select(PIECES), 0..10).prop_map(|pieces| pieces.join(" ")),
        1 => ".{0,60}",
        1 => (select(&["(", "not ", "count where (", "drill and "][..]), 1_usize..400).prop_map(|(piece, times)| piece.repeat(times)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused_with_its_place(text in text(), grain in select(&[Grain::Report, Grain::Case, Grain::Push, Grain::Duty, Grain::Activity][..])) {
        let refused = [
            measure(&text, grain).err(), condition(&text, grain).err(), size(&text, grain).err(),
            time_column(&text, grain).err(),
        ];
        for wrong in refused.into_iter().flatten() {
            prop_assert!(!wrong.expected.is_empty());
            prop_assert!(wrong.at.is_empty() || text.contains(&wrong.at), "{wrong}");
        }
    }

    #[test]
    fn definitions_with_slips_are_read_or_refused(slips in prop::collection::vec((any::<Index>(), text()), 0..4)) {
        const DEFAULTS: &str = include_str!("../../data/indicators.toml");
        // A county's own: some of the shipped ones, under another name.
        let own: Vec<String> = DEFAULTS.split("[[indicator]]").skip(1).take(3)
            .map(|one| format!("[[indicator]]{}", one.replacen("id = \"", "id = \"own_", 1))).collect();
        let own = own.concat();
        let mut lines: Vec<&str> = own.lines().collect();
        for (at, slip) in &slips {
            let at = at.index(lines.len());
            lines[at] = slip;
        }
        if let Err(mistakes) = Catalogue::of(&lines.join("\n"), Path::new("indicators.toml"), Population::default()) {
            prop_assert!(!mistakes.0.is_empty());
        }
    }
}
