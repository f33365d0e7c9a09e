//! Which column of a table is which field of a report.

use fengqiao_proto::{
    intake::v1::{Details, OwnField, Report},
    types::v1::{Party, PartyRole},
};
use jiff::{civil, tz::TimeZone};

use super::{faults::Fault, fields::named};
use crate::{
    errors::CommandError,
    moment::{Moment, to_proto},
    words::{self, Word},
};

/// The most people in one line.
const MOST_PARTIES: usize = 50;

/// What the columns of a table are.
pub struct Columns(Vec<(String, Column)>);

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    County,
    Source,
    SourceRef,
    OccurredAt,
    AreaCode,
    Address,
    Title,
    Narrative,
    Category,
    Confidential,
    Party(Which, PartyField),
    /// The source's own.
    Own,
}

/// Which of the people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Nth(usize),
    As(PartyRole),
}

impl Column {
    /// Whether what stands in it is kept as it was written; else it is a number, a time or a word of the contract.
    const fn is_of_people_s_words(self) -> bool {
        matches!(
            self,
            Self::Address
                | Self::Title
                | Self::Narrative
                | Self::Category
                | Self::SourceRef
                | Self::Own
                | Self::Party(_, PartyField::Name)
        )
    }
}

/// Full-width digits, letters and signs, as Chinese keyboards type them, in their usual form.
fn half_width(text: &str) -> String {
    const FULL_WIDTH: std::ops::RangeInclusive<char> = '！'..='～';
    let plain = |sign: char| match sign {
        '\u{3000}' => ' ',
        sign if FULL_WIDTH.contains(&sign) => {
            char::from_u32(u32::from(sign) - u32::from('！') + u32::from('!')).unwrap_or(sign)
        }
        sign => sign,
    };
    text.chars().map(plain).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PartyField {
    Role,
    Name,
    Phone,
    IdNumber,
}

/// The names of each field, as they are compared: without spaces, hyphens and underscores, in small letters.
const FIELDS: &[(Column, &[&str])] = &[
    (Column::County, &["county", "县代码"]),
    (Column::Source, &["source", "来源", "诉求来源"]),
    (Column::SourceRef, &["sourceref", "来源编号", "编号", "工单编号", "接警编号"]),
    (Column::OccurredAt, &["occurredat", "发生时间", "诉求时间", "反映时间", "报警时间"]),
    (Column::AreaCode, &["areacode", "area", "区划代码", "地区代码", "网格代码"]),
    (Column::Address, &["address", "地址", "发生地址", "警情地址"]),
    (Column::Title, &["title", "标题", "名称", "事由"]),
    (Column::Narrative, &["narrative", "内容", "诉求内容", "报警内容", "简述"]),
    (Column::Category, &["category", "类别", "分类"]),
    (Column::Confidential, &["confidential", "是否保密", "保密"]),
];

const PARTY_FIELDS: &[(PartyField, &[&str])] = &[
    (PartyField::Role, &["role"]),
    (PartyField::Name, &["name", "姓名", ""]),
    (PartyField::Phone, &["phone", "电话", "手机"]),
    (PartyField::IdNumber, &["idnumber", "身份证号", "身份号码"]),
];

impl Columns {
    /// What the columns of these names are.
    ///
    /// # Errors
    /// Two columns are the same field.
    pub fn of(header: &[String]) -> Result<Self, CommandError> {
        let columns: Vec<_> = named(header).map(|name| (name.clone(), column(&name))).collect();
        for (index, (name, column)) in columns.iter().enumerate() {
            let twin = columns[..index].iter().find(|(_, earlier)| earlier == column);
            if let Some((twin, _)) = twin.filter(|_| *column != Column::Own) {
                return Err(CommandError::Usage(format!("the columns {twin} and {name} are the same field")));
            }
        }
        Ok(Self(columns))
    }

    /// The columns that are no field of a report.
    pub fn own_fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, column)| *column == Column::Own).map(|(name, _)| name.as_str())
    }

    /// The report of a line.
    ///
    /// # Errors
    /// Each cell that is not of its kind.
    pub fn report(&self, cells: &[String], zone: &TimeZone) -> Result<Report, Vec<Fault>> {
        let mut report = Report::default();
        let mut people: Vec<(Which, Party)> = Vec::new();
        let mut own_fields = Vec::new();
        let mut faults = Vec::new();
        for ((name, column), cell) in self.0.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            let mut wrong = |field: &str, reason: &str| faults.push(Fault::new(field, reason));
            let plain = if column.is_of_people_s_words() { None } else { Some(half_width(cell)) };
            let cell = plain.as_deref().unwrap_or(cell).trim();
            match column {
                Column::County => report.county = cell.to_owned(),
                Column::Source => match word(words::SOURCES, cell, "SOURCE_") {
                    Some(source) => report.set_source(source),
                    None => wrong("source", "must be one of the known sources"),
                },
                Column::SourceRef => report.source_ref = cell.to_owned(),
                Column::OccurredAt => match time(cell, zone) {
                    Some(at) => report.occurred_at = Some(at),
                    None => {
                        wrong("occurredAt", "must be a time as 2026-11-24 08:00, or a date of a spreadsheet")
                    }
                },
                Column::AreaCode => report.area_code = cell.to_owned(),
                Column::Address => report.address = cell.to_owned(),
                Column::Title => report.title = cell.to_owned(),
                Column::Narrative => report.narrative = cell.to_owned(),
                Column::Category => report.category = cell.to_owned(),
                Column::Confidential => match yes(cell) {
                    Some(yes) => report.confidential = yes,
                    None => wrong("confidential", "must be 是 or 否"),
                },
                Column::Party(which, field) => {
                    let party = party(&mut people, *which);
                    match field {
                        PartyField::Role => match word(words::PARTY_ROLES, cell, "PARTY_ROLE_") {
                            Some(role) => party.set_role(role),
                            None => wrong(name, "must be one of the known roles"),
                        },
                        PartyField::Name => party.name = cell.to_owned(),
                        PartyField::Phone => party.phone = cell.to_owned(),
                        PartyField::IdNumber => party.id_number = cell.to_owned(),
                    }
                }
                Column::Own => own_fields.push(OwnField { name: name.clone(), value: cell.to_owned() }),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        report.parties = people.into_iter().map(|(_, party)| party).collect();
        report.details = (!own_fields.is_empty()).then(|| Details { own_fields, ..Details::default() });
        Ok(report)
    }
}

