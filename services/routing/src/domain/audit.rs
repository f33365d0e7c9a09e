//! Checking the histories of a county against their seals: row by row in the order of cases and sequences, so
//! that it takes the same memory however many there are.
//!
//! What it finds: an entry that was changed, put in or taken out; a seal that was taken off; a case that was
//! taken out or set back, with everything that belongs to it; entries of a case that is not there; a docket of
//! another day than its history; against an anchor also a county that was set back as a whole.
//! What it cannot find: what was changed in entries that never had a seal; a county that was set back as a whole
//! to a copy of itself, where nobody kept an anchor from after that copy; readings of a protected case that were
//! taken off the end; anything that was done with the key itself.

use std::collections::BTreeMap;

use fengqiao_sealing::Keyring;
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    anchor::Anchor,
    history_seals::{CaseMark, EntrySeal, HistoryHead, HistoryTotal, ReadingSeal},
};

/// A case as far as its history goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// The id.
    pub id: Uuid,
    /// The number that people say.
    pub number: String,
    /// How many entries it says that it has.
    pub history_count: i64,
    /// The seal of its last entry, as it says.
    pub history_seal: Vec<u8>,
    /// Whether its docket opens with that seal; none where it has no docket.
    pub docket_opens: Option<bool>,
}

/// An entry with its seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRow {
    /// The case.
    pub case_id: Uuid,
    /// Its place, from 1.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// The kind's number.
    pub kind: i16,
    /// Who.
    pub actor: String,
    /// In which capacity.
    pub capacity: String,
    /// What.
    pub text: String,
    /// Someone's words, sealed.
    pub sealed_remark: Option<Vec<u8>>,
    /// The trace.
    pub trace_id: String,
    /// In which of the county's writes it came.
    pub batch: i64,
    /// The seal; none where it is from before there were seals.
    pub seal: Option<Vec<u8>>,
}

/// A reading of a protected case with its seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingRow {
    /// The case.
    pub case_id: Uuid,
    /// Counts the case's readings from 1.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// In which capacity.
    pub capacity: String,
    /// Why.
    pub purpose: String,
    /// The seal.
    pub seal: Vec<u8>,
}

/// A row to be checked. A case comes before its entries, and cases come in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditedRow {
    /// A case.
    Case(CaseRow),
    /// An entry.
    Entry(EntryRow),
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The entry does not fit its seal: it was changed, or put in.
    Changed,
    /// Entries are missing before this one.
    Missing,
    /// The entry's place is taken twice.
    Twice,
    /// The entry has no seal where it must have one.
    Unsealed,
    /// The case does not end with its last entry: entries were taken off or added at its end.
    End,
    /// There are entries, but no such case.
    NoCase,
    /// The case's docket is not the one that belongs to its last entry.
    Docket,
    /// A number of a day's series has no case.
    NoNumber,
    /// All histories together are not what was written: a case was taken out, put in or set back.
    Total,
    /// What says where all histories stand is missing or unreadable.
    NoHead,
    /// There are more or fewer entries from before there were seals.
    UnsealedTotal,
    /// The county stands before the anchor: it was set back as a whole.
    SetBack,
    /// What was there when the anchor was taken is not there any more as it was.
    Anchor,
    /// A reading of a protected case does not fit its seal.
    ReadingChanged,
    /// Readings of a protected case are missing before this one.
    ReadingMissing,
}

/// Something that is wrong, and where. Holds no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub fault: Fault,
    /// In which case; none where the county as a whole is meant.
    pub case_id: Option<Uuid>,
    /// The case's number, where it is known.
    pub number: String,
    /// At which entry or reading; 0 where none is meant.
    pub sequence: i64,
    /// More of it, for people.
    pub text: String,
}

impl Finding {
    /// Something that is wrong with the county as a whole.
    #[must_use]
    pub fn of_county(fault: Fault, text: String) -> Self {
        Self { fault, case_id: None, number: String::new(), sequence: 0, text }
    }

    /// A number of a day's series that has no case.
    #[must_use]
    pub fn no_number(number: String) -> Self {
        let text = "没有这个编号的案件".to_owned();
        Self { fault: Fault::NoNumber, case_id: None, number, sequence: 0, text }
    }
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Looked {
    /// Cases.
    pub cases: i64,
    /// Entries.
    pub entries: i64,
    /// Entries from before there were seals, which prove nothing.
    pub unsealed: i64,
    /// Readings of protected cases.
    pub readings: i64,
}

/// The case whose entries are coming.
#[derive(Debug)]
struct Current {
    id: Uuid,
    /// None where there are entries, but no case.
    case: Option<CaseRow>,
    last: i64,
    /// The last seal that was met.
    seal: Vec<u8>,
    /// The last seal up to the anchor's write.
    seal_then: Vec<u8>,
    entries_then: i64,
    /// The next seal cannot be judged, since what it stands on is gone.
    broken: bool,
}

/// Checks rows as they come.
#[derive(Debug)]
pub struct Verifier<'a> {
    keyring: &'a Keyring,
    county: &'a str,
    head: Option<HistoryHead>,
    since: Option<Anchor>,
    current: Option<Current>,
    total: HistoryTotal,
    total_then: HistoryTotal,
    looked: Looked,
    numbers: BTreeMap<String, i64>,
    reading: Option<(Uuid, i64, Vec<u8>)>,
    findings: Vec<Finding>,
}

