//! Writing what changed: however many cases, in one statement.

use std::{collections::BTreeMap, sync::LazyLock};

use fengqiao_messaging::{InTurn, InTurnStatement};
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Answer, bounded, rows::ReasonForm};
use crate::{
    domain::{
        case::{CaseFile, Words},
        docket::FAST_LANE,
        duty::Duty,
        history::Entry,
        history_seals::{CaseMark, EntrySeal, HistoryHead, docket_binding},
        push::PushOrder,
        received_report::ReceivedReport,
        transition::Change,
    },
    error::RoutingError,
};

static WRITE_CHANGES: LazyLock<InTurnStatement> =
    LazyLock::new(|| InTurnStatement::new(include_str!("sql/write_changes.sql")));

/// A push, with the id that it keeps for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedPush {
    /// The push's id.
    pub push_id: Uuid,
    /// Its case, or the duty besides cases that it reminds of.
    pub subject_id: Uuid,
    /// What was asked for.
    pub order: PushOrder,
}

/// When what became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReceiptMarks {
    /// When the agency signed.
    pub signed_at: Option<Timestamp>,
    /// When the agency returned it.
    pub returned_at: Option<Timestamp>,
    /// When the agency last said what it did.
    pub feedback_at: Option<Timestamp>,
}

/// A report and where it is.
#[derive(Debug)]
struct HeldReport {
    case_id: Uuid,
    home_case: Option<Uuid>,
    report: ReceivedReport,
}

/// What a batch or a command changes, collected before it is written.
#[derive(Debug, Default)]
pub struct Changes {
    cases: BTreeMap<Uuid, CaseFile>,
    reports: BTreeMap<Uuid, HeldReport>,
    entries: Vec<(Uuid, Entry, String)>,
    pushes: Vec<RequestedPush>,
    reminders: Vec<RequestedPush>,
    receipts: BTreeMap<Uuid, ReceiptMarks>,
    series: BTreeMap<String, i32>,
    answers: Vec<Answer>,
    duties: BTreeMap<(Uuid, u32), Duty>,
}

impl Changes {
    /// Adds a change of a case, made within a trace; its pushes get their ids. Returns them.
    pub fn add(&mut self, change: Change, trace_id: &str) -> &[RequestedPush] {
        let case_id = change.case.id;
        self.entries.extend(change.entries.into_iter().map(|entry| (case_id, entry, trace_id.to_owned())));
        let earlier = self.pushes.len();
        self.pushes.extend(requested(case_id, change.pushes));
        self.duties.extend(change.duties.into_iter().map(|duty| ((case_id, duty.no), duty)));
        self.cases.insert(case_id, change.case);
        &self.pushes[earlier..]
    }

    /// Adds a duty besides cases that changed.
    pub fn add_standing(&mut self, id: Uuid, duty: Duty) {
        self.duties.insert((id, duty.no), duty);
    }

    /// Adds reminders of a duty besides cases; they get their ids. Returns them.
    pub fn add_reminders(&mut self, duty_id: Uuid, orders: Vec<PushOrder>) -> &[RequestedPush] {
        let earlier = self.reminders.len();
        self.reminders.extend(requested(duty_id, orders));
        &self.reminders[earlier..]
    }

    /// Adds a report of a case, or its new revision. `home_case` is the case that it goes back to where a merger
    /// is undone.
    pub fn add_report(&mut self, case_id: Uuid, home_case: Option<Uuid>, report: ReceivedReport) {
        self.reports.insert(report.report_id, HeldReport { case_id, home_case, report });
    }

    /// A report that is added was shown to be a repeat call.
    pub fn repeats(&mut self, report_id: Uuid) {
        if let Some(held) = self.reports.get_mut(&report_id) {
            held.report.repeat = true;
        }
    }

    /// Adds what became of a push; several of one push become one.
    pub fn add_receipt(&mut self, push_id: Uuid, marks: ReceiptMarks) {
        let held = self.receipts.entry(push_id).or_default();
        held.signed_at = held.signed_at.or(marks.signed_at);
        held.returned_at = held.returned_at.or(marks.returned_at);
        held.feedback_at = held.feedback_at.max(marks.feedback_at);
    }

