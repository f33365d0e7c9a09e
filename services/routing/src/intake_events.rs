//! What intake tells: each accepted report changes exactly one case, exactly once.
//!
//! A batch costs two round trips, however many reports it holds: load, and write all that follows; and only the second where
//! all its reports are the first of their disputes, since what is to be known then was known when the last batch was written.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use fengqiao_messaging::{Applied, Apply, ApplyError, Envelope, Outbox, Step};
use fengqiao_proto::{
    intake::v1::{ActivityRecorded, CallsRepeated, LinkReason, LinkSubject, ReportAccepted, ReportsExpired},
    types::v1::{Matter, Source},
};
use fengqiao_sealing::{Keyring, SealError};
use fengqiao_serving::time::{Clock, from_proto};
use fengqiao_telemetry::trace;
use jiff::{SignedDuration, Timestamp};
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    cluster_suggestions::cluster_news,
    counties::{KeptTurn, RoutingCounties, RoutingCounty},
    domain::{
        arrivals::{CasesAtHand, Effect},
        case_number::series_day,
        merge_suggestions::ClusterNews,
        received_report::ReceivedReport,
        refusal::Refusal,
        standing::activities::{Activity, fulfil},
        tickets::Ticket,
        wording::evidence_name,
    },
    error::RoutingError,
    ledger::{Heard, Ledger},
    rulebook::Rulebook,
    sealed_matters,
    settings::SettingsWatch,
    store::{
        ActivityName, Attempt, CountyTurn, HOLDING, ReportedCases, calls_repeated, expire_reports,
        fulfilled_by, insert_standing, keep_cluster_news, keep_visits, load_for_reports, record_standing,
        standing_of_activities,
    },
    watchers::Watchers,
};

const REPORT_ACCEPTED: &str = "fengqiao.intake.v1.ReportAccepted";
const CALLS_REPEATED: &str = "fengqiao.intake.v1.CallsRepeated";
const REPORTS_EXPIRED: &str = "fengqiao.intake.v1.ReportsExpired";
const ACTIVITY_RECORDED: &str = "fengqiao.intake.v1.ActivityRecorded";

/// Applies intake's events.
pub struct IntakeEvents {
    /// The counties.
    pub counties: Arc<RoutingCounties>,
    /// Opens and seals personal data.
    pub keyring: Arc<Keyring>,
    /// Nudged after each commit.
    pub outbox: Outbox,
    /// Woken after each commit.
    pub watchers: Watchers,
    /// What time it is.
    pub clock: Clock,
    /// Brings what holds up to date where a report is ahead of it.
    pub settings: SettingsWatch,
}

/// A call that turned out to be a repeat, and which event says so.
struct Repeated<'a> {
    envelope: &'a Envelope,
    report_id: Uuid,
}

/// A report that came in an event, opened for grading.
struct Opened<'a> {
    envelope: &'a Envelope,
    report: ReceivedReport,
    matter: Matter,
}

