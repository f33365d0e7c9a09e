//! Who came before, over gRPC: the links as a whole, and what officers decide of them.

use std::{pin::Pin, sync::Arc};

use fengqiao_access::{Principal, principal};
use fengqiao_linkage::Kind;
use fengqiao_masking::mask;
use fengqiao_messaging::Outbox;
use fengqiao_proto::intake::v1::{
    self as proto, ConfirmLinkRequest, ConfirmLinkResponse, JoinClustersRequest, JoinClustersResponse,
    LinkSubject, ListLinkDecisionsRequest, ListLinkDecisionsResponse, ListLinksRequest, ListLinksResponse,
    SplitReportsRequest, SplitReportsResponse, UndoLinkDecisionRequest, UndoLinkDecisionResponse,
    linkage_service_server::{LinkageService, LinkageServiceServer},
};
use fengqiao_serving::{
    MAX_MESSAGE_BYTES, paging,
    time::{self, to_proto},
};
use futures::{Stream, TryStreamExt as _, stream};
use jiff::SignedDuration;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::{
    domain::text,
    error::IntakeError,
    intake::Intake,
    linking::{Linking, Saying, Word},
    store::{self, LinkAct, LinkDecision, StoredLink, Undone},
};

use super::queries::in_time;

const USUAL_PAGE: u16 = 50;
const LARGEST_PAGE: u16 = 500;
/// The links that go into one message of the stream.
const LINKS_AT_ONCE: i64 = 2_000;
const REQUEST_ID_LENGTH: usize = 64;
const REASON_LENGTH: usize = 500;
const MOST_SPLIT: usize = 500;

/// Serves `fengqiao.intake.v1.LinkageService`.
#[derive(Clone)]
pub struct LinkageFace {
    intake: Arc<Intake>,
    linking: Linking,
}

impl LinkageFace {
    /// A face of this service; `outbox` takes what is told of clusters.
    #[must_use]
    pub fn new(intake: Arc<Intake>, outbox: Outbox) -> Self {
        let linking = Linking { pool: intake.pool.clone(), outbox };
        Self { intake, linking }
    }

    /// The service to be served.
    #[must_use]
    pub fn into_server(self) -> LinkageServiceServer<Self> {
        LinkageServiceServer::new(self).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    async fn decide(
        &self,
        who: &Principal,
        county: &str,
        (request_id, reason): (&str, &str),
        subject: LinkSubject,
        word: Word,
    ) -> Result<Option<proto::LinkDecision>, IntakeError> {
        let county = self.intake.county_of(who, county)?;
        let settings = &self.intake.reception.county(county)?.settings;
        // Who decides writes as people write: numbers too. The decision is kept and listed for long.
        let reason = mask(line("reason", reason, REASON_LENGTH)?, &[]);
        let saying = Saying {
            county,
            window: SignedDuration::from_hours(24 * i64::from(settings.repeat_window_days)),
            kind: kind_of(subject)?,
            word,
            by: &who.name,
            reason: &reason,
            request_id: line("requestId", request_id, REQUEST_ID_LENGTH)?,
            now: time::now(),
        };
        Ok(Some(message(self.linking.say(&saying).await?)))
    }
}

type Links = Pin<Box<dyn Stream<Item = Result<ListLinksResponse, Status>> + Send>>;

#[tonic::async_trait]
impl LinkageService for LinkageFace {
    type ListLinksStream = Links;

    async fn list_links(&self, request: Request<ListLinksRequest>) -> Result<Response<Links>, Status> {
        let who = principal(&request)?;
        let county = self.intake.county_of(who, &request.get_ref().county)?.to_owned();
        let after = match request.get_ref().after_report_id.as_str() {
            "" => Uuid::nil(),
            id => report_id(id, "afterReportId")?,
        };
        let pool = self.intake.pool.clone();
        let pages = stream::try_unfold(Some(after), move |after| {
            let (pool, county) = (pool.clone(), county.clone());
            async move {
                let Some(after) = after else { return Ok(None) };
                let links = in_time(store::links(&pool, &county, after, LINKS_AT_ONCE)).await?;
                let next = links.last().filter(|_| links.len() as i64 == LINKS_AT_ONCE);
                let next = next.map(|link| link.report_id);
                let page = ListLinksResponse { links: links.into_iter().map(link).collect() };
                Ok::<_, IntakeError>((!page.links.is_empty()).then_some((page, next)))
            }
        });
        Ok(Response::new(Box::pin(pages.map_err(Status::from))))
    }

    async fn confirm_link(
        &self,
        request: Request<ConfirmLinkRequest>,
    ) -> Result<Response<ConfirmLinkResponse>, Status> {
        let (who, asked) = (principal(&request)?, request.get_ref());
        let word = Word::Confirm(report_id(&asked.report_id, "reportId")?);
        let said = (asked.request_id.as_str(), asked.reason.as_str());
        let decision = self.decide(who, &asked.county, said, asked.subject(), word).await?;
        Ok(Response::new(ConfirmLinkResponse { decision }))
    }

    async fn join_clusters(
        &self,
        request: Request<JoinClustersRequest>,
    ) -> Result<Response<JoinClustersResponse>, Status> {
        let (who, asked) = (principal(&request)?, request.get_ref());
        let word = Word::Join {
            kept: report_id(&asked.kept_id, "keptId")?,
            absorbed: report_id(&asked.absorbed_id, "absorbedId")?,
        };
        let said = (asked.request_id.as_str(), asked.reason.as_str());
        let decision = self.decide(who, &asked.county, said, asked.subject(), word).await?;
        Ok(Response::new(JoinClustersResponse { decision }))
    }

