//! The gRPC face of routing: reads requests, asks the store or the commands, writes messages.

mod act_fields;
mod actor;
mod acts;
mod alerts;
mod audit;
pub(crate) mod contract;
mod docket;
mod duties;
mod duty_fields;
mod links;
mod mediators;
mod meetings;
mod merge_suggestions;
mod messages;
mod protected;
mod requests;
mod roster;
mod settings;
mod watching;
mod work;

pub use audit::AuditFace;

use std::sync::Arc;

use fengqiao_access::{Principal, principal};
use fengqiao_proto::routing::v1::{
    ActOnCaseRequest, ActOnCaseResponse, AssignCaseRequest, AssignCaseResponse, Case, CloseCaseRequest,
    CloseCaseResponse, CommentCaseRequest, CommentCaseResponse, GetCaseRequest, GetCaseResponse,
    ListAgenciesRequest, ListAgenciesResponse, ListCaseHistoryRequest, ListCaseHistoryResponse,
    ListCasesRequest, ListCasesResponse, MergeCasesRequest, MergeCasesResponse, RelevelCaseRequest,
    RelevelCaseResponse, ResolveCaseRequest, ResolveCaseResponse, SplitCaseRequest, SplitCaseResponse,
    UndoMergeRequest, UndoMergeResponse, WatchCaseRequest,
    routing_service_server::{RoutingService, RoutingServiceServer},
    work_service_server::WorkServiceServer,
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::{MAX_MESSAGE_BYTES, paging, status};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

pub use settings::SettingsFace;

use self::{acts::Acting, messages::View};
use crate::{
    commands::{Command, Commands},
    counties::{RoutingCounties, RoutingCounty},
    domain::{acts::Act, case::CaseFile, case_number::CaseName},
    error::RoutingError,
    store::{case_rest, find_case, list_cases, list_history},
    watchers::Watchers,
};

/// The face.
#[derive(Clone)]
pub struct RoutingFace {
    /// Connections in routing's schema.
    pub pool: PgPool,
    /// The counties.
    pub counties: Arc<RoutingCounties>,
    /// Opens personal data for those who may see it.
    pub keyring: Arc<Keyring>,
    /// Runs commands.
    pub commands: Commands,
    /// Who watches which case.
    pub watchers: Watchers,
    /// Cancelled when the process is to end.
    pub stop: CancellationToken,
}

/// What every command's request holds.
struct CommandRequest<'a> {
    county: &'a str,
    case: &'a str,
    request_id: &'a str,
    etag: &'a str,
    capacity: &'a str,
}

impl RoutingFace {
    /// The service to be served.
    #[must_use]
    pub fn into_server(self) -> RoutingServiceServer<Self> {
        RoutingServiceServer::new(self).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// The service of what is owed, to be served.
    #[must_use]
    pub fn into_work_server(self) -> WorkServiceServer<Self> {
        WorkServiceServer::new(self).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    fn place(&self, who: &Principal, requested: &str) -> Result<&Arc<RoutingCounty>, Status> {
        let county = who.county_of(requested)?;
        self.counties.get(county).ok_or_else(|| status::not_found("county"))
    }

    /// A case that the caller may see.
    async fn seen_case(
        &self,
        place: &RoutingCounty,
        who: &Principal,
        case: &str,
    ) -> Result<CaseFile, RoutingError> {
        let name = requests::case_name(case)?;
        find_case(&self.pool, &self.keyring, &place.county.code, &name, who.agency.as_deref()).await
    }

    /// A case with everything that belongs to it, as this caller sees it.
    async fn whole_case(
        &self,
        place: &RoutingCounty,
        who: &Principal,
        case: &CaseFile,
    ) -> Result<Case, RoutingError> {
        let rest = case_rest(&self.pool, &place.county.code, case.id).await?;
        self.view(place, who, case).whole(case, rest, &self.keyring)
    }

    /// How this caller sees a case now.
    fn view<'a>(&self, place: &'a RoutingCounty, who: &Principal, case: &CaseFile) -> View<'a> {
        let rulebook = place.rulebook();
        let (agency, docket, directory) = (who.agency.as_deref(), &case.docket, &rulebook.directory);
        let people = docket.shows_people_to(agency, directory.desk());
        let withheld = agency.map(|code| rulebook.practice.withheld_from(code, directory, &docket.tags));
        View {
            people,
            withheld: withheld.unwrap_or_default(),
            now: self.commands.clock.now(),
            place,
            rulebook,
        }
    }

    /// What a command answers: what was read with the case; the rest is for who asks for it. Of a protected case no
    /// more than lists show: a command is no reading of it, and keeps none.
    fn answer(&self, place: &RoutingCounty, who: &Principal, case: &CaseFile) -> Case {
        let view = self.view(place, who, case);
        if case.docket.is_protected() { view.brief(case) } else { view.with_docket(case) }
    }

