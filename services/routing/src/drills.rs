//! Starting an exercise or a technical test, without a report.

use std::collections::BTreeMap;

use fengqiao_proto::types::v1::{Matter, Source};
use fengqiao_telemetry::trace;

use crate::{
    alone::{Alone, Said},
    commands::{Commands, count_command},
    counties::RoutingCounty,
    domain::{
        case::CaseFile,
        case_number::{CaseName, case_number, series_day},
        drill::Drill,
        history::Occasion,
        transition::open_drill,
        wording::short_source,
    },
    error::RoutingError,
    sealed_matters,
    store::{bounded, find_case, last_number},
};

impl Commands {
    /// Starts an exercise and returns its case. The same request id with the same command starts nothing more.
    ///
    /// # Errors
    /// [`RoutingError`]
    pub async fn start_drill(
        &self,
        place: &RoutingCounty,
        actor: &Occasion,
        request_id: &str,
        drill: Drill,
    ) -> Result<CaseFile, RoutingError> {
        let started = self.start_in_turn(place, actor, request_id, drill).await;
        count_command(place, "start_drill", started.as_ref().err());
        started
    }

    async fn start_in_turn(
        &self,
        place: &RoutingCounty,
        actor: &Occasion,
        request_id: &str,
        drill: Drill,
    ) -> Result<CaseFile, RoutingError> {
        let county = place.county.code.as_str();
        let text = format!("start drill {drill:?}");
        let said = Said { county, actor: &actor.actor, request_id, text, at: actor.at };
        let id = said.id(&self.keyring, 0);
        let _turn = place.alone().await;
        let mut conn = bounded("connect", self.pool.acquire()).await?;
        let mut alone = Alone::begin(&mut conn, &self.keyring, &said, &[]).await?;
        if alone.repeated {
            drop(alone);
            return find_case(&self.pool, &self.keyring, county, &CaseName::Id(id), None).await;
        }
        let day = series_day(actor.at, &place.county.time_zone);
        let number = last_number(&mut alone.tx, county, &day).await?.saturating_add(1);
        let matter = sealed_matters::seal(&Matter::default(), county, &self.keyring);
        let test = drill.test;
        let opening = drill.opening(id, case_number(&day, number), actor, matter);
        let rulebook = place.rulebook();
        let today = place.county.day(actor.at);
        let source = short_source(Source::Unspecified);
        let responsible =
            rulebook.directory.responsible(&opening.area_code, &opening.category, source, today);
        let change = open_drill(opening, test, actor, rulebook.setting(&place.county, &responsible));
        let case = change.case.clone();
        alone.ledger.add(change, None, place, trace::current().as_deref());
        alone.ledger.changes.set_series(&BTreeMap::from([(day, number)]));
        alone.end(&said, id, self.heard()).await?;
        Ok(case)
    }
}
