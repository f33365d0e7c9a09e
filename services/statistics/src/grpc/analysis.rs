//! What is behind figures: long answers, cases, rankings, published percentages, exclusions.

use std::{pin::Pin, sync::Arc};

use fengqiao_access::{Principal, principal};
use fengqiao_masking::mask;
use fengqiao_proto::statistics::v1::{
    CheckPublishedRequest, CheckPublishedResponse, ExcludeCaseRequest, ExcludeCaseResponse, FigureSide,
    GetLeagueTableRequest, GetLeagueTableResponse, IncludeCaseRequest, IncludeCaseResponse,
    ListExclusionsRequest, ListExclusionsResponse, ListFigureCasesRequest, ListFigureCasesResponse,
    PublishedKind, QueryIndicatorsRequest, StreamIndicatorsRequest, StreamIndicatorsResponse,
    analysis_service_server::AnalysisService,
};
use fengqiao_serving::{paging, time::Clock};
use futures::{Stream, stream::try_unfold};
use jiff::Timestamp;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{own_area, own_figures, written};
use crate::{
    answering::Answers,
    domain::{
        definition::{Definition, Denominator},
        language::{Condition, What},
        plan,
        published::{self, NotPublished, Printed, Published},
    },
    error::StatisticsError,
    leagues::Leagues,
    store::{Asked, Decision, Exclusions},
};

const CASES_ON_A_PAGE: u16 = 200;
const MOST_CASES_ON_A_PAGE: u16 = 2_000;
const EXCLUSIONS_ON_A_PAGE: u16 = 100;
const MOST_EXCLUSIONS_ON_A_PAGE: u16 = 500;
const LONGEST_REASON: usize = 500;

/// Looks behind figures.
#[derive(Debug)]
pub struct AnalysisFace {
    answers: Arc<Answers>,
    leagues: Leagues,
    exclusions: Exclusions,
    clock: Clock,
}

impl AnalysisFace {
    /// With these answers and exclusions, by this clock.
    pub fn new(answers: Arc<Answers>, exclusions: Exclusions, clock: Clock) -> Self {
        let leagues = Leagues::new(Arc::clone(&answers), exclusions.clone());
        Self { answers, leagues, exclusions, clock }
    }

    async fn cases(
        &self,
        code: &str,
        asked: &QueryIndicatorsRequest,
        request: &ListFigureCasesRequest,
    ) -> Result<ListFigureCasesResponse, StatisticsError> {
        let without_groups = QueryIndicatorsRequest { group_by: Vec::new(), ..asked.clone() };
        let question = self.answers.county(code)?.check(&without_groups).map_err(of_the_question)?;
        let definition = question
            .indicators
            .first()
            .filter(|_| question.indicators.len() == 1)
            .ok_or_else(|| StatisticsError::wrong("question.indicators", "exactly one"))?;
        let side = side(definition, request.side())?;
        let after: Option<Uuid> = paging::read(&request.page_token)
            .map_err(|_| StatisticsError::wrong("pageToken", "a token of a page of this method"))?;
        let size = paging::size(request.page_size, CASES_ON_A_PAGE, MOST_CASES_ON_A_PAGE);
        let _turn = self.answers.turn().await?;
        let to_count =
            Asked { county: code, question: &question, base: None, now: self.clock.now(), fair: false };
        let after = after.unwrap_or_default();
        let mut ids =
            self.answers.figures().cases(to_count, definition, &side, after, size.saturating_add(1)).await?;
        let more = paging::cut(&mut ids, size, |_| 0);
        let next_page_token = ids.last().filter(|_| more).map(paging::write).unwrap_or_default();
        Ok(ListFigureCasesResponse { case_ids: ids.iter().map(Uuid::to_string).collect(), next_page_token })
    }
}

