//! Merging two cases, undoing it, and splitting one: commands that change two cases and move reports between
//! them. They are rare and touch much, so each holds the county's turn and is one transaction.
//!
//! A split is undone by merging the new case back. Intake's cluster says still that its reports are of the old case: what is
//! found by reports of the new one goes there all the same ([`crate::domain::arrivals`]), and revisions follow their report.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use fengqiao_telemetry::trace;
use uuid::Uuid;

use crate::{
    commands::{COMMAND_TIMEOUT, Commands, count_command},
    counties::RoutingCounty,
    domain::{
        acts::links::Split,
        case::CaseFile,
        case_number::{CaseName, case_number, series_day},
        docket::AGEING,
        happening::{Arrival, Happening, Held, Opening},
        history::Occasion,
        level::Grade,
        refusal::Refusal,
        transition::{Change, open_split},
        wording::short_source,
    },
    error::RoutingError,
    ledger::Ledger,
    rulebook::Rulebook,
    sealed_matters,
    store::{
        Answer, Attempt, CommandCase, CommandName, CountyTurn, MovableReport, Move, another_live_case,
        answered_case, bounded, find_merger, last_number, load_for_commands, reports_to_move,
    },
};

/// What is to be done with the reports of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// They go into another case.
    Merge {
        /// The other case.
        into: CaseName,
    },
    /// They come back from the case that theirs was merged into.
    UndoMerge,
    /// Some go into a case of their own.
    Split {
        /// Which.
        report_ids: BTreeSet<Uuid>,
    },
}

impl Link {
    /// The word in metrics.
    const fn word(&self) -> &'static str {
        match self {
            Self::Merge { .. } => "merge",
            Self::UndoMerge => "undo_merge",
            Self::Split { .. } => "split",
        }
    }
}

/// A command of someone that changes two cases.
#[derive(Debug, Clone)]
pub struct Linking {
    /// Who, and in which capacity; when is filled in as it is carried out.
    pub actor: Occasion,
    /// Only cases that this agency may see.
    pub visible_to: Option<String>,
    /// The case.
    pub case: CaseName,
    /// Makes it repeatable.
    pub request_id: String,
    /// The case's etag as the caller saw it, or empty.
    pub etag: String,
    /// Why; may be empty.
    pub words: String,
    /// What is to be done.
    pub link: Link,
}

/// The two cases afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// The case that was named.
    pub case: CaseFile,
    /// The case that its reports went into or came back from; the new one of a split.
    pub other: CaseFile,
}

/// What a command makes of its two cases, before it is written.
struct Plan {
    /// The case that was named.
    case: Change,
    other: Change,
    /// The reports that came into each of them.
    into_case: Vec<Uuid>,
    into_other: Vec<Uuid>,
    moving: Move,
    series: BTreeMap<String, i32>,
}

impl Commands {
    /// Merges, undoes or splits, and returns both cases as they are afterwards. The same request id with the
    /// same command changes nothing more.
    ///
    /// # Errors
    /// [`RoutingError`]; the cases are then as they were, except where the time ran out.
    pub async fn link(&self, place: &Arc<RoutingCounty>, linking: Linking) -> Result<Linked, RoutingError> {
        let operation = "link cases";
        let kind = linking.link.word();
        let traceparent = trace::current();
        let (this, there) = (self.clone(), Arc::clone(place));
        // In a task of its own: who asked may go away, and what is committed still has to be announced.
        let task =
            tokio::spawn(async move { this.link_in_turn(&there, &linking, traceparent.as_deref()).await });
        let ran = match tokio::time::timeout(COMMAND_TIMEOUT, task).await {
            Ok(Ok(ran)) => ran,
            Ok(Err(_)) => Err(RoutingError::Overtaken),
            Err(_) => Err(RoutingError::TimedOut { operation }),
        };
        count_command(place, kind, ran.as_ref().err());
        ran
    }