#[async_trait]
impl Apply for IntakeEvents {
    async fn apply(
        &self,
        conn: &mut PgConnection,
        step: &Step,
        batch: &[Envelope],
    ) -> Result<Applied, ApplyError> {
        let Some(first) = batch.first() else { return Ok(Applied::Done) };
        let place = self.counties.get(&first.county).ok_or_else(|| first.refused("the county is unknown"))?;
        let county = &place.county.code;
        let opened = batch
            .iter()
            // Kinds of a later version are not ours to judge.
            .filter(|envelope| envelope.kind == REPORT_ACCEPTED)
            .map(|envelope| self.open(envelope))
            .collect::<Result<Vec<_>, _>>()?;
        let activities = batch
            .iter()
            .filter(|envelope| envelope.kind == ACTIVITY_RECORDED)
            .map(|envelope| self.activity(envelope))
            .filter(|activity| {
                activity.as_ref().map_or(true, |one| one.fulfils().is_some() || one.is_visit())
            })
            .collect::<Result<Vec<_>, _>>()?;
        let expired = expired_reports(batch)?;
        let repeated = repeated_calls(batch)?;
        let repeated_ids: Vec<Uuid> = repeated.iter().map(|call| call.report_id).collect();
        let clusters = news_of_clusters(batch)?;
        self.hear_of_new_areas(place, &opened).await;
        let mut held = place.alone_with_kept().await;
        let rulebook = place.rulebook();
        // What activities fulfil, what expires and what is said of clusters is written in statements of its own: all of them
        // are one transaction then.
        let alone =
            !activities.is_empty() || !expired.is_empty() || !clusters.is_empty() || !repeated.is_empty();
        let days = days_of(&opened, place);
        // A parked event may be of a report that came again since.
        let reads_nothing =
            !alone && !step.is_over_parked() && opened.iter().all(|one| one.report.is_of_nothing_before());
        // What is not kept anew below holds no more, also where this fails.
        let mut kept =
            held.take().filter(|kept| reads_nothing && days.iter().all(|day| kept.series.contains_key(day)));
        let tries = kept.is_some().then_some(false).into_iter().chain(HOLDING);
        for holding in tries.filter(|holding| *holding || !alone) {
            let mut attempt = Attempt::begin(conn, county, holding).await?;
            let (reported, turn) = match kept.take() {
                // The statement that writes finds whether another process came between.
                Some(KeptTurn { turn, series }) => (ReportedCases::none(series), turn),
                None => load(&mut attempt, &self.keyring, place, (&opened, &repeated_ids), &days).await?,
            };
            let now = self.clock.now();
            place.put_aside.put(county, &reported.unreadable, now)?;
            let stuck = opened.iter().find(|opened| reported.belongs_to_an_unreadable_case(&opened.report));
            if let Some(stuck) = stuck {
                return Err(stuck.envelope.refused("the case of the report cannot be read"));
            }
            let mut hand = reported.hand;
            let mut received = receive_all(&mut hand, place, &rulebook, &opened, now)?;
            for Repeated { envelope, report_id } in &repeated {
                let shown = hand
                    .call_repeats(*report_id, &place.county, &rulebook, now)
                    .map_err(|refusal| refused_by_case(envelope, &refusal))?;
                received.ledger.changes.repeats(*report_id);
                if let Some(change) = shown {
                    received.ledger.add(change, None, place, trace::current().as_deref());
                }
            }
            calls_repeated(&mut attempt, county, &repeated_ids).await?;
            self.fulfil(&mut attempt, &mut received.ledger, place, &rulebook, &activities).await?;
            self.expire(&mut attempt, &mut received.ledger, county, &expired).await?;
            keep_cluster_news(&mut attempt, county, &clusters).await?;
            let heard = Heard { keyring: &self.keyring, outbox: &self.outbox, watchers: &self.watchers };
            let series = hand.series().clone();
            if let Some(turn) = received.ledger.commit(attempt, county, turn, Some(step), heard).await? {
                *held = Some(KeptTurn { turn, series });
                for (effect, level) in received.outcomes {
                    count_report(county, effect, level);
                }
                return Ok(Applied::Done);
            }
        }
        Ok(Applied::Overtaken)
    }
}