    async fn run(
        &self,
        who: &Principal,
        request: CommandRequest<'_>,
        act: impl FnOnce(&Acting<'_>) -> Result<Act, RoutingError>,
    ) -> Result<Option<Case>, Status> {
        let place = self.place(who, request.county)?;
        let case = self.carry_out(who, request, act).await?;
        Ok(Some(self.answer(place, who, &case)))
    }

    /// Runs a command, and gives the case as it is after it.
    async fn carry_out(
        &self,
        who: &Principal,
        request: CommandRequest<'_>,
        act: impl FnOnce(&Acting<'_>) -> Result<Act, RoutingError>,
    ) -> Result<CaseFile, Status> {
        let place = self.place(who, request.county)?;
        let case: CaseName = requests::case_name(request.case)?;
        requests::length("requestId", request.request_id, 1, 64)?;
        let rulebook = place.rulebook();
        let directory = &rulebook.directory;
        let now = self.commands.clock.now();
        let occasion = actor::acting(who, request.capacity, directory, &place.county.time_zone, now)?;
        let act = act(&Acting { directory, occasion: &occasion })?;
        let command = Command {
            actor: occasion,
            visible_to: who.agency.clone(),
            case,
            request_id: request.request_id.to_owned(),
            etag: request.etag.to_owned(),
            act,
        };
        Ok(self.commands.run(place, command).await?)
    }
}

#[tonic::async_trait]
impl RoutingService for RoutingFace {
    async fn get_case(&self, request: Request<GetCaseRequest>) -> Result<Response<GetCaseResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let case = self.seen_case(place, who, &asked.case).await?;
        self.keep_reading(place, who, &case, &asked.purpose).await?;
        let case = self.whole_case(place, who, &case).await?;
        Ok(Response::new(GetCaseResponse { case: Some(case) }))
    }

    async fn list_cases(
        &self,
        request: Request<ListCasesRequest>,
    ) -> Result<Response<ListCasesResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let (filter, after) = requests::case_list(asked, place, who.agency.as_deref())?;
        let size = paging::size(asked.page_size, 50, 500);
        let mut found =
            list_cases(&self.pool, &self.keyring, &place.county.code, &filter, size + 1, after).await?;
        let next_page_token = requests::next_page(&mut found, size, |_| 0, requests::case_list_token);
        let practice = &place.rulebook().practice;
        let (mut cases, mut unreadable) = (Vec::with_capacity(found.len()), Vec::new());
        for listed in found {
            match listed.case {
                Ok(case) => cases.push(messages::brief_case(&case, place, practice)),
                Err(case) => unreadable.push(case),
            }
        }
        // One case that cannot be read hides no other.
        place.put_aside.put(&place.county.code, &unreadable, self.commands.clock.now())?;
        let unreadable_case_ids = unreadable.into_iter().map(|case| case.id.to_string()).collect();
        Ok(Response::new(ListCasesResponse { cases, next_page_token, unreadable_case_ids }))
    }