    async fn link_in_turn(
        &self,
        place: &RoutingCounty,
        linking: &Linking,
        traceparent: Option<&str>,
    ) -> Result<Linked, RoutingError> {
        let county = &place.county.code;
        let _alone = place.alone().await;
        let mut conn = bounded("connect", self.pool.acquire()).await?;
        let mut attempt = Attempt::begin(&mut conn, county, true).await?;
        let mut names = vec![name_of(linking, &linking.case)];
        if let Link::Merge { into } = &linking.link {
            names.push(name_of(linking, into));
        }
        let (loaded, turn) = load_for_commands(&mut attempt, &self.keyring, county, &names).await?;
        let mut loaded = loaded.into_iter();
        let first = loaded.next().ok_or(RoutingError::NotFound)?;
        let answered = first.answered.clone();
        let case = first.found()?.ok_or(RoutingError::NotFound)?;
        let named = loaded.next().map(CommandCase::found).transpose()?.flatten();
        let digest = self.link_digest(&case, named.as_ref(), linking);
        if let Some(answered) = answered {
            if answered != digest {
                return Err(RoutingError::another_command());
            }
            let other = self.answered(&mut attempt, county, linking).await?;
            return Ok(Linked { case, other });
        }
        if !linking.etag.is_empty() && linking.etag != case.etag() {
            return Err(RoutingError::ChangedSince);
        }
        let occasion = Occasion { at: self.clock.now(), ..linking.actor.clone() };
        let mut planning = Planning {
            commands: self,
            place,
            rulebook: &place.rulebook(),
            occasion: &occasion,
            attempt: &mut attempt,
        };
        let plan = planning.plan(&case, named, linking).await?;
        let linked = Linked { case: plan.case.case.clone(), other: plan.other.case.clone() };
        let mut ledger = Ledger::default();
        ledger.add_moved(plan.case, &plan.into_case, place, traceparent);
        ledger.add_moved(plan.other, &plan.into_other, place, traceparent);
        ledger.changes.set_series(&plan.series);
        ledger.changes.add_answer(Answer {
            principal: linking.actor.actor.clone(),
            request_id: linking.request_id.clone(),
            case_id: linked.other.id,
            digest,
            at: occasion.at,
        });
        self.watchers.changing(ledger.changes.case_ids());
        self.write_link(attempt, place, turn, ledger, &plan.moving, occasion.at).await?;
        self.watchers.committed();
        Ok(linked)
    }

    /// Rows, events, answer, and what moves: all or nothing.
    async fn write_link(
        &self,
        mut attempt: Attempt<'_>,
        place: &RoutingCounty,
        turn: CountyTurn,
        ledger: Ledger,
        moving: &Move,
        at: jiff::Timestamp,
    ) -> Result<(), RoutingError> {
        let county = &place.county.code;
        let number = turn.turn.0;
        let head = turn.head(&mut attempt, county).await?;
        let mut ledger = ledger.seal(county, turn.turn, head, &self.keyring)?;
        if !ledger.write(&mut attempt, county, None).await? {
            return Err(RoutingError::Overtaken);
        }
        moving.write(&mut attempt, county, number, at).await?;
        attempt.commit().await?;
        ledger.announce(county, &self.outbox);
        Ok(())
    }

    /// The other case of a command that was carried out before.
    async fn answered(
        &self,
        attempt: &mut Attempt<'_>,
        county: &str,
        linking: &Linking,
    ) -> Result<CaseFile, RoutingError> {
        let id = answered_case(attempt, county, &linking.actor.actor, &linking.request_id).await?;
        let id = id.ok_or(RoutingError::Overtaken)?;
        self.case_by_id(attempt, county, id).await
    }

    async fn case_by_id(
        &self,
        attempt: &mut Attempt<'_>,
        county: &str,
        id: Uuid,
    ) -> Result<CaseFile, RoutingError> {
        let name = CommandName { case: &CaseName::Id(id), visible_to: None, principal: "", request_id: "" };
        let (loaded, _) = load_for_commands(attempt, &self.keyring, county, &[name]).await?;
        let found = loaded.into_iter().next().map(CommandCase::found).transpose()?.flatten();
        found.ok_or(RoutingError::NotFound)
    }

    /// A keyed hash, since the words may be personal.
    fn link_digest(&self, case: &CaseFile, named: Option<&CaseFile>, linking: &Linking) -> Vec<u8> {
        let what = match &linking.link {
            Link::Merge { .. } => format!("merge into {:?}", named.map(|case| case.id)),
            Link::UndoMerge => "undo a merger".to_owned(),
            Link::Split { report_ids } => format!("split {report_ids:?}"),
        };
        let told =
            format!("{}\n{}\n{}\n{what}\n{}", case.id, linking.etag, linking.actor.capacity, linking.words);
        self.keyring.proof_hash("command", &told).to_vec()
    }
}

