//! Who asks for a page, or where they are sent instead.

use axum::{
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
};
use fengqiao_county::County;
use fengqiao_serving::time::now;
use fengqiao_signin::{Signed, edge::session_of};
use jiff::Timestamp;

use crate::{Entrance, Language, entry, refusal};

/// The page that is shown instead: what a handler gives where a visit is none. Boxed: most visits need none.
#[derive(Debug)]
pub struct Instead(Box<Response>);

impl From<Response> for Instead {
    fn from(page: Response) -> Self {
        Self(Box::new(page))
    }
}

impl IntoResponse for Instead {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// Someone who is signed in and looks at a page.
pub struct Visit<'a> {
    /// In which language.
    pub language: Language,
    /// Who.
    pub signed: Signed,
    /// The county.
    pub county: &'a County,
    /// When.
    pub now: Timestamp,
}

impl Visit<'_> {
    /// A time as the county has it.
    #[must_use]
    pub fn minute(&self, at: Timestamp) -> String {
        at.to_zoned_datetime(self.county.time_zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// A day as the county has it, for paper.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> String {
        let form = self.language.say("%Y年%-m月%-d日", "%Y-%m-%d");
        at.to_zoned_datetime(self.county.time_zone.clone()).strftime(form).to_string()
    }

    /// The first moment of the county's next day.
    #[must_use]
    pub fn tomorrow(&self) -> Timestamp {
        // Beyond the years that there are everything is today.
        let tomorrow = self.county.day(self.now).tomorrow();
        tomorrow
            .and_then(|day| self.county.time_zone.to_timestamp(day.at(0, 0, 0, 0)))
            .unwrap_or(Timestamp::MAX)
    }
}

impl Entrance {
    /// Who is signed in; else the page that is to be shown instead. Who has a first password changes it before all else.
    ///
    /// # Errors
    /// The page that is shown instead.
    pub async fn visit(&self, headers: &HeaderMap) -> Result<Visit<'_>, Instead> {
        let visit = self.visit_before_change(headers).await?;
        if visit.signed.account.must_change {
            return Err(Redirect::to(entry::PASSWORD).into_response().into());
        }
        Ok(visit)
    }

    /// Who is signed in, also with a password that has to be changed.
    ///
    /// # Errors
    /// The page that is shown instead.
    pub async fn visit_before_change(&self, headers: &HeaderMap) -> Result<Visit<'_>, Instead> {
        let (language, now) = (Language::of(headers), now());
        let to_door = || Instead::from(Redirect::to(entry::PATH).into_response());
        let token = session_of(headers).ok_or_else(to_door)?;
        let signed = self.door.signed(token, now).await;
        let signed =
            signed.map_err(|error| Instead::from(refusal::at_the_door(self.site, language, &error)))?;
        let signed = signed.ok_or_else(to_door)?;
        let county = self.counties.get(&signed.county).ok_or_else(to_door)?;
        Ok(Visit { language, signed, county, now })
    }
}
