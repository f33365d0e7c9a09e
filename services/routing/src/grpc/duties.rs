//! The face of duties besides cases: lists, records, coverage, families at risk, rewards.

use fengqiao_access::{Principal, principal};
use fengqiao_proto::routing::v1::{
    ApplyRewardRequest, ApplyRewardResponse, ClassifyRepeatRequest, ClassifyRepeatResponse,
    CountDutiesRequest, CountDutiesResponse, CreateDutiesRequest, CreateDutiesResponse, DecideRewardRequest,
    DecideRewardResponse, DutyCount, FamilyAtRisk as FamilyMessage, GetDutyRequest, GetDutyResponse,
    GetVisitTimeRequest, GetVisitTimeResponse, ListDutiesRequest, ListDutiesResponse, ListRewardsRequest,
    ListRewardsResponse, ListScreeningRequest, ListScreeningResponse, RaiseSignalRequest,
    RaiseSignalResponse, RecordDutyRequest, RecordDutyResponse, VisitDay,
    duty_service_server::{DutyService, DutyServiceServer},
};
use fengqiao_serving::{MAX_MESSAGE_BYTES, paging};
use jiff::{Timestamp, ToSpan as _, civil::Date};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    RoutingFace, actor,
    duty_fields::{self, StandingKey},
    requests,
};
use crate::{
    commands::Command,
    counties::RoutingCounty,
    directory::Rank,
    domain::{
        acts::{Act, repeats::RepeatClass},
        history::Occasion,
        standing::{PlaceKind, StandingDuty, visits::minutes_by_day},
    },
    error::RoutingError,
    standing::{FamilyAtRisk, RewardAsked},
    store::{
        StandingCount, StandingReading, count_standing, find_standing, keep_reading, list_rewards,
        list_screening, list_standing, list_stays, sum_rewards,
    },
};

const MOST_DAYS: i32 = 92;
const PURPOSE: usize = 200;
const WORDS: usize = 1_000;

impl RoutingFace {
    /// The service of duties besides cases, to be served.
    #[must_use]
    pub fn into_duty_server(self) -> DutyServiceServer<Self> {
        DutyServiceServer::new(self).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// In which capacity the caller acts now.
    pub(super) fn acting_now(
        &self,
        place: &RoutingCounty,
        who: &Principal,
        capacity: &str,
    ) -> Result<Occasion, RoutingError> {
        let now = self.commands.clock.now();
        actor::acting(who, capacity, &place.rulebook().directory, &place.county.time_zone, now)
    }

    /// Keeps that someone looks at what is restricted. Where this fails nothing may be shown.
    async fn keep_look(
        &self,
        place: &RoutingCounty,
        actor: &Occasion,
        purpose: &str,
        shown: impl IntoIterator<Item = &StandingDuty>,
    ) -> Result<(), RoutingError> {
        let shown: Vec<Uuid> = shown.into_iter().filter(|duty| duty.restricted).map(|duty| duty.id).collect();
        if shown.is_empty() {
            return Ok(());
        }
        let reading = StandingReading {
            at: actor.at,
            actor: &actor.actor,
            capacity: &actor.capacity,
            purpose: purpose.trim(),
            shown,
        };
        keep_reading(&self.pool, &place.county.code, &reading).await
    }
}

#[tonic::async_trait]
impl DutyService for RoutingFace {
    async fn create_duties(
        &self,
        request: Request<CreateDutiesRequest>,
    ) -> Result<Response<CreateDutiesResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        requests::length("requestId", &asked.request_id, 1, 64)?;
        let actor = self.acting_now(place, who, &asked.capacity)?;
        let new = duty_fields::new_duties(asked, place, actor.at)?;
        let made = self.commands.create_duties(place, &actor, &asked.request_id, new).await?;
        let duties = made.iter().map(|duty| duty_fields::whole(duty, place, actor.at)).collect();
        Ok(Response::new(CreateDutiesResponse { duties }))
    }