/// What is at hand while it is found out what a command makes.
struct Planning<'a, 'c> {
    commands: &'a Commands,
    place: &'a RoutingCounty,
    rulebook: &'a Rulebook,
    occasion: &'a Occasion,
    attempt: &'a mut Attempt<'c>,
}

impl Planning<'_, '_> {
    async fn plan(
        &mut self,
        case: &CaseFile,
        named: Option<CaseFile>,
        linking: &Linking,
    ) -> Result<Plan, RoutingError> {
        match &linking.link {
            Link::Merge { .. } => {
                let into = named.ok_or_else(|| {
                    RoutingError::invalid("into", "must be a case that is there and that the caller may see")
                })?;
                self.merge(case, &into, &linking.words).await
            }
            Link::UndoMerge => self.undo(case, &linking.words).await,
            Link::Split { report_ids } => self.split(case, report_ids, &linking.words).await,
        }
    }

    async fn merge(&mut self, case: &CaseFile, into: &CaseFile, words: &str) -> Result<Plan, RoutingError> {
        let merged = self.change(
            case,
            &Happening::MergedInto { other: Box::new(into.clone()), words: words.to_owned() },
        )?;
        let moved = self.reports(case.id).await?;
        let mut all = self.reports(into.id).await?;
        all.extend(moved.iter().cloned());
        let took = Happening::TookIn { other: Box::new(case.clone()), held: held(&all) };
        Ok(Plan {
            case: merged,
            other: self.change(into, &took)?,
            into_case: Vec::new(),
            into_other: ids(&moved),
            moving: Move::Merge { from: case.id, into: into.id, cluster_id: case.cluster_id },
            series: BTreeMap::new(),
        })
    }

