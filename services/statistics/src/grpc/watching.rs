//! What is watched, and what was raised.

use std::sync::Arc;

use fengqiao_access::principal;
use fengqiao_proto::statistics::v1::{
    AcknowledgeAlertRequest, AcknowledgeAlertResponse, Alert as ToldAlert, AlertVerdict, ListAlertsRequest,
    ListAlertsResponse, ListWatchRulesRequest, ListWatchRulesResponse, MuteWatchRequest, MuteWatchResponse,
    WatchMute, WatchRule, watch_service_server::WatchService,
};
use fengqiao_serving::{
    paging,
    time::{Clock, from_proto, to_proto},
};
use jiff::{SignedDuration, Timestamp};
use sqlx::PgPool;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::analysis::{id, reason};
use crate::{
    answering::Answers,
    domain::watching::{
        rules::{Move, Rule},
        sentence::METHOD,
    },
    error::StatisticsError,
    store::{Alert, Alerts, Decision, Mute, Work, done_through},
    watching::WatchedCounties,
};

const ALERTS_ON_A_PAGE: u16 = 100;
const MOST_ALERTS_ON_A_PAGE: u16 = 500;
/// Nothing is muted for longer.
const LONGEST_MUTE: SignedDuration = SignedDuration::from_hours(366 * 24);
/// An area's, an agency's or a category's code is no longer.
const LONGEST_SERIES: usize = 64;

/// Says what is watched, and what was raised.
pub struct WatchFace {
    /// Connections in the service's schema.
    pub pool: PgPool,
    /// Whose definitions are watched.
    pub answers: Arc<Answers>,
    /// The rules.
    pub counties: Arc<WatchedCounties>,
    /// What was raised.
    pub alerts: Alerts,
    /// What time it is.
    pub clock: Clock,
}

impl WatchFace {
    async fn mutes(&self, county: &str, rule: &str) -> Result<Vec<WatchMute>, StatisticsError> {
        let mutes = self.alerts.mutes(county, self.clock.now()).await?;
        Ok(mutes.iter().filter(|mute| mute.rule == rule).map(muted).collect())
    }
}

#[tonic::async_trait]
impl WatchService for WatchFace {
    async fn list_watch_rules(
        &self,
        request: Request<ListWatchRulesRequest>,
    ) -> Result<Response<ListWatchRulesResponse>, Status> {
        let code = principal(&request)?.county_of(&request.get_ref().county)?.to_owned();
        let rules = self.counties.rules(&code)?;
        let catalogue = self.answers.county(&code)?.catalogue;
        let mutes = self.alerts.mutes(&code, self.clock.now()).await?;
        let version = |rule: &Rule| catalogue.find(&rule.indicator).map_or(0, |one| one.version);
        let rules = rules.iter().map(|rule| told_rule(rule, version(rule), &mutes)).collect();
        let watched = done_through(&self.pool, &code, Work::Watching).await?;
        Ok(Response::new(ListWatchRulesResponse {
            rules,
            method: METHOD.to_owned(),
            watched_through: watched.map(|day| day.to_string()).unwrap_or_default(),
        }))
    }

    async fn list_alerts(
        &self,
        request: Request<ListAlertsRequest>,
    ) -> Result<Response<ListAlertsResponse>, Status> {
        let code = principal(&request)?.county_of(&request.get_ref().county)?.to_owned();
        let asked = request.into_inner();
        let after: Option<(i64, Uuid)> = paging::read(&asked.page_token)
            .map_err(|_| StatisticsError::wrong("pageToken", "a token of a page of this method"))?;
        let after = after.and_then(|(at, id)| Some((Timestamp::from_microsecond(at).ok()?, id)));
        let size = paging::size(asked.page_size, ALERTS_ON_A_PAGE, MOST_ALERTS_ON_A_PAGE);
        let most = size.saturating_add(1);
        let mut alerts = self.alerts.list(&code, &asked.rule, asked.unseen, after, most).await?;
        let more = paging::cut(&mut alerts, size, |one| one.reason.len());
        let last = alerts.last().filter(|_| more);
        let key = last.map(|one| (one.raised_at.as_microsecond(), one.alert_id));
        let next_page_token = key.map(|key| paging::write(&key)).unwrap_or_default();
        Ok(Response::new(ListAlertsResponse { alerts: alerts.iter().map(told).collect(), next_page_token }))
    }

