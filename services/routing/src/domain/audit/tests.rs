//! Whatever is done once to the rows of a county is found.

use proptest::{prelude::*, sample::Index};

use super::*;

const COUNTY: &str = "421181";

fn ring() -> Keyring {
    Keyring::from_toml(
        "current = 1\nlookup = \"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\"\n[keys]\n1 = \"CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\"\n",
    )
    .unwrap()
}

/// A county as it is stored.
#[derive(Debug, Clone)]
struct Stored {
    cases: Vec<(CaseRow, Vec<EntryRow>)>,
    head: HistoryHead,
}

impl Stored {
    /// Writes entries batch by batch; `writes` name the case of each.
    fn written(keyring: &Keyring, unsealed: usize, count: usize, writes: &[usize]) -> Self {
        let mut cases: Vec<(CaseRow, Vec<EntryRow>)> = (0..count)
            .map(|no| {
                let id = Uuid::from_u128(u128::try_from(no + 1).unwrap());
                let case = CaseRow {
                    id,
                    number: format!("20261124-{:04}", no + 1),
                    history_count: 0,
                    history_seal: Vec::new(),
                    docket_opens: Some(true),
                };
                let entries = (1..=i64::try_from(unsealed).unwrap()).map(|n| entry(id, n, 0)).collect();
                (case, entries)
            })
            .collect();
        let old = i64::try_from(unsealed * count).unwrap();
        let mut head = HistoryHead { unsealed: old, ..HistoryHead::default() };
        for (case, entries) in &mut cases {
            case.history_count = i64::try_from(entries.len()).unwrap();
        }
        for write in writes {
            let (case, entries) = &mut cases[write % count];
            head.batch += 1;
            let mut new = entry(case.id, case.history_count + 1, head.batch);
            let seal = seal(keyring, &new, &case.history_seal);
            new.seal = Some(seal.clone());
            let mark = |seal: &[u8]| CaseMark::of(COUNTY, case.id, seal, keyring);
            head.total.move_on(mark(&case.history_seal), mark(&seal), 1);
            case.history_count += 1;
            case.history_seal = seal;
            entries.push(new);
        }
        Self { cases, head }
    }

    fn rows(&self) -> Vec<AuditedRow> {
        let of = |(case, entries): &(CaseRow, Vec<EntryRow>)| {
            let entries = entries.iter().cloned().map(AuditedRow::Entry);
            std::iter::once(AuditedRow::Case(case.clone())).chain(entries).collect::<Vec<_>>()
        };
        self.cases.iter().flat_map(of).collect()
    }

    fn anchor(&self, keyring: &Keyring) -> Anchor {
        Anchor::of(COUNTY, Timestamp::UNIX_EPOCH, self.head.batch, &self.head.total, keyring)
    }

    fn findings(&self, keyring: &Keyring, since: Option<Anchor>) -> Vec<Finding> {
        verify(keyring, COUNTY, Some(self.head), since, self.rows())
    }

    fn faults(&self, keyring: &Keyring, since: Option<Anchor>) -> Vec<Fault> {
        self.findings(keyring, since).into_iter().map(|finding| finding.fault).collect()
    }
}

fn entry(case_id: Uuid, sequence: i64, batch: i64) -> EntryRow {
    EntryRow {
        case_id,
        sequence,
        at: Timestamp::from_second(1_764_000_000 + sequence).unwrap(),
        kind: 10,
        actor: "officer-li".into(),
        capacity: "officer".into(),
        text: format!("批注{sequence}"),
        sealed_remark: (sequence % 2 == 0).then(|| vec![1, 2, 3]),
        trace_id: "0af7651916cd43dd8448eb211c80319c".into(),
        batch,
        seal: None,
    }
}

fn seal(keyring: &Keyring, entry: &EntryRow, before: &[u8]) -> Vec<u8> {
    Verifier::new(keyring, COUNTY, None, None).seal_of(entry).over(before, keyring)
}