    async fn undo(&mut self, case: &CaseFile, words: &str) -> Result<Plan, RoutingError> {
        let county = &self.place.county.code;
        let Some(merger) = find_merger(self.attempt, county, case.id).await? else {
            return Err(refused("CASE_NOT_MERGED", "the case would have to be merged into another one"));
        };
        if let Some(number) = another_live_case(self.attempt, county, case.cluster_id, case.id).await? {
            let needs =
                format!("the case {number}, where later reports of it went, would have to be over or merged");
            return Err(refused("CLUSTER_HAS_ANOTHER_CASE", needs));
        }
        let merged_into =
            case.docket.links.merged_into.as_ref().map_or(merger.goes_to, |merged| merged.case_id);
        let other = self.commands.case_by_id(self.attempt, county, merged_into).await?;
        let all = self.reports(other.id).await?;
        let (moved, stay): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|report| report.home_case.is_some_and(|home| merger.belonging.contains(&home)));
        // What the other case says first is the plainer reason: it may itself be merged.
        let gave = Happening::GaveBack { other: Box::new(case.clone()), held: held(&stay) };
        let without = self.change(&other, &gave)?;
        let undone =
            Happening::MergeUndone { from: Box::new(other), held: held(&moved), words: words.to_owned() };
        Ok(Plan {
            case: self.change(case, &undone)?,
            other: without,
            into_case: ids(&moved),
            into_other: Vec::new(),
            moving: Move::Undo { case: case.id, merger },
            series: BTreeMap::new(),
        })
    }

    async fn split(
        &mut self,
        case: &CaseFile,
        report_ids: &BTreeSet<Uuid>,
        words: &str,
    ) -> Result<Plan, RoutingError> {
        let all = self.reports(case.id).await?;
        let (moved, stay): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|report| report_ids.contains(&report.report_id));
        if moved.len() < report_ids.len() {
            return Err(refused(
                "REPORT_NOT_IN_CASE",
                "each of the reports would have to be one of the case",
            ));
        }
        let Some(first) = moved.first() else {
            return Err(refused("NOTHING_TO_SPLIT", "a report that is to go would have to be named"));
        };
        let day = series_day(self.occasion.at, &self.place.county.time_zone);
        let number = last_number(self.attempt, &self.place.county.code, &day).await?.saturating_add(1);
        let opening = self.opening(case, first, &moved, case_number(&day, number));
        let source = short_source(first.source);
        let responsible = self.rulebook.directory.responsible(
            &opening.area_code,
            &opening.category,
            source,
            self.place.county.day(self.occasion.at),
        );
        let setting = self.rulebook.setting(&self.place.county, &responsible);
        let new =
            open_split(opening, &Split { from: case, reports: count(&moved), words }, self.occasion, setting);
        let split = Happening::SplitOff {
            new: Box::new(new.case.clone()),
            held: held(&stay),
            words: words.to_owned(),
        };
        Ok(Plan {
            case: self.change(case, &split)?,
            into_case: Vec::new(),
            into_other: ids(&moved),
            moving: Move::Split { from: case.id, new: new.case.id, report_ids: ids(&moved) },
            series: BTreeMap::from([(day, number)]),
            other: new,
        })
    }

    /// The new case of reports that are split off: as its first report says, and as dangerous as the old one.
    /// What a report from before did not keep is the old case's.
    fn opening(
        &self,
        case: &CaseFile,
        first: &MovableReport,
        moved: &[MovableReport],
        number: String,
    ) -> Opening {
        let sealed_matter = held(moved).sealed_matter.unwrap_or_else(|| case.sealed_matter.clone());
        let tags = case.docket.tags.iter().filter(|tag| !tag.starts_with(AGEING)).cloned().collect();
        let or_old = |own: &Option<String>, old: &String| own.clone().unwrap_or_else(|| old.clone());
        let ticket = case.docket.tickets.iter().find(|ticket| ticket.report_id == first.report_id);
        Opening {
            id: Uuid::now_v7(),
            number,
            // Intake knows nothing of it.
            cluster_id: Uuid::now_v7(),
            area_code: or_old(&first.area_code, &case.area_code),
            category: or_old(&first.category, &case.category),
            first_receiver: or_old(&first.received_by, &case.first_receiver),
            opened_at: first.accepted_at,
            follows: None,
            arrival: Arrival {
                // The history of the case that it was split from says where it was taken.
                seat: None,
                source: first.source,
                revision: first.revision,
                grade: Grade {
                    level: case.level,
                    reason: case.level_reason.clone(),
                    tags,
                    troubled: Vec::new(),
                },
                repeat: first.repeat,
                drill: case.docket.drill,
                // It rang where it came first.
                press: None,
                ticket: ticket.cloned(),
                people: self.people(&sealed_matter).unwrap_or_else(|| case.docket.people.clone()),
                sealed_matter,
            },
        }
    }

    /// What the people of a matter are in it.
    fn people(&self, sealed_matter: &[u8]) -> Option<Vec<i32>> {
        let county = &self.place.county.code;
        let matter = sealed_matters::open(sealed_matter, county, &self.commands.keyring).ok()?;
        Some(matter.parties.iter().map(|party| party.role).collect())
    }

    fn change(&self, case: &CaseFile, happening: &Happening) -> Result<Change, RoutingError> {
        Ok(self.rulebook.change(&self.place.county, case, happening, self.occasion)?)
    }

    async fn reports(&mut self, case_id: Uuid) -> Result<Vec<MovableReport>, RoutingError> {
        reports_to_move(self.attempt, &self.place.county.code, case_id).await
    }
}

fn name_of<'a>(linking: &'a Linking, case: &'a CaseName) -> CommandName<'a> {
    CommandName {
        case,
        visible_to: linking.visible_to.as_deref(),
        principal: &linking.actor.actor,
        request_id: &linking.request_id,
    }
}

/// What a case with these reports holds.
fn held(reports: &[MovableReport]) -> Held {
    let newest = reports.iter().max_by_key(|report| (report.accepted_at, report.report_id));
    Held { reports: count(reports), sealed_matter: newest.and_then(|report| report.sealed_matter.clone()) }
}

fn count(reports: &[MovableReport]) -> i32 {
    i32::try_from(reports.len()).unwrap_or(i32::MAX)
}

fn ids(reports: &[MovableReport]) -> Vec<Uuid> {
    reports.iter().map(|report| report.report_id).collect()
}

fn refused(reason: &'static str, needs: impl Into<String>) -> RoutingError {
    Refusal::new(reason, needs).into()
}