impl IntakeEvents {
    /// Intake may know areas already that came through another process of routing, some moments before this one would
    /// look by itself. Without them such a report would go to the centre's desk.
    async fn hear_of_new_areas(&self, place: &Arc<RoutingCounty>, opened: &[Opened<'_>]) {
        let known = |opened: &Opened<'_>| place.county.areas.now().find(&opened.report.area_code).is_some();
        if opened.iter().all(known) {
            return;
        }
        if let Err(error) = self.settings.catch_up_now(place).await {
            let county = &place.county.code;
            tracing::warn!(
                county,
                error = &error as &dyn std::error::Error,
                "a report names an area that is not known here"
            );
        }
    }

    /// What was done fulfils what was owed (S4-01, S4-02, S4-08).
    async fn fulfil(
        &self,
        attempt: &mut Attempt<'_>,
        ledger: &mut Ledger,
        place: &RoutingCounty,
        rulebook: &Rulebook,
        activities: &[Activity],
    ) -> Result<(), RoutingError> {
        if activities.is_empty() {
            return Ok(());
        }
        let (county, keyring) = (&place.county.code, &self.keyring);
        let visits = activities.iter().filter(|activity| activity.is_visit());
        keep_visits(attempt, keyring, county, visits).await?;
        let activities: Vec<&Activity> =
            activities.iter().filter(|activity| activity.fulfils().is_some()).collect();
        if activities.is_empty() {
            return Ok(());
        }
        let asked: Vec<ActivityName<'_>> = activities
            .iter()
            .map(|activity| ActivityName {
                duty_id: activity.duty_id,
                kind: activity.fulfils(),
                area_code: &activity.area_code,
                begun_at: activity.begun_at,
            })
            .collect();
        let duties = standing_of_activities(attempt, keyring, county, &asked).await?;
        let office = rulebook.office(&place.county);
        let mut fulfilled = BTreeMap::new();
        for (at, duty) in duties {
            let Some(activity) = activities.get(at) else { continue };
            let Some(recorded) = fulfil(&duty, activity, office, Uuid::now_v7) else { continue };
            // Two activities of one batch may be of one duty.
            if fulfilled.contains_key(&duty.id) {
                continue;
            }
            fulfilled.insert(duty.id, activity.id);
            if let Some(record) = &recorded.duty.record {
                record_standing(attempt, keyring, county, duty.id, record).await?;
            }
            ledger.changes.add_standing(duty.id, recorded.duty.duty);
            insert_standing(attempt, keyring, county, &recorded.follows).await?;
        }
        fulfilled_by(attempt, county, &fulfilled).await
    }

    /// Who and what of reports is removed here too once their term is over. A case that takes part in the same batch
    /// keeps its matter: it has just been told anew.
    async fn expire(
        &self,
        attempt: &mut Attempt<'_>,
        ledger: &mut Ledger,
        county: &str,
        reports: &[Uuid],
    ) -> Result<(), RoutingError> {
        if reports.is_empty() {
            return Ok(());
        }
        let nothing = sealed_matters::seal(&Matter::default(), county, &self.keyring);
        for case_id in expire_reports(attempt, county, reports, &nothing).await? {
            ledger.add_expired(case_id);
        }
        Ok(())
    }

    fn activity(&self, envelope: &Envelope) -> Result<Activity, ApplyError> {
        let event = ActivityRecorded::decode(envelope.payload.as_slice())
            .map_err(|_| envelope.refused("the message cannot be decoded"))?;
        let visitor = if event.sealed_person.is_empty() {
            event.received_by.clone()
        } else {
            let plain = self.opened(envelope, &event.sealed_person, "the sealed person does not open")?;
            String::from_utf8(plain).map_err(|_| envelope.refused("the person's name is no text"))?
        };
        let read = || -> Result<Activity, &'static str> {
            Ok(Activity {
                id: id(&event.activity_id)?,
                revision: event.revision,
                // A kind of a later version fulfils nothing here.
                kind: event.kind(),
                duty_id: optional_id(&event.duty_id)?,
                area_code: event.area_code.clone(),
                begun_at: told_moment(event.begun_at.as_ref())?,
                ended_at: told_moment(event.ended_at.as_ref())?,
                count: event.count,
                agency: event.agency.clone(),
                received_by: event.received_by.clone(),
                visitor: visitor.clone(),
            })
        };
        read().map_err(|what| envelope.refused(what))
    }

    fn opened(&self, envelope: &Envelope, sealed: &[u8], not: &'static str) -> Result<Vec<u8>, ApplyError> {
        match self.keyring.open(sealed, envelope.county.as_bytes()) {
            Ok(plain) => Ok(plain),
            // A key that is missing here is put right by its keeper; until then nothing is lost.
            Err(error @ SealError::UnknownKey(_)) => Err(ApplyError::Retry(Box::new(error))),
            Err(_) => Err(envelope.refused(not)),
        }
    }