fn party(people: &mut Vec<(Which, Party)>, which: Which) -> &mut Party {
    let index = people.iter().position(|(held, _)| *held == which).unwrap_or_else(|| {
        let role = match which {
            Which::As(role) => role,
            Which::Nth(_) => PartyRole::Unspecified,
        };
        people.push((which, Party { role: role.into(), ..Party::default() }));
        people.len() - 1
    });
    &mut people[index].1
}

fn column(name: &str) -> Column {
    let plain: String = half_width(name)
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-'))
        .collect::<String>()
        .to_lowercase();
    if let Some((column, _)) = FIELDS.iter().find(|(_, names)| names.contains(&plain.as_str())) {
        return *column;
    }
    let field = |rest: &str| PARTY_FIELDS.iter().find(|(_, names)| names.contains(&rest)).map(|held| held.0);
    if let Some((number, rest)) = plain.strip_prefix("parties[").and_then(|rest| rest.split_once("]."))
        && let (Ok(number), Some(field)) = (number.parse(), field(rest))
        && number < MOST_PARTIES
    {
        return Column::Party(Which::Nth(number), field);
    }
    for Word(role, typed, said) in words::PARTY_ROLES {
        let rest = plain.strip_prefix(&typed.to_lowercase()).or_else(|| plain.strip_prefix(said));
        if let Some(field) = rest.and_then(field).filter(|field| *field != PartyField::Role) {
            return Column::Party(Which::As(*role), field);
        }
    }
    Column::Own
}

