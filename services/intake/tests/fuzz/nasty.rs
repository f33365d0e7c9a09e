//! Texts and messages as nobody should send them.

use fengqiao_proto::{
    intake::v1::{Details, OwnField, Report},
    types::v1::Party,
};
use proptest::{prelude::*, sample::select};

/// As many cases as the environment says. What is found is shown, and kept as a test by whoever mends it.
pub fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// Stands in texts that are personal: what is told of a wrong message never repeats it.
pub const CANARY: &str = "金丝雀";

/// Pieces that parsers stumble over.
const PIECES: &[&str] = &[
    "",
    " ",
    "\0",
    "\u{1b}[31m",
    "\u{202e}",
    "\u{200b}",
    "\u{feff}",
    "\u{2028}",
    "\u{85}",
    "\u{fffd}",
    "\u{10ffff}",
    "e\u{301}",
    "👨‍👩‍👧",
    "𠮷",
    "ﷺ",
    "１２３",
    "零一二三",
    "廿",
    "卅",
    "㈠",
    "①",
    "Ⅻ",
    "０",
    "½",
    "+86",
    "0086",
    "転",
    "13800000000",
    "0713-2912345转801",
    "11010519491231002X",
    "11010519491231002ｘ",
    "130503670401001",
    "12345",
    "麻城市",
    "阎家河镇",
    "阎家河鎮",
    "石桥垸村",
    "园林社区",
    "金丰小区",
    "3号楼2单元501室",
    "3栋2单元501",
    "金丰3-2-501",
    "三号楼501",
    "5组12号",
    "五组十二号",
    "負",
    "号",
    "栋",
    "单元",
    "组",
    "-",
    "—",
    "/",
    "\\",
    "'",
    "\"",
    "%",
    "$1",
    "{}",
    "[",
    "421181",
    "421181105202",
    "421181105202001",
    "421181999",
    "000000000000000",
    "99999999999999999999",
    CANARY,
    "王女士",
    "邻里",
    "other",
    "property",
    "YL-0101",
    "source",
    "\r\n",
    "\t",
    "null",
    "NaN",
    "1e999",
    "-0",
    "true",
];

/// A text of such pieces, of any characters, or of very many.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::collection::vec(select(PIECES), 0..6).prop_map(|pieces| pieces.concat()),
        2 => ".{0,80}",
        1 => any::<String>(),
        1 => (select(PIECES), 1_usize..4_000).prop_map(|(piece, times)| piece.repeat(times)),
    ]
}

/// A number that is small, huge or anything.
pub fn number() -> impl Strategy<Value = i32> {
    prop_oneof![3 => -2..12_i32, 1 => any::<i32>(), 1 => select(&[i32::MIN, i32::MAX][..])]
}

fn party() -> impl Strategy<Value = Party> {
    (number(), text(), text(), text(), text(), text()).prop_map(
        |(role, name, phone, id_number, phone_as_said, id_number_as_said)| Party {
            role,
            name,
            phone,
            id_number,
            phone_as_said,
            id_number_as_said,
        },
    )
}

fn details() -> impl Strategy<Value = Details> {
    let field = (text(), text()).prop_map(|(name, value)| OwnField { name, value });
    (text(), prop::collection::vec(field, 0..4)).prop_map(|(device, own_fields)| Details {
        device,
        own_fields,
        ..Details::default()
    })
}

/// A report of which everything may be wrong.
pub fn report() -> impl Strategy<Value = Report> {
    let seconds = prop_oneof![2 => 1_700_000_000..1_900_000_000_i64, 1 => any::<i64>()];
    let nanos = prop_oneof![2 => Just(0), 1 => any::<i32>()];
    let occurred_at = prop::option::of((seconds, nanos));
    let texts = prop::collection::vec(text(), 6);
    let parties =
        prop_oneof![20 => prop::collection::vec(party(), 0..4), 1 => party().prop_map(|one| vec![one; 60])];
    (number(), texts, occurred_at, parties, any::<bool>(), prop::option::of(details())).prop_map(
        |(source, texts, occurred_at, parties, confidential, details)| {
            let [source_ref, area_code, address, title, narrative, category] = texts.try_into().unwrap();
            Report {
                source,
                source_ref,
                occurred_at: occurred_at.map(|(seconds, nanos)| prost_types::Timestamp { seconds, nanos }),
                area_code,
                address,
                title,
                narrative,
                category,
                parties,
                confidential,
                details,
                ..Report::default()
            }
        },
    )
}

/// What becomes of bytes on a bad line.
#[derive(Debug, Clone)]
pub enum Damage {
    Set(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
    Repeat(prop::sample::Index, prop::sample::Index),
}

pub fn damages() -> impl Strategy<Value = Vec<Damage>> {
    let index = any::<prop::sample::Index>;
    let one = prop_oneof![
        4 => (index(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        1 => index().prop_map(Damage::Cut),
        2 => (index(), prop::collection::vec(any::<u8>(), 1..12)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        1 => (index(), index()).prop_map(|(from, to)| Damage::Repeat(from, to)),
    ];
    prop::collection::vec(one, 0..5)
}

pub fn damaged(mut bytes: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        if bytes.is_empty() {
            return bytes;
        }
        let length = bytes.len();
        match damage {
            Damage::Set(at, byte) => bytes[at.index(length)] = *byte,
            Damage::Cut(at) => bytes.truncate(at.index(length)),
            Damage::Insert(at, more) => {
                let at = at.index(length);
                bytes.splice(at..at, more.iter().copied());
            }
            Damage::Repeat(from, to) => {
                let (from, to) = (from.index(length), to.index(length));
                let part = bytes[from.min(to)..from.max(to)].to_vec();
                bytes.extend(part);
            }
        }
    }
    bytes
}