/// Changes one thing of an entry.
fn spoil(entry: &mut EntryRow, what: usize) {
    match what % 10 {
        0 => entry.text.push('。'),
        1 => entry.actor = "officer-wang".into(),
        2 => entry.capacity = "leader".into(),
        3 => entry.at = entry.at.checked_add(jiff::SignedDuration::from_micros(1)).unwrap(),
        4 => entry.kind += 1,
        5 => entry.trace_id.clear(),
        6 => entry.batch += 1,
        7 => entry.sealed_remark = entry.sealed_remark.take().is_none().then(Vec::new),
        8 => entry.seal = Some(vec![0; 32]),
        _ => entry.seal = None,
    }
}

fn stored() -> impl Strategy<Value = (usize, usize, Vec<usize>)> {
    (0..3_usize, 1..5_usize, prop::collection::vec(0..5_usize, 1..24))
}

proptest! {
    #[test]
    fn what_nobody_touched_is_sound((unsealed, count, writes) in stored(), cut in any::<Index>()) {
        let keyring = ring();
        let whole = Stored::written(&keyring, unsealed, count, &writes);
        let then = Stored::written(&keyring, unsealed, count, &writes[..cut.index(writes.len())]);
        prop_assert_eq!(whole.findings(&keyring, Some(then.anchor(&keyring))), []);
        prop_assert_eq!(whole.findings(&keyring, Some(whole.anchor(&keyring))), []);
    }

    #[test]
    fn a_single_tampering_is_found(
        (unsealed, count, writes) in stored(), at in any::<Index>(), how in 0..7_usize, what in 0..10_usize,
    ) {
        let keyring = ring();
        let mut stored = Stored::written(&keyring, unsealed, count, &writes);
        let sealed: Vec<(usize, usize)> = (0..count)
            .flat_map(|case| (unsealed..stored.cases[case].1.len()).map(move |entry| (case, entry)))
            .collect();
        let (case, place) = sealed[at.index(sealed.len())];
        let id = stored.cases[case].0.id;
        let (file, entries) = &mut stored.cases[case];
        let named = match how {
            // One row is changed, taken out or put in.
            0 => { spoil(&mut entries[place], what); true }
            1 => { entries.remove(place); true }
            2 => { let row = entries[place].clone(); entries.insert(place, row); true }
            3 => {
                let mut row = entries[entries.len() - 1].clone();
                row.sequence += 1;
                entries.push(row);
                file.history_count += 1;
                true
            }
            // The end is taken off and the case made to fit.
            4 => {
                entries.truncate(place);
                file.history_count = i64::try_from(place).unwrap();
                file.history_seal = entries.last().and_then(|row| row.seal.clone()).unwrap_or_default();
                false
            }
            // All seals are stripped.
            5 => {
                for row in entries.iter_mut() { row.seal = None; row.batch = 0; }
                file.history_seal.clear();
                file.docket_opens = None;
                false
            }
            // The case is taken out as a whole.
            _ => { stored.cases.remove(case); false }
        };
        let findings = stored.findings(&keyring, None);
        prop_assert!(!findings.is_empty());
        if named {
            prop_assert!(findings.iter().any(|finding| finding.case_id == Some(id)), "{findings:?}");
        } else {
            prop_assert!(findings.iter().any(|finding| finding.fault == Fault::Total), "{findings:?}");
        }
    }

    #[test]
    fn a_county_that_was_set_back_is_found_by_its_anchor(
        (unsealed, count, writes) in stored(), cut in any::<Index>(), more in prop::collection::vec(0..5_usize, 0..30),
    ) {
        let keyring = ring();
        let anchor = Stored::written(&keyring, unsealed, count, &writes).anchor(&keyring);
        // It begins again from an older copy, and other things are written than before.
        let mut again = writes[..cut.index(writes.len())].to_vec();
        again.extend(more.iter().map(|case| case + 1));
        prop_assume!(again.len() < writes.len() || again[..writes.len()].iter().zip(&writes)
            .any(|(new, old)| new % count != old % count));
        let faults = Stored::written(&keyring, unsealed, count, &again).faults(&keyring, Some(anchor));
        prop_assert!(faults == [Fault::SetBack] || faults == [Fault::Anchor], "{faults:?}");
    }
}