    fn open<'a>(&self, envelope: &'a Envelope) -> Result<Opened<'a>, ApplyError> {
        let event = ReportAccepted::decode(envelope.payload.as_slice())
            .map_err(|_| envelope.refused("the message cannot be decoded"))?;
        let ticket = event.ticket.clone();
        let mut report = received(event).map_err(|what| envelope.refused(what))?;
        let plain = self.opened(envelope, &report.sealed_matter, "the sealed matter does not open")?;
        let matter =
            Matter::decode(plain.as_slice()).map_err(|_| envelope.refused("the matter cannot be decoded"))?;
        report.ticket = ticket.map(|standing| {
            let told = String::from_utf8_lossy(&plain);
            let told = format!("{}\n{}\n{}\n{told}", report.area_code, report.category, report.occurred_at);
            let content: String =
                self.keyring.proof_hash("content", &told).iter().map(|byte| format!("{byte:02x}")).collect();
            Ticket::told(report.report_id, &report.source_ref, &standing, content)
        });
        Ok(Opened { envelope, report, matter })
    }
}

/// The days whose running numbers the reports take.
fn days_of(opened: &[Opened<'_>], place: &RoutingCounty) -> Vec<String> {
    let zone = &place.county.time_zone;
    let mut days: Vec<String> =
        opened.iter().map(|opened| series_day(opened.report.accepted_at, zone)).collect();
    days.sort();
    days.dedup();
    days
}

async fn load(
    attempt: &mut Attempt<'_>,
    keyring: &Keyring,
    place: &RoutingCounty,
    (opened, repeated): (&[Opened<'_>], &[Uuid]),
    days: &[String],
) -> Result<(ReportedCases, CountyTurn), RoutingError> {
    let reports: Vec<&ReceivedReport> = opened.iter().map(|opened| &opened.report).collect();
    let window = SignedDuration::from_hours(24 * i64::from(place.county.settings.repeat_window_days));
    // With the reports by which new ones were found, wherever those are.
    let mut others: Vec<Uuid> =
        reports.iter().flat_map(|report| &report.found_by).map(|(earlier, _)| *earlier).collect();
    others.extend(repeated);
    others.sort_unstable();
    others.dedup();
    load_for_reports(attempt, keyring, &place.county.code, (&reports, &others), days, window).await
}

/// What a batch of reports makes.
#[derive(Default)]
struct Received {
    ledger: Ledger,
    /// For the metrics: what each report did, and the level of its case.
    outcomes: Vec<(&'static str, &'static str)>,
}

/// Finds the case of each report and changes it, in the order of the events. Refuses the first that its case does not take.
fn receive_all(
    hand: &mut CasesAtHand,
    place: &RoutingCounty,
    rulebook: &Rulebook,
    opened: &[Opened<'_>],
    now: Timestamp,
) -> Result<Received, ApplyError> {
    let mut received = Received::default();
    for Opened { envelope, report, matter } in opened {
        let span = trace::child_span("routing report", envelope.trace.as_deref());
        let _entered = span.enter();
        let taken = hand
            .receive(report, matter, &place.county, rulebook, now, Uuid::now_v7())
            .map_err(|refusal| refused_by_case(envelope, &refusal))?;
        let Some((change, effect)) = taken else {
            received.outcomes.push(("known", "none"));
            continue;
        };
        received.outcomes.push((effect.word(), change.case.level.word()));
        let case_id = change.case.id;
        let onward = trace::onward(&span, envelope.trace.as_deref());
        // Intake is told of a report that is not where its cluster says.
        let moved = [report.report_id];
        let moved = if effect == Effect::Followed { moved.as_slice() } else { &[] };
        received.ledger.add_with(change, Some(report.report_id), moved, place, onward.as_deref());
        received.ledger.changes.add_report(case_id, hand.home_of(report, case_id), report.clone());
    }
    received.ledger.changes.set_series(hand.series());
    Ok(received)
}

/// Whoever looks at what is parked sees what is wrong with the case; what it was told is not lost.
fn refused_by_case(envelope: &Envelope, refusal: &Refusal) -> ApplyError {
    envelope.refused(&format!("the case refuses it: {}: {refusal}", refusal.reason))
}

fn expired_reports(batch: &[Envelope]) -> Result<Vec<Uuid>, ApplyError> {
    let mut reports = Vec::new();
    for envelope in batch.iter().filter(|envelope| envelope.kind == REPORTS_EXPIRED) {
        let event = ReportsExpired::decode(envelope.payload.as_slice())
            .map_err(|_| envelope.refused("the message cannot be decoded"))?;
        for report in &event.report_ids {
            reports.push(id(report).map_err(|what| envelope.refused(what))?);
        }
    }
    Ok(reports)
}

/// Calls that turned out to be repeats.
fn repeated_calls(batch: &[Envelope]) -> Result<Vec<Repeated<'_>>, ApplyError> {
    let mut calls = Vec::new();
    for envelope in batch.iter().filter(|envelope| envelope.kind == CALLS_REPEATED) {
        let event = CallsRepeated::decode(envelope.payload.as_slice())
            .map_err(|_| envelope.refused("the message cannot be decoded"))?;
        for report in &event.report_ids {
            let report_id = id(report).map_err(|what| envelope.refused(what))?;
            calls.push(Repeated { envelope, report_id });
        }
    }
    Ok(calls)
}

fn news_of_clusters(batch: &[Envelope]) -> Result<Vec<ClusterNews>, ApplyError> {
    let read = |envelope: &Envelope| {
        cluster_news(&envelope.kind, &envelope.payload).map_err(|what| envelope.refused(what)).transpose()
    };
    batch.iter().filter_map(read).collect()
}

fn told_moment(time: Option<&prost_types::Timestamp>) -> Result<Timestamp, &'static str> {
    time.and_then(from_proto).ok_or("a time is missing or impossible")
}

fn received(event: ReportAccepted) -> Result<ReceivedReport, &'static str> {
    let linkage = event.linkage.as_ref().ok_or("the linkage is missing")?;
    let source = Source::try_from(event.source).map_err(|_| "the source is unknown")?;
    let repeat_reasons =
        linkage.reasons.iter().map(|reason| evidence_name(reason.evidence()).to_owned()).collect();
    let of_case = |reason: &&LinkReason| reason.subject() == LinkSubject::Case && reason.bits > 0.0;
    let found_by = linkage.reasons.iter().filter(of_case);
    // A reason of another kind of id than ours says nothing.
    let found_by = found_by
        .filter_map(|reason| Some((Uuid::try_parse(&reason.earlier_report_id).ok()?, reason.bits)))
        .collect();
    Ok(ReceivedReport {
        found_by,
        report_id: id(&event.report_id)?,
        revision: event.revision,
        source,
        cluster_id: id(&linkage.cluster_id)?,
        follows_cluster: optional_id(&linkage.follows_cluster_id)?,
        repeat: linkage.repeat,
        repeat_reasons,
        occurred_at: told_moment(event.occurred_at.as_ref())?,
        accepted_at: told_moment(event.accepted_at.as_ref())?,
        source_ref: event.source_ref,
        area_code: event.area_code,
        category: event.category,
        received_by: event.received_by,
        first_contact: event.first_contact,
        // It is compared by what the matter says, which is not opened yet.
        ticket: None,
        sealed_matter: event.sealed_matter,
        confidential: event.confidential,
        drill: event.drill,
    })
}

fn id(text: &str) -> Result<Uuid, &'static str> {
    Uuid::try_parse(text).map_err(|_| "an id is not a UUID")
}

fn optional_id(text: &str) -> Result<Option<Uuid>, &'static str> {
    if text.is_empty() { Ok(None) } else { id(text).map(Some) }
}

fn count_report(county: &str, effect: &'static str, level: &'static str) {
    metrics::counter!(
        "fengqiao_routing_reports_total",
        "county" => county.to_owned(), "effect" => effect, "level" => level
    )
    .increment(1);
}