    /// Sets the last running numbers of days.
    pub fn set_series(&mut self, series: &BTreeMap<String, i32>) {
        self.series.clone_from(series);
    }

    /// Keeps what a request id stands for.
    pub fn add_answer(&mut self, answer: Answer) {
        self.answers.push(answer);
    }

    /// Whether there is anything to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty() && self.answers.is_empty() && self.receipts.is_empty() && self.duties.is_empty()
    }

    /// The pushes that are asked for.
    pub fn pushes(&self) -> impl Iterator<Item = &RequestedPush> {
        self.pushes.iter().chain(&self.reminders)
    }

    /// The seals of the cases' last entries once it is written.
    pub fn last_seals<'a>(&'a self, sealed: &'a SealedChanges) -> impl Iterator<Item = (Uuid, &'a [u8])> {
        self.cases.keys().copied().zip(sealed.last_seals.iter().map(Vec::as_slice))
    }

    /// The ids of the cases that change.
    #[must_use]
    pub fn case_ids(&self) -> Vec<Uuid> {
        self.cases.keys().copied().collect()
    }

    /// Seals what is to be written: words, the history's entries, dockets. `head` is where the county's histories
    /// stand before.
    ///
    /// # Errors
    /// [`RoutingError::Malformed`]
    pub fn seal(
        &self,
        county: &str,
        head: HistoryHead,
        keyring: &Keyring,
    ) -> Result<SealedChanges, RoutingError> {
        let seal = |words: &Option<Words>| match words {
            Some(Words::Plain(text)) => Some(keyring.seal(text.as_bytes(), county.as_bytes())),
            Some(Words::Sealed(sealed)) => Some(sealed.clone()),
            None => None,
        };
        let remarks: Vec<_> = self.entries.iter().map(|(_, entry, _)| seal(&entry.remark)).collect();
        let level_words = self.cases.values().map(|case| seal(&case.level_reason.words)).collect();
        let mut after = HistoryHead { batch: head.batch + 1, ..head };
        let (seals, last_seals) = self.seal_history(county, keyring, &remarks, &mut after);
        let dockets = self
            .cases
            .values()
            .zip(&last_seals)
            .map(|(case, last_seal)| docket_text(case, county, last_seal, keyring))
            .collect::<Result<_, _>>()?;
        // Only a head with entries is kept.
        let kept_head = (!self.entries.is_empty()).then(|| after.seal(county, keyring));
        let batch = after.batch;
        let head = if self.entries.is_empty() { head } else { after };
        Ok(SealedChanges { remarks, level_words, seals, last_seals, dockets, batch, kept_head, head })
    }

    /// Writes everything in the county's turn, in one statement. Returns the position of the first event; none
    /// where the turn was another's and nothing is written.
    ///
    /// # Errors
    /// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
    pub async fn write(
        &self,
        conn: &mut PgConnection,
        in_turn: InTurn<'_>,
        sealed: &SealedChanges,
    ) -> Result<Option<i64>, RoutingError> {
        let operation = "write the changes of cases";
        let query = in_turn.query(&WRITE_CHANGES);
        let query = self.bind_cases(query, &sealed.level_words);
        let query = query
            .bind(&sealed.dockets)
            .bind(&sealed.last_seals)
            .bind(self.cases.values().map(|case| case.docket.tags.contains(FAST_LANE)).collect::<Vec<_>>());
        let query = self.bind_reports(query);
        let query = self.bind_entries(query, sealed);
        let query = bind_pushes(query, &self.pushes);
        let query = self.bind_receipts(query);
        let query = query
            .bind(self.series.keys().map(String::as_str).collect::<Vec<_>>())
            .bind(self.series.values().copied().collect::<Vec<_>>());
        let query = self.bind_answers(query);
        let query = self.bind_duties(query).bind(sealed.batch).bind(&sealed.kept_head);
        let query = bind_pushes(self.bind_report_contents(query), &self.reminders);
        let row = bounded(operation, query.fetch_optional(&mut *conn)).await?;
        InTurn::first_position(row.as_ref()).map_err(|source| RoutingError::Database { operation, source })
    }

    /// The seal of each new entry over the one before in its case, and the last one of each case; the county's
    /// head moves on with them.
    fn seal_history(
        &self,
        county: &str,
        keyring: &Keyring,
        remarks: &[Option<Vec<u8>>],
        head: &mut HistoryHead,
    ) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let mut last: BTreeMap<Uuid, (Vec<u8>, i64)> =
            self.cases.values().map(|case| (case.id, (case.history_seal.clone(), 0))).collect();
        let mut seals = Vec::with_capacity(self.entries.len());
        for ((case_id, entry, trace_id), remark) in self.entries.iter().zip(remarks) {
            let (before, count) = last.entry(*case_id).or_default();
            let seal = EntrySeal {
                county,
                case_id: *case_id,
                sequence: entry.sequence,
                at: entry.at,
                kind: entry.kind.code(),
                actor: &entry.actor,
                capacity: &entry.capacity,
                text: &entry.text,
                sealed_remark: remark.as_deref(),
                trace_id,
                batch: head.batch,
            }
            .over(before, keyring);
            before.clone_from(&seal);
            *count += 1;
            seals.push(seal);
        }
        let mut last_seals = Vec::with_capacity(self.cases.len());
        for case in self.cases.values() {
            let (seal, count) = last.remove(&case.id).unwrap_or_default();
            let mark = |seal: &[u8]| CaseMark::of(county, case.id, seal, keyring);
            head.total.move_on(mark(&case.history_seal), mark(&seal), count);
            last_seals.push(seal);
        }
        (seals, last_seals)
    }

    fn bind_answers<'q>(&'q self, query: Query<'q>) -> Query<'q> {
        let all = || self.answers.iter();
        query
            .bind(all().map(|a| a.principal.as_str()).collect::<Vec<_>>())
            .bind(all().map(|a| a.request_id.as_str()).collect::<Vec<_>>())
            .bind(all().map(|a| a.case_id).collect::<Vec<_>>())
            .bind(all().map(|a| a.digest.as_slice()).collect::<Vec<_>>())
            .bind(all().map(|a| to_sql(a.at)).collect::<Vec<_>>())
    }

    fn bind_duties<'q>(&'q self, query: Query<'q>) -> Query<'q> {
        let all = || self.duties.values();
        let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        query
            .bind(self.duties.keys().map(|(case_id, _)| *case_id).collect::<Vec<_>>())
            .bind(all().map(|d| number(d.no)).collect::<Vec<_>>())
            .bind(all().map(|d| d.kind.code()).collect::<Vec<_>>())
            .bind(all().map(|d| d.holder.agency.as_str()).collect::<Vec<_>>())
            .bind(all().map(|d| d.holder.post.as_deref()).collect::<Vec<_>>())
            .bind(all().map(|d| d.holder.person.as_deref()).collect::<Vec<_>>())
            .bind(all().map(|d| number(d.about)).collect::<Vec<_>>())
            .bind(all().map(|d| to_sql(d.started_at)).collect::<Vec<_>>())
            .bind(all().map(|d| to_sql(d.due_at)).collect::<Vec<_>>())
            .bind(all().map(|d| d.next_at.map(to_sql)).collect::<Vec<_>>())
            .bind(all().map(|d| d.stage.code()).collect::<Vec<_>>())
            .bind(all().map(|d| d.is_open() && d.is_paused()).collect::<Vec<_>>())
            .bind(all().map(|d| d.ending.as_ref().map(|end| to_sql(end.at))).collect::<Vec<_>>())
            .bind(all().map(|d| d.ending.as_ref().is_some_and(|end| end.met)).collect::<Vec<_>>())
    }

    fn bind_cases<'q>(&'q self, query: Query<'q>, level_words: &'q [Option<Vec<u8>>]) -> Query<'q> {
        let all = || self.cases.values();
        query
            .bind(all().map(|c| c.id).collect::<Vec<_>>())
            .bind(all().map(|c| c.number.as_str()).collect::<Vec<_>>())
            .bind(all().map(|c| c.cluster_id).collect::<Vec<_>>())
            .bind(all().map(|c| c.state.code()).collect::<Vec<_>>())
            .bind(all().map(|c| c.level.code()).collect::<Vec<_>>())
            .bind(all().map(reason_form).collect::<Vec<Value>>())
            .bind(level_words)
            .bind(all().map(|c| c.area_code.as_str()).collect::<Vec<_>>())
            .bind(all().map(|c| c.category.as_str()).collect::<Vec<_>>())
            .bind(all().map(|c| source_code(c.first_source)).collect::<Vec<_>>())
            .bind(all().map(|c| c.first_receiver.as_str()).collect::<Vec<_>>())
            .bind(all().map(|c| c.lead_agency.as_str()).collect::<Vec<_>>())
            .bind(all().map(|c| c.version).collect::<Vec<_>>())
            .bind(all().map(|c| to_sql(c.opened_at)).collect::<Vec<_>>())
            .bind(all().map(|c| c.resolved_at.map(to_sql)).collect::<Vec<_>>())
            .bind(all().map(|c| c.closed_at.map(to_sql)).collect::<Vec<_>>())
            .bind(all().map(|c| c.report_count).collect::<Vec<_>>())
            .bind(all().map(|c| c.history_count).collect::<Vec<_>>())
            .bind(all().map(|c| c.sealed_matter.as_slice()).collect::<Vec<_>>())
    }

    fn bind_reports<'q>(&'q self, query: Query<'q>) -> Query<'q> {
        let all = || self.reports.values().map(|held| &held.report);
        query
            .bind(all().map(|r| r.report_id).collect::<Vec<_>>())
            .bind(self.reports.values().map(|held| held.case_id).collect::<Vec<_>>())
            .bind(all().map(|r| r.revision).collect::<Vec<_>>())
            .bind(all().map(|r| source_code(r.source)).collect::<Vec<_>>())
            .bind(all().map(|r| r.source_ref.as_str()).collect::<Vec<_>>())
            .bind(all().map(|r| to_sql(r.occurred_at)).collect::<Vec<_>>())
            .bind(all().map(|r| to_sql(r.accepted_at)).collect::<Vec<_>>())
            .bind(all().map(|r| r.repeat).collect::<Vec<_>>())
            .bind(all().map(|r| json!(r.repeat_reasons)).collect::<Vec<Value>>())
    }

    fn bind_report_contents<'q>(&'q self, query: Query<'q>) -> Query<'q> {
        let all = || self.reports.values().map(|held| &held.report);
        query
            .bind(self.reports.values().map(|held| held.home_case).collect::<Vec<_>>())
            .bind(all().map(|r| r.area_code.as_str()).collect::<Vec<_>>())
            .bind(all().map(|r| r.category.as_str()).collect::<Vec<_>>())
            .bind(all().map(|r| r.received_by.as_str()).collect::<Vec<_>>())
            .bind(all().map(|r| r.sealed_matter.as_slice()).collect::<Vec<_>>())
    }

    fn bind_entries<'q>(&'q self, query: Query<'q>, sealed: &'q SealedChanges) -> Query<'q> {
        let all = || self.entries.iter().map(|(_, entry, _)| entry);
        query
            .bind(self.entries.iter().map(|(case_id, _, _)| *case_id).collect::<Vec<_>>())
            .bind(all().map(|e| e.sequence).collect::<Vec<_>>())
            .bind(all().map(|e| to_sql(e.at)).collect::<Vec<_>>())
            .bind(all().map(|e| e.kind.code()).collect::<Vec<_>>())
            .bind(all().map(|e| e.actor.as_str()).collect::<Vec<_>>())
            .bind(all().map(|e| e.capacity.as_str()).collect::<Vec<_>>())
            .bind(all().map(|e| e.text.as_str()).collect::<Vec<_>>())
            .bind(&sealed.remarks)
            .bind(self.entries.iter().map(|(_, _, trace)| trace.as_str()).collect::<Vec<_>>())
            .bind(&sealed.seals)
    }

    fn bind_receipts<'q>(&'q self, query: Query<'q>) -> Query<'q> {
        let moments = |pick: fn(&ReceiptMarks) -> Option<Timestamp>| -> Vec<Option<OffsetDateTime>> {
            self.receipts.values().map(|marks| pick(marks).map(to_sql)).collect()
        };
        query
            .bind(self.receipts.keys().copied().collect::<Vec<_>>())
            .bind(moments(|marks| marks.signed_at))
            .bind(moments(|marks| marks.returned_at))
            .bind(moments(|marks| marks.feedback_at))
    }
}

