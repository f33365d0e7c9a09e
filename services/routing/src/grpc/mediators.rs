//! Who can mediate, as the contract has it.

use fengqiao_county::MAX_NAME_CHARS;
use fengqiao_proto::routing::v1::{ListMediatorsRequest, ListMediatorsResponse, Mediator as MediatorMessage};
use fengqiao_serving::paging;

use super::{
    contract::{self, MEDIATORS},
    requests,
};
use crate::{counties::RoutingCounty, directory::Mediator, error::RoutingError};

/// A page of those who have a skill, the nearest to an area first.
pub(super) fn page(
    asked: &ListMediatorsRequest,
    place: &RoutingCounty,
) -> Result<ListMediatorsResponse, RoutingError> {
    requests::length("skill", &asked.skill, 0, MAX_NAME_CHARS)?;
    let area = match asked.area_code.as_str() {
        "" => place.county.code.clone(),
        code => requests::area("areaCode", code, place)?,
    };
    let after = requests::page_token::<String>(&asked.page_token)?;
    let skill = requests::given(&asked.skill);
    let rulebook = place.rulebook();
    let mut found = rulebook.directory.mediators(skill.as_deref(), &area);
    if let Some(after) = after {
        let last = found.iter().position(|mediator| mediator.code == after).ok_or_else(|| {
            RoutingError::invalid("pageToken", "of another list, or the directory has changed: begin anew")
        })?;
        found.drain(..=last);
    }
    let size = paging::size(asked.page_size, 50, 500);
    let next_page_token =
        requests::next_page(&mut found, size, written, |mediator| paging::write(&mediator.code));
    let mediators = found.into_iter().map(|mediator| message(mediator, place)).collect();
    Ok(ListMediatorsResponse { mediators, next_page_token })
}

/// How long a mediator's words are, in bytes.
fn written(mediator: &&Mediator) -> usize {
    mediator.name.len() + mediator.skills.iter().map(String::len).sum::<usize>()
}

fn message(mediator: &Mediator, place: &RoutingCounty) -> MediatorMessage {
    MediatorMessage {
        code: mediator.code.clone(),
        name: mediator.name.clone(),
        kind: contract::told(MEDIATORS, &mediator.kind),
        members: i32::try_from(mediator.members).unwrap_or(i32::MAX),
        area_code: mediator.area_code.clone(),
        area_name: place.county.areas.now().name_path(&mediator.area_code),
        skills: mediator.skills.clone(),
    }
}
