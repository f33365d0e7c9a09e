//! Exports over gRPC.

use std::{pin::Pin, sync::Arc};

use fengqiao_access::principal;
use fengqiao_proto::statistics::v1::{
    CancelExportRequest, CancelExportResponse, DownloadExportRequest, DownloadExportResponse, Export,
    ExportFormat, GetExportRequest, GetExportResponse, ListExportsRequest, ListExportsResponse,
    StartExportRequest, StartExportResponse, export_service_server::ExportService,
};
use fengqiao_serving::time::to_proto;
use futures::{Stream, stream::try_unfold};
use jiff::{ToSpan as _, civil::Date};
use tokio::{fs::File, io::AsyncReadExt as _};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    Exports,
    jobs::{Kept, Wanted},
};
use crate::{engine::Caller, error::AnalystsError};

/// Bytes in one part of a file.
const PIECE_BYTES: u64 = 512 * 1024;
const LONGEST_REQUEST_ID: usize = 100;
/// The tables whose rows have a day or a month.
const TABLES: [&str; 9] = [
    "reports",
    "cases",
    "pushes",
    "duties",
    "activities",
    "events",
    "open_spells",
    "open_per_day",
    "town_months",
];

/// Serves exports.
pub struct ExportFace {
    exports: Arc<Exports>,
}

impl ExportFace {
    /// These.
    pub fn new(exports: Arc<Exports>) -> Self {
        Self { exports }
    }

    fn told(&self, kept: &Kept) -> Export {
        Export {
            export_id: kept.id.to_string(),
            table: kept.wanted.table.clone(),
            from_day: kept.wanted.from.to_string(),
            before_day: kept.wanted.before.to_string(),
            format: kept.wanted.format,
            state: kept.state,
            rows_done: i64::try_from(kept.rows_done).unwrap_or(i64::MAX),
            rows_total: i64::try_from(kept.rows_total).unwrap_or(i64::MAX),
            size: i64::try_from(kept.size).unwrap_or(i64::MAX),
            started_at: Some(to_proto(kept.started_at)),
            ended_at: kept.ended_at.map(to_proto),
            kept_until: kept.ended_at.map(|at| to_proto(self.exports.kept_until(at))),
            failure: kept.failure.clone(),
        }
    }
}

fn wanted(asked: &StartExportRequest) -> Result<Wanted, AnalystsError> {
    let length = asked.request_id.chars().count();
    if length == 0 || length > LONGEST_REQUEST_ID {
        return Err(AnalystsError::wrong("requestId", format!("1 to {LONGEST_REQUEST_ID} characters")));
    }
    if !TABLES.contains(&asked.table.as_str()) {
        return Err(AnalystsError::wrong("table", format!("one of {}", TABLES.join(", "))));
    }
    if asked.format() == ExportFormat::Unspecified {
        return Err(AnalystsError::wrong("format", "CSV, XLSX or PARQUET"));
    }
    let day = |field: &'static str, text: &str| -> Result<Date, AnalystsError> {
        let day: Option<Date> = text.parse().ok().filter(|day: &Date| (2000..=9999).contains(&day.year()));
        day.ok_or_else(|| AnalystsError::wrong(field, "a day since the year 2000, for instance 2026-11-01"))
    };
    let (from, before) = (day("fromDay", &asked.from_day)?, day("beforeDay", &asked.before_day)?);
    if before <= from || before > from.saturating_add(10.years()) {
        return Err(AnalystsError::wrong("beforeDay", "later than fromDay, by at most ten years"));
    }
    Ok(Wanted { table: asked.table.clone(), from, before, format: asked.format })
}

fn id(text: &str) -> Result<Uuid, AnalystsError> {
    Uuid::try_parse(text).map_err(|_| AnalystsError::wrong("exportId", "a UUID"))
}

type Pieces = Pin<Box<dyn Stream<Item = Result<DownloadExportResponse, Status>> + Send>>;

#[tonic::async_trait]
impl ExportService for ExportFace {
    type DownloadExportStream = Pieces;

    async fn start_export(
        &self,
        request: Request<StartExportRequest>,
    ) -> Result<Response<StartExportResponse>, Status> {
        let caller = Caller::of(principal(&request)?);
        let asked = request.get_ref();
        let kept = self.exports.start(&caller, &asked.request_id, wanted(asked)?)?;
        Ok(Response::new(StartExportResponse { export: Some(self.told(&kept)) }))
    }

    async fn get_export(
        &self,
        request: Request<GetExportRequest>,
    ) -> Result<Response<GetExportResponse>, Status> {
        let caller = Caller::of(principal(&request)?);
        let kept = self.exports.get(&caller, id(&request.get_ref().export_id)?)?;
        Ok(Response::new(GetExportResponse { export: Some(self.told(&kept)) }))
    }

    async fn list_exports(
        &self,
        request: Request<ListExportsRequest>,
    ) -> Result<Response<ListExportsResponse>, Status> {
        let own = self.exports.list(&Caller::of(principal(&request)?));
        Ok(Response::new(ListExportsResponse { exports: own.iter().map(|kept| self.told(kept)).collect() }))
    }

    async fn cancel_export(
        &self,
        request: Request<CancelExportRequest>,
    ) -> Result<Response<CancelExportResponse>, Status> {
        let caller = Caller::of(principal(&request)?);
        self.exports.cancel(&caller, id(&request.get_ref().export_id)?)?;
        Ok(Response::new(CancelExportResponse {}))
    }

    async fn download_export(
        &self,
        request: Request<DownloadExportRequest>,
    ) -> Result<Response<Pieces>, Status> {
        let caller = Caller::of(principal(&request)?);
        let path = self.exports.file(&caller, id(&request.get_ref().export_id)?)?;
        let file = File::open(&path).await.map_err(AnalystsError::file(&path))?;
        let pieces = try_unfold((file, path), |(mut file, path)| async move {
            let mut piece = Vec::new();
            let read = (&mut file).take(PIECE_BYTES).read_to_end(&mut piece).await;
            read.map_err(AnalystsError::file(&path))?;
            let more = (!piece.is_empty()).then_some((DownloadExportResponse { piece }, (file, path)));
            Ok::<_, Status>(more)
        });
        Ok(Response::new(Box::pin(pieces)))
    }
}