/// A word of the contract as people write it: its short or full name, or the name for people.
fn word<T: Copy>(words: &'static [Word<T>], text: &str, prefix: &str) -> Option<T> {
    let short = text.strip_prefix(prefix).unwrap_or(text);
    words.iter().find(|word| word.1.eq_ignore_ascii_case(short) || word.2 == text).map(|word| word.0)
}

fn yes(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "是" | "true" | "yes" | "y" | "1" | "保密" => Some(true),
        "否" | "false" | "no" | "n" | "0" | "不保密" => Some(false),
        _ => None,
    }
}

/// The day 0 of a spreadsheet's dates, and the days that are taken for one: 2000 to 2099.
const SERIAL_ZERO: civil::DateTime = civil::datetime(1899, 12, 30, 0, 0, 0, 0);
const SERIALS: std::ops::Range<f64> = 36_526.0..73_051.0;

/// A date as a spreadsheet holds it: days since the end of 1899, and parts of a day.
fn serial(text: &str, zone: &TimeZone) -> Option<prost_types::Timestamp> {
    if !text.bytes().all(|sign| sign.is_ascii_digit() || sign == b'.') {
        return None;
    }
    let days: f64 = text.parse().ok().filter(|days| SERIALS.contains(days))?;
    // Of the binary fraction the second is what was meant.
    let seconds = jiff::SignedDuration::from_secs_f64((days * 86_400.0).round());
    let time = SERIAL_ZERO.checked_add(seconds).ok()?;
    Moment::Local(time).begin(zone).map(to_proto)
}

