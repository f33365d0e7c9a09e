//! The gRPC faces.

mod analysis;
mod bulletins;
mod facts;
mod figures;
mod watching;
mod written;

use fengqiao_access::Principal;
use fengqiao_proto::{statistics::v1::QueryIndicatorsRequest, types::v1::Role};

pub use self::{
    analysis::AnalysisFace, bulletins::BulletinFace, facts::FactsFace, figures::StatisticsFace,
    watching::WatchFace,
};
use crate::{domain::disclosure::Sight, error::StatisticsError};

/// An agency's question is about itself; one that names another asks for what it may not know of.
fn own_figures(
    who: &Principal,
    mut asked: QueryIndicatorsRequest,
) -> Result<QueryIndicatorsRequest, StatisticsError> {
    if who.role != Role::Agency {
        return Ok(asked);
    }
    let own = who.agency.clone().ok_or(StatisticsError::NotOwn)?;
    if asked.agencies.iter().any(|agency| *agency != own) {
        return Err(StatisticsError::NotOwn);
    }
    asked.agencies = vec![own];
    Ok(asked)
}

/// What a caller sees exactly.
fn sight(who: &Principal) -> Sight {
    Sight::of(who.area.as_deref())
}

/// What is told of the caller's own area only.
///
/// # Errors
/// [`StatisticsError::Question`] where the question is about more.
fn own_area(who: &Principal, asked: &QueryIndicatorsRequest) -> Result<(), StatisticsError> {
    match sight(who) {
        Sight::Area(own) if !sight(who).holds(&asked.area_code) => {
            Err(StatisticsError::wrong("areaCode", format!("inside {own}, the caller's own area")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal_of(role: Role, agency: Option<&str>) -> Principal {
        Principal {
            name: "someone".into(),
            county: "421181".into(),
            role,
            agency: agency.map(str::to_owned),
            source: None,
            area: None,
        }
    }

    fn asking_of(agencies: &[&str]) -> QueryIndicatorsRequest {
        QueryIndicatorsRequest {
            agencies: agencies.iter().map(|agency| (*agency).to_owned()).collect(),
            ..Default::default()
        }
    }

    #[test]
    fn an_agency_gets_its_own_figures_only() {
        let police = principal_of(Role::Agency, Some("police"));
        assert_eq!(own_figures(&police, asking_of(&[])).unwrap().agencies, ["police"]);
        assert_eq!(own_figures(&police, asking_of(&["police"])).unwrap().agencies, ["police"]);
        for others in [&["justice"][..], &["police", "justice"]] {
            assert!(matches!(own_figures(&police, asking_of(others)), Err(StatisticsError::NotOwn)));
        }
    }

    #[test]
    fn others_ask_about_whom_they_like() {
        let analyst = principal_of(Role::Analyst, None);
        assert!(own_figures(&analyst, asking_of(&[])).unwrap().agencies.is_empty());
        assert_eq!(own_figures(&analyst, asking_of(&["justice"])).unwrap().agencies, ["justice"]);
    }
}
