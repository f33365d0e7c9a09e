//! The face of what is owed: lists of work, why something is due when it is, who sits where, and who can mediate.

use std::collections::BTreeSet;

use fengqiao_access::principal;
use fengqiao_calendar::{Explanation, end_of_day, last_day};
use fengqiao_proto::routing::v1::{
    DeadlineDay, DeadlinePause, Duty, ExplainDeadlineRequest, ExplainDeadlineResponse, GetRosterRequest,
    GetRosterResponse, ListMediatorsRequest, ListMediatorsResponse, ListWorkRequest, ListWorkResponse,
    WorkCounts, WorkItem, work_service_server::WorkService,
};
use fengqiao_serving::{paging, status, time::to_proto};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{RoutingFace, docket, duties, mediators, requests, roster};
use crate::{
    directory::Directory,
    domain::duty::DutyKind,
    error::RoutingError,
    store::{StoredWork, StoredWorkCounts, WorkFilter, WorkPart, WorkPlace, list_work, work_counts},
};

/// The last row of a page, as its token holds it.
#[derive(Serialize, Deserialize)]
struct WorkKey {
    paused: bool,
    /// Microseconds since 1970.
    due: i64,
    subject: Uuid,
    no: i32,
}

#[tonic::async_trait]
impl WorkService for RoutingFace {
    async fn list_work(
        &self,
        request: Request<ListWorkRequest>,
    ) -> Result<Response<ListWorkResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let now = self.commands.clock.now();
        let filter =
            filter(asked, who.agency.as_deref(), &place.rulebook().directory, &place.county.time_zone, now)?;
        let part = i16::try_from(asked.bucket)
            .ok()
            .and_then(WorkPart::from_code)
            .ok_or_else(|| RoutingError::invalid("bucket", "must be a value of the contract"))?;
        let after = place_after(&asked.page_token)?;
        let size = paging::size(asked.page_size, 50, 500);
        let county = &place.county.code;
        let (counts, found) = tokio::try_join!(
            work_counts(&self.pool, county, &filter),
            list_work(&self.pool, county, &filter, part, after, size + 1),
        )?;
        let mut found = found;
        let next_page_token = requests::next_page(&mut found, size, |_| 0, token_of);
        let zone = &place.county.time_zone;
        found.sort_by_key(|work| urgency(work, now, zone));
        let items = found.into_iter().map(|work| item(work, now)).collect();
        Ok(Response::new(ListWorkResponse { counts: Some(told_counts(counts)), items, next_page_token }))
    }

    async fn explain_deadline(
        &self,
        request: Request<ExplainDeadlineRequest>,
    ) -> Result<Response<ExplainDeadlineResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let case = self.seen_case(place, who, &asked.case).await?;
        let owed = case.docket.duties.iter().find(|duty| i64::from(duty.no) == i64::from(asked.no));
        let owed = owed.ok_or_else(|| status::not_found("duty that is still owed"))?;
        let now = self.commands.clock.now();
        let explained = place.rulebook().calendar.explain(
            &place.county.time_zone,
            owed.started_at,
            owed.limit,
            &owed.pauses,
            now,
        );
        Ok(Response::new(explanation(docket::duty(owed, now), explained)))
    }

    async fn get_roster(
        &self,
        request: Request<GetRosterRequest>,
    ) -> Result<Response<GetRosterResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let rulebook = place.rulebook();
        let agency = match (who.agency.as_deref(), asked.agency.as_str()) {
            (Some(own), named) if named.is_empty() || named == own => Some(own),
            (Some(_), _) => {
                return Err(RoutingError::invalid("agency", "must be the caller's own agency").into());
            }
            (None, "") => None,
            (None, named) if rulebook.directory.agency(named).is_some() => Some(named),
            (None, _) => {
                return Err(RoutingError::invalid("agency", "must be an agency of the directory").into());
            }
        };
        let day = match asked.day.as_str() {
            "" => place.county.time_zone.to_datetime(self.commands.clock.now()).date(),
            day => duties::day("day", day)?,
        };
        Ok(Response::new(roster::of_week(&rulebook, day, agency)))
    }

    async fn list_mediators(
        &self,
        request: Request<ListMediatorsRequest>,
    ) -> Result<Response<ListMediatorsResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        Ok(Response::new(mediators::page(asked, place)?))
    }
}

