//! Who asks for a page, or where they are sent instead.

use axum::{
    http::HeaderMap,
    response::{IntoResponse as _, Redirect, Response},
};
use fengqiao_county::County;
use fengqiao_serving::time::now;
use fengqiao_signin::{Signed, edge::session_of};
use jiff::Timestamp;

use super::{Desk, language::Language, refusal, sign_in};
use crate::answering::Answerer;

/// The page that is shown instead. Boxed: most visits need none.
pub(super) type Instead = Box<Response>;

/// Someone who is signed in and looks at a page.
pub(super) struct Visit<'a> {
    pub language: Language,
    pub signed: Signed,
    pub county: &'a County,
    pub now: Timestamp,
}

impl Visit<'_> {
    /// A time as the county has it.
    pub fn minute(&self, at: Timestamp) -> String {
        at.to_zoned_datetime(self.county.time_zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// A day as the county has it, for paper.
    pub fn day(&self, at: Timestamp) -> String {
        let form = self.language.say("%Y年%-m月%-d日", "%Y-%m-%d");
        at.to_zoned_datetime(self.county.time_zone.clone()).strftime(form).to_string()
    }

    /// The first moment of the county's next day.
    pub fn tomorrow(&self) -> Timestamp {
        // Beyond the years that there are everything is today.
        let tomorrow = self.county.day(self.now).tomorrow();
        tomorrow
            .and_then(|day| self.county.time_zone.to_timestamp(day.at(0, 0, 0, 0)))
            .unwrap_or(Timestamp::MAX)
    }

    /// In whose name one acts here.
    pub fn answerer(&self) -> Answerer {
        let account = &self.signed.account;
        Answerer {
            county: self.signed.county.clone(),
            agency: account.agency.clone(),
            actor: account.person.clone(),
            capacity: account.post.clone(),
        }
    }
}

impl Desk {
    /// Who is signed in; else the page that is to be shown instead. Who has a first password changes it before all else.
    pub(super) async fn visit(&self, headers: &HeaderMap) -> Result<Visit<'_>, Instead> {
        let visit = self.visit_before_change(headers).await?;
        if visit.signed.account.must_change {
            return Err(Redirect::to("/password").into_response().into());
        }
        Ok(visit)
    }

    /// Who is signed in, also with a password that has to be changed.
    pub(super) async fn visit_before_change(&self, headers: &HeaderMap) -> Result<Visit<'_>, Instead> {
        let (language, now) = (Language::of(headers), now());
        let to_door = || Instead::from(Redirect::to(sign_in::PATH).into_response());
        let token = session_of(headers).ok_or_else(to_door)?;
        let signed = self.door.signed(token, now).await;
        let signed = signed.map_err(|error| Instead::from(refusal::at_the_door(language, &error)))?;
        let signed = signed.ok_or_else(to_door)?;
        let county = self.counties.get(&signed.county).ok_or_else(to_door)?;
        Ok(Visit { language, signed, county, now })
    }
}