    async fn split_reports(
        &self,
        request: Request<SplitReportsRequest>,
    ) -> Result<Response<SplitReportsResponse>, Status> {
        let (who, asked) = (principal(&request)?, request.get_ref());
        if !(1..=MOST_SPLIT).contains(&asked.report_ids.len()) {
            return Err(IntakeError::invalid("reportIds", format!("must be 1 to {MOST_SPLIT}")).into());
        }
        let read = |(index, id): (usize, &String)| report_id(id, &format!("reportIds[{index}]"));
        let reports = asked.report_ids.iter().enumerate().map(read).collect::<Result<_, _>>()?;
        let said = (asked.request_id.as_str(), asked.reason.as_str());
        let decision = self.decide(who, &asked.county, said, asked.subject(), Word::Split(reports)).await?;
        Ok(Response::new(SplitReportsResponse { decision }))
    }

    async fn undo_link_decision(
        &self,
        request: Request<UndoLinkDecisionRequest>,
    ) -> Result<Response<UndoLinkDecisionResponse>, Status> {
        let (who, asked) = (principal(&request)?, request.get_ref());
        let county = self.intake.county_of(who, &asked.county)?;
        let reason = mask(line("reason", &asked.reason, REASON_LENGTH)?, &[]);
        let undone = Undone { by: who.name.clone(), reason, at: time::now() };
        let decision = report_id(&asked.decision_id, "decisionId")?;
        let decision = self.linking.undo(county, decision, undone).await?;
        Ok(Response::new(UndoLinkDecisionResponse { decision: Some(message(decision)) }))
    }

    async fn list_link_decisions(
        &self,
        request: Request<ListLinkDecisionsRequest>,
    ) -> Result<Response<ListLinkDecisionsResponse>, Status> {
        let (who, asked) = (principal(&request)?, request.get_ref());
        let county = self.intake.county_of(who, &asked.county)?;
        let limit = paging::size(asked.page_size, USUAL_PAGE, LARGEST_PAGE);
        let before = paging::read(&asked.page_token)
            .map_err(|_| IntakeError::invalid("pageToken", "must be the nextPageToken of the page before"))?;
        let cluster = match asked.cluster_id.as_str() {
            "" => None,
            id => Some(report_id(id, "clusterId")?),
        };
        let pool = &self.intake.pool;
        let mut decisions = in_time(store::list_decisions(pool, county, before, cluster, limit + 1))
            .await
            .map_err(IntakeError::from)?;
        let more = paging::cut(&mut decisions, limit, |decision| 40 * decision.report_ids.len());
        let next_page_token = match decisions.last() {
            Some(last) if more => paging::write(&last.decision_id),
            _ => String::new(),
        };
        let decisions = decisions.into_iter().map(message).collect();
        Ok(Response::new(ListLinkDecisionsResponse { decisions, next_page_token }))
    }
}

fn link(stored: StoredLink) -> proto::Link {
    proto::Link {
        report_id: stored.report_id.to_string(),
        source: stored.source.into(),
        source_ref: stored.source_ref,
        person_id: stored.person_id.to_string(),
        household_id: stored.household_id.to_string(),
        cluster_id: stored.cluster_id.to_string(),
    }
}

fn message(decision: LinkDecision) -> proto::LinkDecision {
    let undone = decision.undone.as_ref();
    proto::LinkDecision {
        decision_id: decision.decision_id.to_string(),
        subject: match decision.kind {
            Kind::Person => LinkSubject::Person,
            Kind::Household => LinkSubject::Household,
            Kind::Case => LinkSubject::Case,
        }
        .into(),
        act: match decision.act {
            LinkAct::Confirm => proto::LinkAct::Confirm,
            LinkAct::Join => proto::LinkAct::Join,
            LinkAct::Split => proto::LinkAct::Split,
        }
        .into(),
        cluster_id: decision.cluster_id.to_string(),
        other_id: decision.other_id.map(|other| other.to_string()).unwrap_or_default(),
        report_ids: decision.report_ids.iter().map(Uuid::to_string).collect(),
        undone_by: undone.map(|undone| undone.by.clone()).unwrap_or_default(),
        undone_reason: undone.map(|undone| undone.reason.clone()).unwrap_or_default(),
        undone_at: undone.map(|undone| to_proto(undone.at)),
        decided_by: decision.decided_by,
        reason: decision.reason,
        decided_at: Some(to_proto(decision.decided_at)),
    }
}

fn kind_of(subject: LinkSubject) -> Result<Kind, IntakeError> {
    match subject {
        LinkSubject::Person => Ok(Kind::Person),
        LinkSubject::Household => Ok(Kind::Household),
        LinkSubject::Case => Ok(Kind::Case),
        LinkSubject::Unspecified => Err(IntakeError::invalid("subject", "must be given")),
    }
}

fn report_id(text: &str, field: &str) -> Result<Uuid, IntakeError> {
    Uuid::try_parse(text).map_err(|_| IntakeError::invalid(field, "must be a UUID"))
}

fn line<'a>(field: &str, given: &'a str, most: usize) -> Result<&'a str, IntakeError> {
    if given.trim().is_empty() {
        return Err(IntakeError::invalid(field, "must be given"));
    }
    text::single_line(given, most).map_err(|fault| IntakeError::invalid(field, &fault))?;
    Ok(given)
}