fn requested(subject_id: Uuid, orders: Vec<PushOrder>) -> impl Iterator<Item = RequestedPush> {
    orders.into_iter().map(move |order| RequestedPush { push_id: Uuid::now_v7(), subject_id, order })
}

fn bind_pushes<'q>(query: Query<'q>, pushes: &'q [RequestedPush]) -> Query<'q> {
    let all = || pushes.iter();
    query
        .bind(all().map(|p| p.push_id).collect::<Vec<_>>())
        .bind(all().map(|p| p.subject_id).collect::<Vec<_>>())
        .bind(all().map(|p| p.order.recipient.agency.as_str()).collect::<Vec<_>>())
        .bind(all().map(|p| p.order.recipient.form.code()).collect::<Vec<_>>())
        .bind(all().map(|p| p.order.level.code()).collect::<Vec<_>>())
        .bind(all().map(|p| to_sql(p.order.requested_at)).collect::<Vec<_>>())
        .bind(all().map(|p| to_sql(p.order.due_at)).collect::<Vec<_>>())
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

fn reason_form(case: &CaseFile) -> Value {
    let reason = &case.level_reason;
    json!(ReasonForm {
        rule: reason.rule.clone(),
        rule_set: reason.rule_set.clone(),
        text: reason.text.clone(),
        facts: reason.facts.clone(),
    })
}

fn source_code(source: fengqiao_proto::types::v1::Source) -> i16 {
    i16::try_from(i32::from(source)).unwrap_or_default()
}

/// What is sealed of changes, in their order.
#[derive(Debug)]
pub struct SealedChanges {
    /// Of the entries.
    remarks: Vec<Option<Vec<u8>>>,
    /// Of the cases.
    level_words: Vec<Option<Vec<u8>>>,
    /// Of the entries.
    seals: Vec<Vec<u8>>,
    /// Of the cases.
    last_seals: Vec<Vec<u8>>,
    /// Of the cases.
    dockets: Vec<Vec<u8>>,
    batch: i64,
    /// The county's head as it is stored, where it moves.
    kept_head: Option<Vec<u8>>,
    /// Where the county's histories stand after it.
    head: HistoryHead,
}

impl SealedChanges {
    /// Where the county's histories stand after it.
    #[must_use]
    pub const fn head(&self) -> HistoryHead {
        self.head
    }
}

/// How many entries are there from before there were seals. Asked once in a county's life.
pub(super) async fn count_unsealed(conn: &mut PgConnection, county: &str) -> Result<i64, RoutingError> {
    let statement = sqlx::query_scalar(include_str!("sql/count_unsealed.sql")).bind(county).fetch_one(conn);
    bounded("count the entries without a seal", statement).await
}

/// The docket's stored form: its JSON, sealed for its case and the case's last entry.
///
/// # Errors
/// [`RoutingError::Malformed`]
pub fn docket_text(
    case: &CaseFile,
    county: &str,
    last_seal: &[u8],
    keyring: &Keyring,
) -> Result<Vec<u8>, RoutingError> {
    let plain = serde_json::to_vec(&case.docket).map_err(|_| RoutingError::Malformed("a case's docket"))?;
    Ok(keyring.seal(&plain, &docket_binding(county, case.id, last_seal)))
}
