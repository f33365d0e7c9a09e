//! Whatever a file holds: each line is read or refused with its number, and nothing panics. `tests/fuzz` tries these
//! properties for minutes.

use std::io::Write as _;

use fengqiao_proto::{intake::v1::Report, json::from_json};
use jiff::tz::TimeZone;
use proptest::{prelude::*, sample::select};

use super::{
    columns::Columns,
    file::{Format, Input, Read},
};

const HEADERS: &[&str] = &[
    "来源",
    "来源编号",
    "发生时间",
    "区划",
    "地址",
    "标题",
    "内容",
    "类别",
    "保密",
    "诉求人姓名",
    "诉求人电话",
    "诉求人证件号码",
    "被诉求人姓名",
    "source",
    "sourceRef",
    "occurredAt",
    "areaCode",
    "title",
    "narrative",
    "工号",
    "",
    " ",
    "\u{feff}来源",
];
const CELLS: &[&str] = &[
    "",
    "12345",
    "110",
    "GD-1",
    "2026-11-24 08:00",
    "2026/11/24 8:00:00",
    "45985.5",
    "20261124",
    "9999-12-31 25:61",
    "421181105202",
    "是",
    "否",
    "王女士",
    "13800000000",
    "\"",
    "\"\"",
    ",",
    "\n",
    "\r",
    "\t",
    "=1+1",
    "1e999",
    "\0",
    "\u{202e}",
];

fn table() -> impl Strategy<Value = Vec<u8>> {
    let row = |texts: &'static [&'static str]| prop::collection::vec(select(texts), 0..8);
    let any_bytes = prop::collection::vec(any::<u8>(), 0..30);
    let rows = prop::collection::vec(
        prop_oneof![6 => row(CELLS).prop_map(|cells| cells.join(",").into_bytes()), 1 => any_bytes],
        0..8,
    );
    (row(HEADERS), rows).prop_map(|(header, rows)| {
        let lines = std::iter::once(header.join(",").into_bytes()).chain(rows);
        lines.collect::<Vec<_>>().join(&b'\n')
    })
}

fn documents() -> impl Strategy<Value = Vec<u8>> {
    let line =
        prop_oneof![
        select(&[
            r#"{"source":"POLICE_110","sourceRef":"J-1","parties":[{"role":"REPORTER","phone":"110"}]}"#,
            r#"{"source":2,"occurredAt":"2026-11-24T08:00:00+08:00"}"#,
            "{}", "[]", "null", "{\"a\":", "\u{feff}{}", "", "{\"source\":1e999}", "{\"parties\":{}}",
        ][..]).prop_map(|line| line.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..60),
    ];
    prop::collection::vec(line, 0..8).prop_map(|lines| lines.join(&b'\n'))
}

/// A workbook with some of its bytes changed.
fn workbook() -> impl Strategy<Value = Vec<u8>> {
    const SOUND: &[u8] = include_bytes!("../../../../../tests/samples/import/tickets.xlsx");
    let change = (any::<prop::sample::Index>(), any::<u8>());
    (prop::collection::vec(change, 0..6), prop::option::of(any::<prop::sample::Index>())).prop_map(
        |(changes, cut)| {
            let mut bytes = SOUND.to_vec();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(SOUND.len()));
            }
            bytes
        },
    )
}

/// Reads a file to its end as an import does.
fn read_all(bytes: &[u8], format: Format) -> Result<(), TestCaseError> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(bytes)?;
    let Ok(input) = Input::open(file.path(), Some(format)) else { return Ok(()) };
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let Ok(columns) = input.header.as_deref().map(Columns::of).transpose() else { return Ok(()) };
    let mut before = 0;
    for line in input.lines.take(10_000) {
        prop_assert!(line.number > before, "lines are counted");
        prop_assert!(line.position <= input.length);
        before = line.number;
        match (line.content, &columns) {
            (Ok(Read::Cells(cells)), Some(columns)) => {
                if let Err(faults) = columns.report(&cells, &zone) {
                    prop_assert!(!faults.is_empty());
                }
            }
            (Ok(Read::Document(document)), _) => drop(from_json::<Report>(document)),
            (Ok(Read::Cells(_)), None) => prop_assert!(false, "cells without a header"),
            (Err(_), _) => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_table_is_read_line_by_line(bytes in table()) {
        read_all(&bytes, Format::Csv)?;
    }

    #[test]
    fn any_documents_are_read_line_by_line(bytes in documents()) {
        read_all(&bytes, Format::Jsonl)?;
    }

    #[test]
    fn a_damaged_workbook_is_read_or_refused(bytes in workbook()) {
        read_all(&bytes, Format::Xlsx)?;
    }
}