    async fn record_duty(
        &self,
        request: Request<RecordDutyRequest>,
    ) -> Result<Response<RecordDutyResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        requests::length("requestId", &asked.request_id, 1, 64)?;
        let actor = self.acting_now(place, who, &asked.capacity)?;
        let id = duty_fields::id("dutyId", &asked.duty_id)?;
        let recording = duty_fields::recording(asked, &actor, place)?;
        let recorded = self.commands.record_duty(place, &actor, &asked.request_id, id, recording).await?;
        let whole = |duty: &StandingDuty| duty_fields::whole(duty, place, actor.at);
        Ok(Response::new(RecordDutyResponse {
            duty: Some(whole(&recorded.duty)),
            // What another agency owes because of it is shown to it, and no more than that it is owed.
            follows: recorded
                .follows
                .iter()
                .map(|duty| match duty.is_seen_by(&actor) {
                    true => whole(duty),
                    false => duty_fields::brief(duty, place, actor.at),
                })
                .collect(),
        }))
    }

    async fn get_duty(&self, request: Request<GetDutyRequest>) -> Result<Response<GetDutyResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        requests::length("purpose", &asked.purpose, 0, PURPOSE)?;
        let actor = self.acting_now(place, who, &asked.capacity)?;
        let id = duty_fields::id("dutyId", &asked.duty_id)?;
        let mut conn = self.connection().await?;
        let found = find_standing(&mut conn, &self.keyring, &place.county.code, &[id], false).await?;
        let duty = found
            .into_iter()
            .next()
            .filter(|duty| duty.is_seen_by(&actor))
            .filter(|duty| !duty.restricted || !asked.purpose.trim().is_empty())
            .ok_or(RoutingError::NoSuch("duty"))?;
        self.keep_look(place, &actor, &asked.purpose, [&duty]).await?;
        Ok(Response::new(GetDutyResponse { duty: Some(duty_fields::whole(&duty, place, actor.at)) }))
    }

    async fn list_duties(
        &self,
        request: Request<ListDutiesRequest>,
    ) -> Result<Response<ListDutiesResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        requests::length("purpose", &asked.purpose, 0, PURPOSE)?;
        let actor = self.acting_now(place, who, &asked.capacity)?;
        let mut filter = duty_fields::list_filter(asked, place)?;
        filter.visible_to.clone_from(&actor.agency);
        filter.restricted = actor.rank >= Rank::Officer && !asked.purpose.trim().is_empty();
        let after = duty_fields::place_after(&asked.page_token)?;
        let size = paging::size(asked.page_size, 100, 500);
        let county = &place.county.code;
        let mut found =
            list_standing(&self.pool, &self.keyring, county, &filter, actor.at, size + 1, after).await?;
        let next_page_token = requests::next_page(&mut found, size, |_| 0, StandingKey::token);
        self.keep_look(place, &actor, &asked.purpose, &found).await?;
        let duties = found.iter().map(|duty| duty_fields::brief(duty, place, actor.at)).collect();
        Ok(Response::new(ListDutiesResponse { duties, next_page_token }))
    }

    async fn count_duties(
        &self,
        request: Request<CountDutiesRequest>,
    ) -> Result<Response<CountDutiesResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let mut filter = duty_fields::count_filter(asked, place)?;
        filter.visible_to.clone_from(&who.agency);
        let now = self.commands.clock.now();
        let found = count_standing(&self.pool, &place.county.code, &filter, now).await?;
        let sum = |pick: fn(&StandingCount) -> i64| found.iter().map(pick).sum();
        Ok(Response::new(CountDutiesResponse {
            owed: sum(|count| count.owed),
            met: sum(|count| count.met),
            late: sum(|count| count.late),
            counts: found.iter().map(count).collect(),
        }))
    }

    async fn get_visit_time(
        &self,
        request: Request<GetVisitTimeRequest>,
    ) -> Result<Response<GetVisitTimeResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        requests::length("visitor", &asked.visitor, 1, 100)?;
        let from = day("from", &asked.from)?;
        let to = day("to", &asked.to)?;
        if from > to || from.until(to).map_or(i32::MAX, |span| span.get_days()) >= MOST_DAYS {
            return Err(RoutingError::invalid("to", "must be at most 92 days from the first").into());
        }
        let zone = &place.county.time_zone;
        let midnight = |day: Date| zone.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX);
        // A visit that began the evening before may reach into the first day.
        let begin = midnight(from.saturating_sub(1.day()));
        let end = midnight(to.saturating_add(1.day()));
        let stays =
            list_stays(&self.pool, &self.keyring, &place.county.code, &asked.visitor, begin, end).await?;
        let minutes = minutes_by_day(&stays, zone);
        let wanted = i32::from(place.rulebook().practice.visit_minutes);
        let days = from
            .series(1.day())
            .take_while(|day| *day <= to)
            .map(|day| {
                let minutes = minutes.get(&day).map_or(0, |m| i32::try_from(*m).unwrap_or(i32::MAX));
                VisitDay { day: day.to_string(), minutes, enough: minutes >= wanted }
            })
            .collect();
        Ok(Response::new(GetVisitTimeResponse { days, wanted_minutes: wanted }))
    }

    async fn classify_repeat(
        &self,
        request: Request<ClassifyRepeatRequest>,
    ) -> Result<Response<ClassifyRepeatResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        requests::length("requestId", &asked.request_id, 1, 64)?;
        let class = i16::try_from(asked.class).ok().and_then(RepeatClass::from_code);
        let class = class.ok_or_else(|| RoutingError::invalid("class", "must be a value of the contract"))?;
        let report = u32::try_from(asked.report).ok().filter(|report| *report > 0);
        let report = report.ok_or_else(|| RoutingError::invalid("report", "must be 1 or more"))?;
        let command = Command {
            actor: self.acting_now(place, who, &asked.capacity)?,
            visible_to: who.agency.clone(),
            case: requests::case_name(&asked.case)?,
            request_id: asked.request_id.clone(),
            etag: String::new(),
            act: Act::ClassifyRepeat { report, class },
        };
        let case = self.commands.run(place, command).await?;
        Ok(Response::new(ClassifyRepeatResponse { etag: case.etag() }))
    }

    async fn raise_signal(
        &self,
        request: Request<RaiseSignalRequest>,
    ) -> Result<Response<RaiseSignalResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        requests::length("requestId", &asked.request_id, 1, 64)?;
        requests::length("household", &asked.household, 1, 200)?;
        requests::length("text", &asked.text, 1, WORDS)?;
        let actor = self.acting_now(place, who, &asked.capacity)?;
        let family = FamilyAtRisk {
            household: asked.household.clone(),
            area_code: requests::area("areaCode", &asked.area_code, place)?,
            words: asked.text.clone(),
        };
        let signal_id = self.commands.raise_signal(place, &actor, &asked.request_id, &family).await?;
        Ok(Response::new(RaiseSignalResponse { signal_id: signal_id.to_string() }))
    }

    async fn list_screening(
        &self,
        request: Request<ListScreeningRequest>,
    ) -> Result<Response<ListScreeningResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        requests::length("purpose", &asked.purpose, 1, PURPOSE)?;
        let actor = self.acting_now(place, who, &asked.capacity)?;
        let after = duty_fields::place_after(&asked.page_token)?;
        let size = paging::size(asked.page_size, 100, 500);
        let county = &place.county.code;
        let mut found = list_screening(&self.pool, &self.keyring, county, size + 1, after).await?;
        let next_page_token =
            requests::next_page(&mut found, size, |_| 0, |(duty, _)| StandingKey::token(duty));
        found.retain(|(duty, _)| duty.is_seen_by(&actor));
        self.keep_look(place, &actor, &asked.purpose, found.iter().map(|(duty, _)| duty)).await?;
        let families = found
            .iter()
            .map(|(duty, agencies)| FamilyMessage {
                screening: Some(duty_fields::whole(duty, place, actor.at)),
                agencies: i32::try_from(*agencies).unwrap_or(i32::MAX),
            })
            .collect();
        Ok(Response::new(ListScreeningResponse { families, next_page_token }))
    }

    async fn apply_reward(
        &self,
        request: Request<ApplyRewardRequest>,
    ) -> Result<Response<ApplyRewardResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        requests::length("requestId", &asked.request_id, 1, 64)?;
        requests::length("person", &asked.person, 1, 50)?;
        requests::length("identity", &asked.identity, 1, 50)?;
        requests::length("text", &asked.text, 1, WORDS)?;
        let amount_fen = u32::try_from(asked.amount_fen).ok().filter(|fen| (1..=1_000_000).contains(fen));
        let reward = RewardAsked {
            case: requests::case_name(&asked.case)?,
            person: asked.person.clone(),
            identity: asked.identity.clone(),
            amount_fen: amount_fen
                .ok_or_else(|| RoutingError::invalid("amountFen", "must be 1 to 1,000,000"))?,
            words: asked.text.clone(),
        };
        let actor = self.acting_now(place, who, &asked.capacity)?;
        let reward = self.commands.ask_reward(place, &actor, &asked.request_id, &reward).await?;
        Ok(Response::new(ApplyRewardResponse { reward: Some(duty_fields::reward(&reward)) }))
    }

    async fn decide_reward(
        &self,
        request: Request<DecideRewardRequest>,
    ) -> Result<Response<DecideRewardResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        requests::length("requestId", &asked.request_id, 1, 64)?;
        let id = duty_fields::id("rewardId", &asked.reward_id)?;
        let actor = self.acting_now(place, who, &asked.capacity)?;
        let decided =
            self.commands.decide_reward(place, &actor, &asked.request_id, id, asked.approve).await?;
        Ok(Response::new(DecideRewardResponse { reward: Some(duty_fields::reward(&decided)) }))
    }

    async fn list_rewards(
        &self,
        request: Request<ListRewardsRequest>,
    ) -> Result<Response<ListRewardsResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let case_id = match asked.case_id.as_str() {
            "" => None,
            text => Some(duty_fields::id("caseId", text)?),
        };
        let state = match asked.state {
            0 => None,
            code => {
                let code = i16::try_from(code).ok().filter(|code| (1..=3).contains(code));
                Some(code.ok_or_else(|| RoutingError::invalid("state", "must be a value of the contract"))?)
            }
        };
        let from = duty_fields::moment_if("grantedFrom", asked.granted_from.as_ref())?;
        let before = duty_fields::moment_if("grantedBefore", asked.granted_before.as_ref())?;
        let after = duty_fields::place_after(&asked.page_token)?;
        let size = paging::size(asked.page_size, 100, 500);
        let county = &place.county.code;
        let (mut found, (granted, granted_fen)) = tokio::try_join!(
            list_rewards(&self.pool, &self.keyring, county, case_id, state, size + 1, after),
            sum_rewards(&self.pool, county, from, before),
        )?;
        let next_page_token = requests::next_page(
            &mut found,
            size,
            |reward| reward.words.len(),
            |reward| StandingKey::of(reward.asked_at, reward.id),
        );
        let rewards = found.iter().map(duty_fields::reward).collect();
        Ok(Response::new(ListRewardsResponse { rewards, next_page_token, granted, granted_fen }))
    }
}

fn count(count: &StandingCount) -> DutyCount {
    DutyCount {
        kind: count.kind.code().into(),
        place: count.place.map_or(0, PlaceKind::code).into(),
        owed: count.owed,
        met: count.met,
        late: count.late,
        hazards: count.hazards,
    }
}

pub(super) fn day(field: &str, text: &str) -> Result<Date, RoutingError> {
    text.parse().map_err(|_| RoutingError::invalid(field, "must be a day as 2026-11-23"))
}