/// A time as spreadsheets write it: 2026-11-24T08:00:00+08:00, 2026/1/5 8:05, 2026年1月5日8时5分, 20260105080500, or
/// 46350.33 where the cell is no date to them.
fn time(text: &str, zone: &TimeZone) -> Option<prost_types::Timestamp> {
    if let Ok(moment) = Moment::read(text) {
        return moment.begin(zone).map(to_proto);
    }
    if let Some(time) = serial(text, zone) {
        return Some(time);
    }
    let right = |c: char| c.is_ascii_digit() || " -/:.年月日时分秒T".contains(c);
    if !text.chars().all(right) {
        return None;
    }
    let mut numbers = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .map(str::parse::<i16>)
        .collect::<Result<Vec<_>, _>>()
        .ok()?;
    if !(3..=6).contains(&numbers.len()) {
        return None;
    }
    numbers.resize(6, 0);
    let small = |index: usize| i8::try_from(numbers[index]).ok();
    let time =
        civil::DateTime::new(numbers[0], small(1)?, small(2)?, small(3)?, small(4)?, small(5)?, 0).ok()?;
    Moment::Local(time).begin(zone).map(to_proto)
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::types::v1::Source;
    use proptest::prelude::*;

    use super::*;

    fn read(header: &[&str], cells: &[&str]) -> Result<Report, Vec<Fault>> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Columns::of(&owned(header)).unwrap().report(&owned(cells), &TimeZone::get("Asia/Shanghai").unwrap())
    }

    #[test]
    fn chinese_and_json_names_are_the_same_columns() {
        let chinese = read(
            &[
                "来源",
                "工单编号",
                "发生时间",
                "区划代码",
                "标题",
                "诉求人姓名",
                "诉求人电话",
                "被诉方",
                "是否保密",
                "工号",
            ],
            &[
                "12345热线",
                "GD-1",
                "2026/11/24 8:00",
                "421181105201",
                "漏水",
                "王女士",
                "13800000000",
                "李某",
                "是",
                "A07",
            ],
        )
        .unwrap();
        let json = read(
            &[
                "source",
                "sourceRef",
                "occurred_at",
                "areaCode",
                "title",
                "reporter_name",
                "reporter_phone",
                "respondent_name",
                "confidential",
                "工号",
            ],
            &[
                "hotline_12345",
                "GD-1",
                "2026-11-24T08:00:00+08:00",
                "421181105201",
                "漏水",
                "王女士",
                "13800000000",
                "李某",
                "true",
                "A07",
            ],
        )
        .unwrap();
        let indexed = read(
            &[
                "Source",
                "source_ref",
                "occurredAt",
                "area_code",
                "title",
                "parties[0].role",
                "parties[0].name",
                "parties[0].phone",
                "parties[1].role",
                "parties[1].name",
                "保密",
                "工号",
            ],
            &[
                "SOURCE_HOTLINE_12345",
                "GD-1",
                "2026年11月24日 8时",
                "421181105201",
                "漏水",
                "REPORTER",
                "王女士",
                "13800000000",
                "被诉方",
                "李某",
                "Y",
                "A07",
            ],
        );
        assert_eq!(chinese, json);
        assert_eq!(indexed.unwrap(), json);
        assert_eq!(chinese.source(), Source::Hotline12345);
        assert_eq!(chinese.parties[1].role(), PartyRole::Respondent);
        assert_eq!(chinese.occurred_at.unwrap().seconds, 1_795_478_400);
        assert_eq!(chinese.details.unwrap().own_fields[0].name, "工号");
    }

    #[test]
    fn full_width_signs_and_dates_as_numbers_are_read() {
        let header = [
            "来源",
            "来源编号",
            "发生时间",
            "区划代码",
            "标题",
            "诉求人电话",
            "诉求人身份证号",
            "是否保密",
            "parties[0].role",
        ];
        let typed = [
            "１２３４５热线",
            "ＧＤ－１",
            "２０２６－１１－２４　０８：００",
            "４２１１８１１０５２０１",
            "１号楼漏水",
            "１３８　００００　００００",
            "１１０１０５１９４９１２３１００２Ｘ",
            "Ｙ",
            "ＲＥＰＯＲＴＥＲ",
        ];
        let report = read(&header, &typed).unwrap();
        assert_eq!(
            (report.source(), report.occurred_at.unwrap().seconds),
            (Source::Hotline12345, 1_795_478_400)
        );
        assert_eq!((report.area_code.as_str(), report.confidential), ("421181105201", true));
        let people = &report.parties;
        assert_eq!(people.iter().map(|one| one.phone.as_str()).collect::<String>(), "138 0000 0000");
        assert_eq!(people.iter().map(|one| one.id_number.as_str()).collect::<String>(), "11010519491231002X");
        // What people wrote stays as they wrote it.
        assert_eq!((report.source_ref.as_str(), report.title.as_str()), ("ＧＤ－１", "１号楼漏水"));
        for serial in ["46350.3333333333", "46350.333333"] {
            let report = read(&["发生时间"], &[serial]).unwrap();
            assert_eq!(report.occurred_at.unwrap().seconds, 1_795_478_400, "{serial}");
        }
        for wrong in ["12345", "99999.5", "46350.3.3", "-46350"] {
            assert_eq!(read(&["发生时间"], &[wrong]).unwrap_err()[0].field, "occurredAt", "{wrong}");
        }
    }

    #[test]
    fn each_wrong_cell_is_named() {
        let faults = read(&["来源", "发生时间", "保密"], &["电报", "昨天", "也许"]).unwrap_err();
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["source", "occurredAt", "confidential"]);
    }

    #[test]
    fn two_columns_of_one_field_are_refused() {
        let header = ["标题".to_owned(), "title".to_owned()];
        assert!(Columns::of(&header).is_err());
    }

    proptest! {
        #[test]
        fn any_header_and_cell_is_taken_without_panic(
            header in prop::collection::vec("(parties\\[[0-9]{0,20}\\]\\.)?\\PC{0,8}", 1..8),
            cells in prop::collection::vec("[\\x00\\u{202e}0-9年:/ -]{0,24}|\\PC*", 0..9),
        ) {
            if let Ok(columns) = Columns::of(&header) {
                let _ = columns.report(&cells, &TimeZone::UTC);
            }
            for cell in &cells {
                let _ = time(cell, &TimeZone::UTC);
            }
        }
    }
}