impl<'a> Verifier<'a> {
    /// Begins. `head` is none where there is none, or where it does not open.
    #[must_use]
    pub fn new(
        keyring: &'a Keyring,
        county: &'a str,
        head: Option<HistoryHead>,
        since: Option<Anchor>,
    ) -> Self {
        Self {
            keyring,
            county,
            head,
            since,
            current: None,
            total: HistoryTotal::default(),
            total_then: HistoryTotal::default(),
            looked: Looked::default(),
            numbers: BTreeMap::new(),
            reading: None,
            findings: Vec::new(),
        }
    }

    /// Looks at a row.
    pub fn look_at(&mut self, row: AuditedRow) {
        match row {
            AuditedRow::Case(case) => {
                self.end_case();
                self.looked.cases += 1;
                if let Some((day, _)) = case.number.split_once('-') {
                    *self.numbers.entry(day.to_owned()).or_default() += 1;
                }
                self.current = Some(Current::of(case.id, Some(case)));
            }
            AuditedRow::Entry(entry) => self.look_at_entry(&entry),
        }
    }

    /// Looks at a reading; they come in the order of cases and sequences, apart from the other rows.
    pub fn look_at_reading(&mut self, row: &ReadingRow) {
        self.looked.readings += 1;
        let (last, before) = match self.reading.take() {
            Some((case_id, last, seal)) if case_id == row.case_id => (last, seal),
            _ => (0, Vec::new()),
        };
        let seal = ReadingSeal {
            county: self.county,
            case_id: row.case_id,
            sequence: row.sequence,
            at: row.at,
            actor: &row.actor,
            capacity: &row.capacity,
            purpose: &row.purpose,
        }
        .over(&before, self.keyring);
        let fault = if row.sequence != last + 1 {
            Some((Fault::ReadingMissing, "此前的查阅记录缺失"))
        } else if seal != row.seal {
            Some((Fault::ReadingChanged, "查阅记录与印记不符"))
        } else {
            None
        };
        if let Some((fault, text)) = fault {
            self.findings.push(Finding {
                fault,
                case_id: Some(row.case_id),
                number: String::new(),
                sequence: row.sequence,
                text: text.to_owned(),
            });
        }
        self.reading = Some((row.case_id, row.sequence, row.seal.clone()));
    }

    /// What was found since this was asked last.
    pub fn found(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }

    /// What was looked at so far.
    #[must_use]
    pub const fn looked(&self) -> Looked {
        self.looked
    }