    async fn list_case_history(
        &self,
        request: Request<ListCaseHistoryRequest>,
    ) -> Result<Response<ListCaseHistoryResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let after = requests::page_token::<i64>(&asked.page_token)?.unwrap_or(0);
        let case = self.seen_case(place, who, &asked.case).await?;
        self.keep_reading(place, who, &case, &asked.purpose).await?;
        let remarks = self.view(place, who, &case).remarks(&case, &self.keyring)?;
        let size = paging::size(asked.page_size, 200, 1_000);
        let mut found = list_history(&self.pool, &place.county.code, case.id, after, size + 1).await?;
        let long = |entry: &crate::store::StoredEntry| entry.sealed_remark.as_ref().map_or(0, Vec::len);
        let next_page_token =
            requests::next_page(&mut found, size, long, |entry| paging::write(&entry.sequence));
        let entries = found
            .into_iter()
            .map(|entry| messages::history_entry(entry, &place.county.code, &remarks, &self.keyring))
            .collect::<Result<_, _>>()?;
        Ok(Response::new(ListCaseHistoryResponse { entries, next_page_token }))
    }

    type WatchCaseStream = watching::History;

    async fn watch_case(
        &self,
        request: Request<WatchCaseRequest>,
    ) -> Result<Response<watching::History>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        if asked.after_sequence < 0 {
            return Err(RoutingError::invalid("afterSequence", "must not be negative").into());
        }
        let case = self.seen_case(place, who, &asked.case).await?;
        self.keep_reading(place, who, &case, &asked.purpose).await?;
        let watch = watching::Watch {
            face: self.clone(),
            place: Arc::clone(place),
            who: who.clone(),
            purpose: asked.purpose.clone(),
            reading_kept: case.docket.is_protected(),
            case_id: case.id,
            after: asked.after_sequence,
            remarks: messages::Remarks::Hidden,
            watcher: self.watchers.watch(case.id)?,
        };
        Ok(Response::new(watch.history()))
    }

    async fn relevel_case(
        &self,
        request: Request<RelevelCaseRequest>,
    ) -> Result<Response<RelevelCaseResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let command = CommandRequest {
            county: &asked.county,
            case: &asked.case,
            request_id: &asked.request_id,
            etag: &asked.etag,
            capacity: &asked.capacity,
        };
        let case = self.run(who, command, |_| requests::relevel(asked)).await?;
        Ok(Response::new(RelevelCaseResponse { case }))
    }

    async fn assign_case(
        &self,
        request: Request<AssignCaseRequest>,
    ) -> Result<Response<AssignCaseResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let command = CommandRequest {
            county: &asked.county,
            case: &asked.case,
            request_id: &asked.request_id,
            etag: &asked.etag,
            capacity: &asked.capacity,
        };
        let case = self.run(who, command, |acting| requests::assign(asked, acting.directory)).await?;
        Ok(Response::new(AssignCaseResponse { case }))
    }

    async fn resolve_case(
        &self,
        request: Request<ResolveCaseRequest>,
    ) -> Result<Response<ResolveCaseResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let command = CommandRequest {
            county: &asked.county,
            case: &asked.case,
            request_id: &asked.request_id,
            etag: &asked.etag,
            capacity: &asked.capacity,
        };
        let case = self.run(who, command, |_| requests::resolve(asked)).await?;
        Ok(Response::new(ResolveCaseResponse { case }))
    }

    async fn close_case(
        &self,
        request: Request<CloseCaseRequest>,
    ) -> Result<Response<CloseCaseResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let command = CommandRequest {
            county: &asked.county,
            case: &asked.case,
            request_id: &asked.request_id,
            etag: &asked.etag,
            capacity: &asked.capacity,
        };
        let case = self.run(who, command, |_| requests::close(asked)).await?;
        Ok(Response::new(CloseCaseResponse { case }))
    }

    async fn comment_case(
        &self,
        request: Request<CommentCaseRequest>,
    ) -> Result<Response<CommentCaseResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let command = CommandRequest {
            county: &asked.county,
            case: &asked.case,
            request_id: &asked.request_id,
            etag: "",
            capacity: &asked.capacity,
        };
        let case = self.run(who, command, |_| requests::comment(asked)).await?;
        Ok(Response::new(CommentCaseResponse { case }))
    }

    async fn act_on_case(
        &self,
        request: Request<ActOnCaseRequest>,
    ) -> Result<Response<ActOnCaseResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let command = CommandRequest {
            county: &asked.county,
            case: &asked.case,
            request_id: &asked.request_id,
            etag: &asked.etag,
            capacity: &asked.capacity,
        };
        let case = self.run(who, command, |acting| acts::act(asked, acting)).await?;
        Ok(Response::new(ActOnCaseResponse { case }))
    }

    async fn merge_cases(
        &self,
        request: Request<MergeCasesRequest>,
    ) -> Result<Response<MergeCasesResponse>, Status> {
        links::merge_cases(self, &request).await.map(Response::new)
    }

    async fn undo_merge(
        &self,
        request: Request<UndoMergeRequest>,
    ) -> Result<Response<UndoMergeResponse>, Status> {
        links::undo_merge(self, &request).await.map(Response::new)
    }

    async fn split_case(
        &self,
        request: Request<SplitCaseRequest>,
    ) -> Result<Response<SplitCaseResponse>, Status> {
        links::split_case(self, &request).await.map(Response::new)
    }

    async fn list_agencies(
        &self,
        request: Request<ListAgenciesRequest>,
    ) -> Result<Response<ListAgenciesResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let after = requests::page_token::<String>(&asked.page_token)?.unwrap_or_default();
        let size = paging::size(asked.page_size, 500, 1_000);
        let most = usize::try_from(size).unwrap_or_default() + 1;
        let rulebook = place.rulebook();
        let loaded_at = rulebook.directory.loaded_at();
        let mut agencies: Vec<_> = rulebook
            .directory
            .agencies_after(&after)
            .take(most)
            .map(|agency| messages::agency(agency, loaded_at))
            .collect();
        let next_page_token =
            requests::next_page(&mut agencies, size, |_| 0, |agency| paging::write(&agency.code));
        Ok(Response::new(ListAgenciesResponse { agencies, next_page_token }))
    }
}