/// Whose work is asked for, or which field is wrong.
fn filter(
    asked: &ListWorkRequest,
    own: Option<&str>,
    directory: &Directory,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<WorkFilter, RoutingError> {
    requests::length("person", &asked.person, 0, 80)?;
    let today = zone.to_datetime(now).date();
    let posts = directory.posts_of(&asked.person, today);
    let at_home_in: BTreeSet<String> = posts.iter().map(|post| post.agency.clone()).collect();
    let agency = match (own, asked.agency.as_str()) {
        (Some(own), "") => own,
        (Some(own), named) if named == own => own,
        (Some(_), _) => return Err(RoutingError::invalid("agency", "must be the caller's own agency")),
        (None, "") => directory.desk(),
        (None, named) if directory.agency(named).is_some() || directory.contact(named).is_some() => named,
        (None, _) => {
            return Err(RoutingError::invalid("agency", "must be an agency or a contact of the directory"));
        }
    };
    let kind = match asked.kind {
        0 => None,
        code => Some(
            i16::try_from(code)
                .ok()
                .and_then(DutyKind::from_code)
                .ok_or_else(|| RoutingError::invalid("kind", "must be a value of the contract"))?,
        ),
    };
    // Whose work the centre asks for by the person's name alone is where the person is.
    let everywhere = own.is_none() && asked.agency.is_empty() && !at_home_in.is_empty();
    let agencies = if everywhere { at_home_in.iter().cloned().collect() } else { vec![agency.to_owned()] };
    Ok(WorkFilter {
        agencies,
        person: (!asked.person.is_empty()).then(|| asked.person.clone()),
        posts: posts.into_iter().map(|post| post.code.clone()).collect(),
        at_home_in: at_home_in.into_iter().collect(),
        kind,
        now,
        end_of_day: end_of_day(today, zone),
    })
}

fn place_after(token: &str) -> Result<WorkPlace, RoutingError> {
    let Some(key) = requests::page_token::<WorkKey>(token)? else { return Ok(WorkPlace::FIRST) };
    let due_at = Timestamp::from_microsecond(key.due)
        .map_err(|_| RoutingError::invalid("pageToken", "not a page token of this method"))?;
    Ok(WorkPlace { paused: key.paused, due_at, subject: key.subject, no: key.no })
}

fn token_of(work: &StoredWork) -> String {
    let WorkPlace { paused, due_at, subject, no } = work.place();
    paging::write(&WorkKey { paused, due: due_at.as_microsecond(), subject, no })
}

/// What a dispatcher reads first: late before not late, then day by day, the fast lane first, then by time.
fn urgency(work: &StoredWork, now: Timestamp, zone: &TimeZone) -> impl Ord + use<> {
    let day = last_day(work.due_at, zone);
    let fast = work.case.as_ref().is_some_and(|case| case.fast_lane);
    (work.paused, !work.is_late(now), day, !fast, work.due_at)
}

fn item(work: StoredWork, now: Timestamp) -> WorkItem {
    let late = work.is_late(now);
    let duty = Duty {
        no: work.no,
        kind: work.kind.code().into(),
        agency: work.holder.agency,
        post: work.holder.post.unwrap_or_default(),
        person: work.holder.person.unwrap_or_default(),
        about: work.about,
        limit: String::new(),
        started_at: Some(to_proto(work.started_at)),
        due_at: Some(to_proto(work.due_at)),
        late,
        paused: work.paused,
    };
    match work.case {
        Some(case) => WorkItem {
            case_id: work.subject.to_string(),
            case_number: case.number,
            level: case.level.code().into(),
            fast_lane: case.fast_lane,
            duty: Some(duty),
        },
        None => WorkItem { duty: Some(duty), ..WorkItem::default() },
    }
}

fn told_counts(counts: StoredWorkCounts) -> WorkCounts {
    let count = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
    WorkCounts {
        open: count(counts.open),
        to_sign: count(counts.to_sign),
        due_today: count(counts.due_today),
        late: count(counts.late),
        returned: count(counts.returned),
        revisits: count(counts.revisits),
        more: counts.more,
    }
}

fn explanation(duty: Duty, explained: Explanation) -> ExplainDeadlineResponse {
    let day = |day: fengqiao_calendar::DayAccount| DeadlineDay {
        date: day.date.to_string(),
        counted: day.counted,
        why: day.why.to_string(),
    };
    let pause = |pause: fengqiao_calendar::Pause| DeadlinePause {
        from: Some(to_proto(pause.from)),
        to: pause.to.map(to_proto),
    };
    ExplainDeadlineResponse {
        duty: Some(duty),
        counted_due_at: Some(to_proto(explained.due)),
        days: explained.days.into_iter().map(day).collect(),
        pauses: explained.paused.into_iter().map(pause).collect(),
        unknown_years: explained.unknown_years.into_iter().map(i32::from).collect(),
        calendar: explained.calendar,
    }
}