/// Which facts a side of a figure has.
fn side(definition: &Definition, side: FigureSide) -> Result<Condition, StatisticsError> {
    let wrong = |right: &str| Err(StatisticsError::wrong("side", right));
    let counted = |measure| plan::counted(definition, measure);
    let numerator = counted(&definition.numerator);
    let adds_up = matches!(definition.numerator.what, What::Sum(_));
    match (side, &definition.denominator) {
        (FigureSide::Unspecified | FigureSide::Numerator, _) => Ok(numerator),
        (FigureSide::Denominator, Some(Denominator::Measured(measure))) => Ok(counted(measure)),
        (FigureSide::Rest, Some(Denominator::Measured(measure))) if !adds_up => {
            Ok(Condition::All(vec![counted(measure), Condition::Not(Box::new(numerator))]))
        }
        (FigureSide::Rest, _) => {
            wrong("NUMERATOR or DENOMINATOR: the numerator is no part of the denominator")
        }
        (FigureSide::Denominator, _) => wrong("NUMERATOR: the denominator is no facts"),
    }
}

/// The same mistakes, of a question inside a request.
fn of_the_question(error: StatisticsError) -> StatisticsError {
    match error {
        StatisticsError::Question(mut mistakes) => {
            for mistake in &mut mistakes {
                mistake.field = format!("question.{}", mistake.field);
            }
            StatisticsError::Question(mistakes)
        }
        other => other,
    }
}

fn not_published(wrong: NotPublished) -> StatisticsError {
    StatisticsError::wrong(wrong.field, wrong.right)
}

fn check_published(asked: &CheckPublishedRequest) -> Result<CheckPublishedResponse, StatisticsError> {
    let printed = Printed::read(&asked.percentage).map_err(not_published)?;
    let is_change = asked.kind() == PublishedKind::Change;
    let published = Published::read(is_change, asked.numerator, asked.denominator).map_err(not_published)?;
    let finding = published::check(printed, published);
    Ok(CheckPublishedResponse {
        feasible: finding.fit_count > 0,
        fits: finding.fits.iter().map(written::whole_numbers).collect(),
        fit_count: finding.fit_count,
        nearest: finding.nearest.iter().map(written::whole_numbers).collect(),
        text: published::in_words(&finding, published),
    })
}

/// Why something is done: said, and short. Numbers of people and plates that stand in it are masked: it is kept for ever.
pub(super) fn reason(field: &str, text: &str) -> Result<String, StatisticsError> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > LONGEST_REASON || text.contains('\0') {
        return Err(StatisticsError::wrong(field, format!("1 to {LONGEST_REASON} characters")));
    }
    Ok(mask(text, &[]))
}

pub(super) fn id(field: &str, text: &str) -> Result<Uuid, StatisticsError> {
    Uuid::try_parse(text).map_err(|_| StatisticsError::wrong(field, "a UUID"))
}

/// The question of a request, of the caller's own figures, and the county that it is about.
fn question_of(
    who: &Principal,
    question: Option<QueryIndicatorsRequest>,
) -> Result<(String, QueryIndicatorsRequest), Status> {
    let question = question.ok_or_else(|| StatisticsError::wrong("question", "required"))?;
    let code = who.county_of(&question.county)?.to_owned();
    own_area(who, &question).map_err(of_the_question)?;
    Ok((code, own_figures(who, question)?))
}

type Parts = Pin<Box<dyn Stream<Item = Result<StreamIndicatorsResponse, Status>> + Send>>;

#[tonic::async_trait]
impl AnalysisService for AnalysisFace {
    type StreamIndicatorsStream = Parts;

    async fn stream_indicators(
        &self,
        request: Request<StreamIndicatorsRequest>,
    ) -> Result<Response<Parts>, Status> {
        let who = principal(&request)?.clone();
        let (code, question) = question_of(&who, request.into_inner().question)?;
        let answer =
            self.answers.stream(&code, &question, self.clock.now()).await.map_err(of_the_question)?;
        let parts =
            try_unfold(
                answer,
                |mut answer| async move { Ok(answer.next().await?.map(|part| (part, answer))) },
            );
        Ok(Response::new(Box::pin(parts)))
    }