    async fn acknowledge_alert(
        &self,
        request: Request<AcknowledgeAlertRequest>,
    ) -> Result<Response<AcknowledgeAlertResponse>, Status> {
        let who = principal(&request)?.clone();
        let asked = request.into_inner();
        let code = who.county_of(&asked.county)?.to_owned();
        if asked.verdict() == AlertVerdict::Unspecified {
            return Err(StatisticsError::wrong("verdict", "REAL or FALSE").into());
        }
        let note = reason("note", &asked.note)?;
        let decision = Decision { by: &who.name, at: self.clock.now(), reason: &note };
        let alert_id = id("alertId", &asked.alert_id)?;
        let kept = self.alerts.acknowledge(&code, alert_id, asked.verdict(), decision).await?;
        let kept = kept.ok_or(StatisticsError::AcknowledgedAlready)?;
        Ok(Response::new(AcknowledgeAlertResponse { alert: Some(told(&kept)) }))
    }

    async fn mute_watch(
        &self,
        request: Request<MuteWatchRequest>,
    ) -> Result<Response<MuteWatchResponse>, Status> {
        let who = principal(&request)?.clone();
        let asked = request.into_inner();
        let code = who.county_of(&asked.county)?.to_owned();
        if self.counties.rules(&code)?.iter().all(|rule| rule.id != asked.rule) {
            return Err(StatisticsError::wrong("rule", "the id of a rule of the county").into());
        }
        if asked.series.len() > LONGEST_SERIES || asked.series.contains('\0') {
            return Err(StatisticsError::wrong("series", "a code of at most 64 characters").into());
        }
        let now = self.clock.now();
        let until = asked.until.as_ref().map(|until| {
            let latest = now.checked_add(LONGEST_MUTE).unwrap_or(now);
            from_proto(until)
                .filter(|until| *until > now && *until <= latest)
                .ok_or_else(|| StatisticsError::wrong("until", "later than now, within a year"))
        });
        let until = until.transpose()?;
        let why = reason("reason", &asked.reason)?;
        let decision = Decision { by: &who.name, at: now, reason: &why };
        self.alerts.mute(&code, &asked.rule, &asked.series, until, decision).await?;
        Ok(Response::new(MuteWatchResponse { mutes: self.mutes(&code, &asked.rule).await? }))
    }
}

fn told_rule(rule: &Rule, definition_version: i32, mutes: &[Mute]) -> WatchRule {
    WatchRule {
        rule: rule.id.clone(),
        name: rule.name.clone(),
        indicator: rule.indicator.clone(),
        definition_version,
        by: rule.by.dimension().map_or(0, i32::from),
        area_level: rule.by.area_level().into(),
        r#move: rule.moves.told().into(),
        window_days: rule.window_days.clone(),
        past_windows: i32::try_from(rule.past_windows).unwrap_or(i32::MAX),
        chance: rule.chance,
        least: i32::try_from(rule.least).unwrap_or(i32::MAX),
        quiet_days: rule.quiet_days,
        lag_days: rule.lag_days,
        mutes: mutes.iter().filter(|mute| mute.rule == rule.id).map(muted).collect(),
    }
}

fn muted(mute: &Mute) -> WatchMute {
    WatchMute {
        series: mute.series.clone(),
        until: Some(to_proto(mute.until())),
        reason: mute.reason.clone(),
        muted_by: mute.muted_by.clone(),
        muted_at: Some(to_proto(mute.muted_at())),
    }
}

fn told(alert: &Alert) -> ToldAlert {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    // What a plain count is out of are days, which are said as such.
    let out_of = |room: u64| if alert.moves == Move::CountRises { 0 } else { number(room) };
    ToldAlert {
        alert_id: alert.alert_id.to_string(),
        rule: alert.rule.clone(),
        rule_name: alert.rule_name.clone(),
        indicator: alert.indicator.clone(),
        definition_version: alert.definition_version,
        r#move: alert.moves.told().into(),
        series: alert.series.clone(),
        series_name: alert.series_name.clone(),
        day: alert.days.last.to_string(),
        window_days: alert.days.count(),
        observed: number(alert.observed.events),
        observed_of: out_of(alert.observed.room),
        expected: alert.expected,
        limit: number(alert.limit),
        past: number(alert.past.events),
        past_of: out_of(alert.past.room),
        past_windows: i32::try_from(alert.past_windows).unwrap_or(i32::MAX),
        scatter: alert.scatter,
        chance: alert.chance,
        reason: alert.reason.clone(),
        raised_at: Some(to_proto(alert.raised_at)),
        verdict: alert.seen.as_ref().map_or(0, |seen| seen.verdict.into()),
        acknowledged_by: alert.seen.as_ref().map(|seen| seen.by.clone()).unwrap_or_default(),
        acknowledged_at: alert.seen.as_ref().map(|seen| to_proto(seen.at)),
        note: alert.seen.as_ref().map(|seen| seen.note.clone()).unwrap_or_default(),
    }
}
