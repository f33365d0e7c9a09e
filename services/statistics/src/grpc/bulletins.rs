//! Bulletins: listed, read, handed out and made.

use std::sync::Arc;

use fengqiao_access::{Principal, principal};
use fengqiao_proto::{
    statistics::v1::{
        Bulletin as ToldBulletin, BulletinFigure, BulletinFile as ToldFile, BulletinFormat, BulletinKind,
        GetBulletinFileRequest, GetBulletinFileResponse, GetBulletinRequest, GetBulletinResponse,
        ListBulletinKindsRequest, ListBulletinKindsResponse, ListBulletinsRequest, ListBulletinsResponse,
        MakeBulletinRequest, MakeBulletinResponse, bulletin_service_server::BulletinService,
    },
    types::v1::Role,
};
use fengqiao_serving::{
    paging,
    time::{Clock, to_proto},
};
use jiff::{Timestamp, civil::Date};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::analysis::id;
use crate::{
    bulletins::{
        BulletinCounty,
        making::{Maker, Order},
    },
    domain::{
        bulletin::{page::Scope, period::Period, template::Template, text::Only},
        days::Days,
        question::Directory as _,
    },
    error::StatisticsError,
    store::{Bulletin, Which},
};

const ON_A_PAGE: u16 = 100;
const MOST_ON_A_PAGE: u16 = 500;
const REQUEST_ID: usize = 64;
/// Any days are at most so many.
const LONGEST: i32 = 366;
/// Who made what the calendar made.
const SYSTEM: &str = "system";

/// Hands out bulletins.
pub struct BulletinFace {
    /// What makes and keeps them.
    pub maker: Arc<Maker>,
    /// What time it is.
    pub clock: Clock,
}

impl BulletinFace {
    /// One that a caller may see.
    async fn seen(
        &self,
        who: &Principal,
        code: &str,
        bulletin_id: &str,
    ) -> Result<Bulletin, StatisticsError> {
        let one = Some(id("bulletinId", bulletin_id)?);
        let which = Which { agency: own(who)?, one, ..Which::default() };
        self.maker.store().list(code, &which, 1).await?.pop().ok_or(StatisticsError::NoSuchBulletin)
    }
}

/// Whose bulletins alone a caller may see.
fn own(who: &Principal) -> Result<Option<&str>, StatisticsError> {
    match who.role {
        Role::Agency => who.agency.as_deref().map(Some).ok_or(StatisticsError::NoSuchBulletin),
        _ => Ok(None),
    }
}

#[tonic::async_trait]
impl BulletinService for BulletinFace {
    async fn list_bulletin_kinds(
        &self,
        request: Request<ListBulletinKindsRequest>,
    ) -> Result<Response<ListBulletinKindsResponse>, Status> {
        let code = principal(&request)?.county_of(&request.get_ref().county)?;
        let place = self.maker.counties().get(code)?;
        let kinds = place.bulletins.kinds.values().map(told_kind).collect();
        Ok(Response::new(ListBulletinKindsResponse { kinds }))
    }

    async fn list_bulletins(
        &self,
        request: Request<ListBulletinsRequest>,
    ) -> Result<Response<ListBulletinsResponse>, Status> {
        let who = principal(&request)?.clone();
        let asked = request.into_inner();
        let code = who.county_of(&asked.county)?;
        let after: Option<(i64, Uuid)> = paging::read(&asked.page_token)
            .map_err(|_| StatisticsError::wrong("pageToken", "a token of a page of this method"))?;
        let after = after.and_then(|(at, id)| Some((Timestamp::from_microsecond(at).ok()?, id)));
        let size = paging::size(asked.page_size, ON_A_PAGE, MOST_ON_A_PAGE);
        let which = Which { kind: &asked.kind, agency: own(&who)?, after, ..Which::default() };
        let mut found = self.maker.store().list(code, &which, size.saturating_add(1)).await?;
        let more = paging::cut(&mut found, size, |one| one.summary.len());
        let last = found.last().filter(|_| more);
        let key = last.map(|one| (one.made_at.as_microsecond(), one.bulletin_id));
        let next_page_token = key.map(|key| paging::write(&key)).unwrap_or_default();
        Ok(Response::new(ListBulletinsResponse {
            bulletins: found.iter().map(told).collect(),
            next_page_token,
        }))
    }

    async fn get_bulletin(
        &self,
        request: Request<GetBulletinRequest>,
    ) -> Result<Response<GetBulletinResponse>, Status> {
        let who = principal(&request)?;
        let code = who.county_of(&request.get_ref().county)?;
        let found = self.seen(who, code, &request.get_ref().bulletin_id).await?;
        Ok(Response::new(GetBulletinResponse {
            bulletin: Some(told(&found)),
            figures: figures(&found),
            text: found.said,
        }))
    }