#[test]
fn each_tampering_has_its_name() {
    let keyring = ring();
    let whole = Stored::written(&keyring, 1, 3, &[0, 1, 2, 0, 1, 2, 0, 1, 2]);
    let after = |tamper: &dyn Fn(&mut Stored)| {
        let mut stored = whole.clone();
        tamper(&mut stored);
        stored.faults(&keyring, Some(whole.anchor(&keyring)))
    };
    assert_eq!(after(&|s| s.cases[0].1[2].text.push('x')), [Fault::Changed]);
    assert_eq!(after(&|s| s.cases[0].0.docket_opens = Some(false)), [Fault::Docket]);
    assert_eq!(after(&|s| s.cases[0].0.docket_opens = None), [Fault::Docket]);
    let taken_out = after(&|s| drop(s.cases[0].1.remove(2)));
    assert_eq!(taken_out, [Fault::Missing, Fault::Total, Fault::Anchor]);
    let stripped = after(&|s| s.cases[0].1[2].seal = None);
    assert_eq!(stripped[0], Fault::Unsealed);
    let swapped = after(&|s| {
        let (a, b) = (s.cases[0].1[2].text.clone(), s.cases[1].1[2].text.clone() + "y");
        s.cases[0].1[2].text = b;
        s.cases[1].1[2].text = a + "x";
    });
    assert_eq!(swapped, [Fault::Changed, Fault::Changed]);
    // A case that was not sealed yet is as good as any other: it is told by the number of such entries.
    let made_up = after(&|s| {
        let mut other = s.cases[2].clone();
        other.0.id = Uuid::from_u128(9);
        other.0.history_seal.clear();
        for row in &mut other.1 {
            (row.case_id, row.seal, row.batch) = (other.0.id, None, 0);
        }
        s.cases.push(other);
    });
    assert_eq!(made_up, [Fault::UnsealedTotal]);
    // Entries of a case that is gone.
    let orphaned = verify(&keyring, COUNTY, Some(whole.head), None, whole.rows().into_iter().skip(1));
    assert_eq!(orphaned.iter().map(|f| f.fault).collect::<Vec<_>>(), [Fault::NoCase]);
    let headless = verify(&keyring, COUNTY, None, None, whole.rows());
    assert_eq!(headless.iter().map(|f| f.fault).collect::<Vec<_>>(), [Fault::NoHead]);
}

#[test]
fn a_days_series_tells_which_cases_are_gone() {
    let keyring = ring();
    let whole = Stored::written(&keyring, 0, 3, &[0, 1, 2]);
    let mut verifier = Verifier::new(&keyring, COUNTY, Some(whole.head), None);
    whole.rows().into_iter().for_each(|row| verifier.look_at(row));
    let series = |last| BTreeMap::from([("20261124".to_owned(), last)]);
    assert_eq!(verifier.days_with_gaps(&series(3)), []);
    assert_eq!(verifier.days_with_gaps(&series(4)), [("20261124", 4)]);
}

#[test]
fn readings_stand_on_one_another() {
    let keyring = ring();
    let mut before = Vec::new();
    let rows: Vec<ReadingRow> = (1..=4)
        .map(|sequence| {
            let mut row = ReadingRow {
                case_id: Uuid::from_u128(1),
                sequence,
                at: Timestamp::UNIX_EPOCH,
                actor: "officer-li".into(),
                capacity: "officer".into(),
                purpose: "研判".into(),
                seal: Vec::new(),
            };
            let seal = ReadingSeal {
                county: COUNTY,
                case_id: row.case_id,
                sequence,
                at: row.at,
                actor: &row.actor,
                capacity: &row.capacity,
                purpose: &row.purpose,
            };
            row.seal = seal.over(&before, &keyring);
            before.clone_from(&row.seal);
            row
        })
        .collect();
    let faults = |rows: &[ReadingRow]| {
        let mut verifier = Verifier::new(&keyring, COUNTY, None, None);
        rows.iter().for_each(|row| verifier.look_at_reading(row));
        verifier.found().into_iter().map(|finding| (finding.fault, finding.sequence)).collect::<Vec<_>>()
    };
    assert_eq!(faults(&rows), []);
    let mut changed = rows.clone();
    changed[1].actor = "officer-wang".into();
    assert_eq!(faults(&changed), [(Fault::ReadingChanged, 2)]);
    assert_eq!(faults(&[rows[0].clone(), rows[2].clone()]), [(Fault::ReadingMissing, 3)]);
}