    /// The days of whose series not each number has its case; `series` are the last numbers that were given.
    pub fn days_with_gaps<'s>(&self, series: &'s BTreeMap<String, i32>) -> Vec<(&'s str, i32)> {
        let held = |day: &String| self.numbers.get(day).copied().unwrap_or_default();
        series
            .iter()
            .filter(|(day, last)| held(day) != i64::from(**last))
            .map(|(day, last)| (day.as_str(), *last))
            .collect()
    }

    /// Looks at the whole, once all rows were looked at.
    pub fn end(&mut self) {
        self.end_case();
        match self.head {
            Some(head) => {
                if head.total != self.total {
                    self.findings.push(Finding::of_county(
                        Fault::Total,
                        format!(
                            "总账记有{}件{}条,实有{}件{}条;有案件被删除、增添或退回旧貌",
                            head.total.cases, head.total.entries, self.total.cases, self.total.entries
                        ),
                    ));
                }
                if head.unsealed != self.looked.unsealed {
                    self.findings.push(Finding::of_county(
                        Fault::UnsealedTotal,
                        format!("启用印记前的记录应有{}条,实有{}条", head.unsealed, self.looked.unsealed),
                    ));
                }
            }
            None if self.total.entries > 0 => {
                self.findings.push(Finding::of_county(Fault::NoHead, "总账缺失或无法读取".to_owned()));
            }
            None => {}
        }
        self.look_at_anchor();
    }

    fn look_at_anchor(&mut self) {
        let Some(since) = &self.since else { return };
        let batch = self.head.map_or(0, |head| head.batch);
        if batch < since.batch {
            let text = format!("存证时已写至第{}批,现仅至第{batch}批:全县数据被退回旧貌", since.batch);
            self.findings.push(Finding::of_county(Fault::SetBack, text));
        } else if !since.holds(&self.total_then, self.keyring) {
            let text = format!(
                "存证时有{}件{}条,其中现存{}件{}条;存证后有旧记录被改动",
                since.cases, since.entries, self.total_then.cases, self.total_then.entries
            );
            self.findings.push(Finding::of_county(Fault::Anchor, text));
        }
    }

    fn look_at_entry(&mut self, entry: &EntryRow) {
        if self.current.as_ref().is_none_or(|current| current.id != entry.case_id) {
            self.end_case();
            self.current = Some(Current::of(entry.case_id, None));
            self.find(Fault::NoCase, entry.sequence, "有记录而无此案件".to_owned());
        }
        let Some(mut current) = self.current.take() else { return };
        self.looked.entries += 1;
        let mut faults = Vec::new();
        if entry.sequence <= current.last {
            faults.push((Fault::Twice, "同一序号有两条记录".to_owned()));
        } else if entry.sequence > current.last + 1 {
            let text = format!("第{}至第{}条缺失", current.last + 1, entry.sequence - 1);
            faults.push((Fault::Missing, text));
            current.broken = true;
        }
        current.last = current.last.max(entry.sequence);
        match &entry.seal {
            Some(seal) => {
                let fits = current.broken || *seal == self.seal_of(entry).over(&current.seal, self.keyring);
                if !fits {
                    faults.push((Fault::Changed, "记录与印记不符".to_owned()));
                }
                current.broken = false;
                current.seal.clone_from(seal);
                self.total.entries += 1;
                if self.since.as_ref().is_some_and(|since| entry.batch <= since.batch) {
                    current.seal_then.clone_from(seal);
                    current.entries_then += 1;
                }
            }
            None => {
                self.looked.unsealed += 1;
                if !current.seal.is_empty() {
                    faults.push((Fault::Unsealed, "记录缺印记".to_owned()));
                    current.broken = true;
                }
            }
        }
        self.current = Some(current);
        for (fault, text) in faults {
            self.find(fault, entry.sequence, text);
        }
    }

    fn seal_of<'e>(&'e self, entry: &'e EntryRow) -> EntrySeal<'e> {
        EntrySeal {
            county: self.county,
            case_id: entry.case_id,
            sequence: entry.sequence,
            at: entry.at,
            kind: entry.kind,
            actor: &entry.actor,
            capacity: &entry.capacity,
            text: &entry.text,
            sealed_remark: entry.sealed_remark.as_deref(),
            trace_id: &entry.trace_id,
            batch: entry.batch,
        }
    }

    fn end_case(&mut self) {
        if let Some(case) = self.current.as_ref().and_then(|current| current.case.as_ref()) {
            let (last, seal) = self.current.as_ref().map_or((0, &[][..]), |c| (c.last, c.seal.as_slice()));
            let ends = case.history_count == last && case.history_seal == seal;
            let said = case.history_count;
            // An empty docket is that of a case from before there were seals.
            let docket = case.docket_opens.unwrap_or(seal.is_empty() && case.history_seal.is_empty());
            if !ends {
                self.find(Fault::End, last, format!("案卷记有{said}条,末条为第{last}条,或末条印记不符"));
            }
            if !docket {
                self.find(Fault::Docket, 0, "案卷与末条记录不相合".to_owned());
            }
        }
        let Some(current) = self.current.take() else { return };
        let mark = |seal: &[u8]| CaseMark::of(self.county, current.id, seal, self.keyring);
        let (now, then) = (mark(&current.seal), mark(&current.seal_then));
        self.total.move_on(None, now, 0);
        self.total_then.move_on(None, then, current.entries_then);
    }

    fn find(&mut self, fault: Fault, sequence: i64, text: String) {
        let current = self.current.as_ref();
        self.findings.push(Finding {
            fault,
            case_id: current.map(|current| current.id),
            number: current
                .and_then(|current| current.case.as_ref())
                .map(|case| case.number.clone())
                .unwrap_or_default(),
            sequence,
            text,
        });
    }
}

impl Current {
    fn of(id: Uuid, case: Option<CaseRow>) -> Self {
        Self { id, case, last: 0, seal: Vec::new(), seal_then: Vec::new(), entries_then: 0, broken: false }
    }
}

/// Checks all rows of a county.
pub fn verify(
    keyring: &Keyring,
    county: &str,
    head: Option<HistoryHead>,
    since: Option<Anchor>,
    rows: impl IntoIterator<Item = AuditedRow>,
) -> Vec<Finding> {
    let mut verifier = Verifier::new(keyring, county, head, since);
    for row in rows {
        verifier.look_at(row);
    }
    verifier.end();
    verifier.found()
}

#[cfg(test)]
mod tests;