    async fn get_bulletin_file(
        &self,
        request: Request<GetBulletinFileRequest>,
    ) -> Result<Response<GetBulletinFileResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let code = who.county_of(&asked.county)?;
        let format = match BulletinFormat::try_from(asked.format) {
            Ok(BulletinFormat::Unspecified) => BulletinFormat::Pdf,
            Ok(format) => format,
            Err(_) => return Err(StatisticsError::wrong("format", "PDF or XLSX").into()),
        };
        let bulletin_id = id("bulletinId", &asked.bulletin_id)?;
        let found = self.maker.store().file(code, bulletin_id, format, own(who)?).await?;
        let file = found.ok_or(StatisticsError::NoSuchBulletin)?;
        Ok(Response::new(GetBulletinFileResponse { content: file.content, sha256: file.sha256 }))
    }

    async fn make_bulletin(
        &self,
        request: Request<MakeBulletinRequest>,
    ) -> Result<Response<MakeBulletinResponse>, Status> {
        let who = principal(&request)?.clone();
        let asked = request.into_inner();
        let code = who.county_of(&asked.county)?;
        let place = self.maker.counties().get(code)?;
        let length = asked.request_id.chars().count();
        if length == 0 || length > REQUEST_ID || asked.request_id.contains('\0') {
            return Err(StatisticsError::wrong("requestId", "1 to 64 characters").into());
        }
        let kinds = &place.bulletins.kinds;
        let template = kinds.get(&asked.kind).ok_or_else(|| {
            let names: Vec<&str> = kinds.keys().map(String::as_str).collect();
            StatisticsError::wrong("kind", format!("one of {}", names.join(", ")))
        })?;
        let scope = self.scope(place, template, &asked)?;
        let order = Order { template, scope, by: &who.name, request_id: &asked.request_id, push: asked.push };
        let (made, _) = self.maker.make(place, &order, self.clock.now()).await?;
        Ok(Response::new(MakeBulletinResponse { bulletin: Some(told(&made)) }))
    }
}

impl BulletinFace {
    /// What a bulletin that is asked for is of.
    fn scope(
        &self,
        place: &BulletinCounty,
        template: &Template,
        asked: &MakeBulletinRequest,
    ) -> Result<Scope, StatisticsError> {
        let counted = self.maker.answers().county(&place.county.code)?;
        let day = |field: &str, text: &str| {
            text.parse::<Date>().map_err(|_| StatisticsError::wrong(field, "a day, as 2026-11-25"))
        };
        let first = day("day", &asked.day)?;
        let days = match (template.period, asked.last_day.is_empty()) {
            (Period::Any, false) => {
                let days = Days { first, last: day("lastDay", &asked.last_day)? };
                if !(1..=LONGEST).contains(&days.count()) {
                    let right = format!("from the first day on, at most {LONGEST} days");
                    return Err(StatisticsError::wrong("lastDay", right));
                }
                Some(days)
            }
            (_, false) => return Err(StatisticsError::wrong("lastDay", "only of a kind of any days")),
            (period, true) => period.with(first),
        };
        let days =
            days.ok_or_else(|| StatisticsError::wrong("day", "a day within the years that can be counted"))?;
        if days.first > place.county.day(self.clock.now()) {
            return Err(StatisticsError::wrong("day", "a period that has begun"));
        }
        if !asked.area_code.is_empty() && !counted.has_area(&asked.area_code) {
            return Err(StatisticsError::wrong("areaCode", "an area of the county: 6, 9, 12 or 15 digits"));
        }
        if !asked.category.is_empty() && !counted.has_category(&asked.category) {
            return Err(StatisticsError::wrong("category", "a canonical category of the county"));
        }
        let (area, category) = (asked.area_code.clone(), asked.category.clone());
        Ok(Scope { days, only: Only { area, agency: String::new(), category } })
    }
}

fn told_kind(template: &Template) -> BulletinKind {
    let at = template.schedule.map(|schedule| schedule.at.strftime("%H:%M").to_string());
    BulletinKind {
        kind: template.kind.clone(),
        title: template.title_written.clone(),
        period: template.period.told().into(),
        made_at: at.unwrap_or_default(),
        working_day: template.schedule.is_some_and(|schedule| schedule.working_day),
        agencies: template.agencies.clone(),
    }
}

fn told(bulletin: &Bulletin) -> ToldBulletin {
    let files = bulletin.files.iter();
    let files = files.map(|file| ToldFile {
        format: file.format.into(),
        sha256: file.sha256.clone(),
        bytes: file.length,
    });
    ToldBulletin {
        bulletin_id: bulletin.bulletin_id.to_string(),
        kind: bulletin.kind.clone(),
        title: bulletin.title.clone(),
        first_day: bulletin.days.first.to_string(),
        last_day: bulletin.days.last.to_string(),
        area_code: bulletin.area_code.clone(),
        category: bulletin.category.clone(),
        summary: bulletin.summary.clone(),
        made_at: Some(to_proto(bulletin.made_at)),
        made_by: if bulletin.made_by.is_empty() { SYSTEM } else { &bulletin.made_by }.to_owned(),
        agencies: bulletin.agencies.clone(),
        files: files.collect(),
    }
}

fn figures(bulletin: &Bulletin) -> Vec<BulletinFigure> {
    let figures = bulletin.figures.iter();
    figures
        .map(|told| BulletinFigure {
            shown: told.shown.clone(),
            asked: told.asked.clone(),
            indicator: told.indicator.clone(),
            definition_version: told.version,
            first_day: told.first_day.clone(),
            last_day: told.last_day.clone(),
            area_code: told.area.clone(),
            agency: told.agency.clone(),
            category: told.category.clone(),
            numerator: told.numerator,
            denominator: told.denominator,
        })
        .collect()
}