    async fn list_figure_cases(
        &self,
        request: Request<ListFigureCasesRequest>,
    ) -> Result<Response<ListFigureCasesResponse>, Status> {
        let who = principal(&request)?.clone();
        let request = request.into_inner();
        let (code, question) = question_of(&who, request.question.clone())?;
        Ok(Response::new(self.cases(&code, &question, &request).await?))
    }

    async fn check_published(
        &self,
        request: Request<CheckPublishedRequest>,
    ) -> Result<Response<CheckPublishedResponse>, Status> {
        principal(&request)?;
        Ok(Response::new(check_published(request.get_ref())?))
    }

    async fn get_league_table(
        &self,
        request: Request<GetLeagueTableRequest>,
    ) -> Result<Response<GetLeagueTableResponse>, Status> {
        let who = principal(&request)?.clone();
        let (code, question) = question_of(&who, request.into_inner().question)?;
        let table = self.leagues.table(&code, question, self.clock.now()).await.map_err(of_the_question)?;
        Ok(Response::new(table))
    }

    async fn exclude_case(
        &self,
        request: Request<ExcludeCaseRequest>,
    ) -> Result<Response<ExcludeCaseResponse>, Status> {
        let who = principal(&request)?.clone();
        let asked = request.into_inner();
        let code = who.county_of(&asked.county)?.to_owned();
        let known = self.answers.county(&code)?.catalogue.newest().any(|one| one.id == asked.indicator);
        if !known {
            return Err(StatisticsError::wrong("indicator", "an indicator's id").into());
        }
        let why = reason("reason", &asked.reason)?;
        let decision = Decision { by: &who.name, at: self.clock.now(), reason: &why };
        let case_id = id("caseId", &asked.case_id)?;
        let kept = self.exclusions.exclude(&code, &asked.indicator, case_id, decision).await?;
        let kept = kept.ok_or(StatisticsError::ExcludedAlready)?;
        Ok(Response::new(ExcludeCaseResponse { exclusion: Some(written::exclusion(&kept)) }))
    }

    async fn include_case(
        &self,
        request: Request<IncludeCaseRequest>,
    ) -> Result<Response<IncludeCaseResponse>, Status> {
        let who = principal(&request)?.clone();
        let asked = request.into_inner();
        let code = who.county_of(&asked.county)?.to_owned();
        let why = reason("reason", &asked.reason)?;
        let decision = Decision { by: &who.name, at: self.clock.now(), reason: &why };
        let kept = self.exclusions.include(&code, id("exclusionId", &asked.exclusion_id)?, decision).await?;
        let kept = kept.ok_or(StatisticsError::NoSuchExclusion)?;
        Ok(Response::new(IncludeCaseResponse { exclusion: Some(written::exclusion(&kept)) }))
    }

    async fn list_exclusions(
        &self,
        request: Request<ListExclusionsRequest>,
    ) -> Result<Response<ListExclusionsResponse>, Status> {
        let code = principal(&request)?.county_of(&request.get_ref().county)?.to_owned();
        let asked = request.into_inner();
        let after: Option<(i64, Uuid)> = paging::read(&asked.page_token)
            .map_err(|_| StatisticsError::wrong("pageToken", "a token of a page of this method"))?;
        let after = after.and_then(|(at, id)| Some((Timestamp::from_microsecond(at).ok()?, id)));
        let size = paging::size(asked.page_size, EXCLUSIONS_ON_A_PAGE, MOST_EXCLUSIONS_ON_A_PAGE);
        let mut kept = self.exclusions.list(&code, &asked.indicator, after, size.saturating_add(1)).await?;
        let more = paging::cut(&mut kept, size, |one| one.reason.len());
        let last = kept.last().filter(|_| more);
        let key = last.map(|one| (one.excluded_at().as_microsecond(), one.exclusion_id));
        let next_page_token = key.map(|key| paging::write(&key)).unwrap_or_default();
        let exclusions = kept.iter().map(written::exclusion).collect();
        Ok(Response::new(ListExclusionsResponse { exclusions, next_page_token }))
    }
}
