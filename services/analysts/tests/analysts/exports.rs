//! Exports: every format holds what the table has, two at once, cancelled, kept, and each caller's own.

use std::{fs, sync::Arc};

use calamine::Reader as _;
use datafusion::arrow::array::RecordBatch;
use fengqiao_analysts::exports::{Bounds, ExportFace, Exports};
use fengqiao_proto::{
    statistics::v1::{
        CancelExportRequest, DownloadExportRequest, Export, ExportFormat, ExportState, GetExportRequest,
        ListExportsRequest, StartExportRequest, export_service_server::ExportService as _,
    },
    types::v1::Level,
};
use fengqiao_serving::time::Clock;
use futures::TryStreamExt as _;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request};

use crate::world::{World, analyst, case, now, report};

fn by<T>(area: Option<&str>, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(Arc::new(analyst(area)));
    request
}

fn wanted(id: &str, table: &str, format: ExportFormat) -> StartExportRequest {
    StartExportRequest {
        request_id: id.into(),
        table: table.into(),
        from_day: "2026-10-01".into(),
        before_day: "2026-11-01".into(),
        format: format.into(),
    }
}

async fn started(face: &ExportFace, request: StartExportRequest) -> Export {
    face.start_export(by(None, request)).await.unwrap().into_inner().export.unwrap()
}

async fn ended(face: &ExportFace, export: &Export) -> Export {
    for _ in 0..600 {
        let request = GetExportRequest { export_id: export.export_id.clone() };
        let now = face.get_export(by(None, request)).await.unwrap().into_inner().export.unwrap();
        if matches!(now.state(), ExportState::Done | ExportState::Failed) {
            return now;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the export does not end");
}

async fn bytes(face: &ExportFace, export: &Export) -> Vec<u8> {
    let request = DownloadExportRequest { export_id: export.export_id.clone() };
    let pieces = face.download_export(by(None, request)).await.unwrap().into_inner();
    let pieces: Vec<_> = pieces.map_ok(|part| part.piece).try_collect().await.unwrap();
    pieces.concat()
}

async fn with_facts() -> World {
    let world = World::new().await;
    let mut told: Vec<_> =
        (1..=2_000).map(|n| report(n, "421181105201", "traffic", "2026-10-10", n % 7 == 0)).collect();
    told.push(report(9_000, "421181105201", "traffic", "2026-11-10", false));
    told.push(case(10_001, 1, 1, "421181105201", "2026-10-10", Level::Red, true));
    world.apply(&told).await;
    world.keep().await;
    world
}

fn serve(world: &World, bounds: Bounds) -> (ExportFace, Arc<Exports>, CancellationToken) {
    let exports = Exports::open(world.folder.path().join("exports"), bounds, Clock::moved_by(now)).unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(Arc::clone(&exports).run(Arc::clone(&world.engine), stop.clone()));
    (ExportFace::new(Arc::clone(&exports)), exports, stop)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_holds_every_row_and_time() {
    let world = with_facts().await;
    let (face, _, _stop) = serve(&world, Bounds::default());
    let reports = ended(&face, &started(&face, wanted("1", "reports", ExportFormat::Csv)).await).await;
    assert_eq!((reports.state(), reports.rows_done, reports.rows_total), (ExportState::Done, 2_000, 2_000));
    let text = String::from_utf8(bytes(&face, &reports).await).unwrap();
    assert_eq!(text.lines().count(), 2_001);
    assert!(text.starts_with("report_key,case_key,month,day,"), "{}", text.lines().next().unwrap());
    assert!(text.contains("2026-10-10T11:00:00+08:00"), "{}", text.lines().nth(1).unwrap());

    let cases = ended(&face, &started(&face, wanted("2", "cases", ExportFormat::Parquet)).await).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes(&face, &cases).await).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(file.path()).unwrap()).unwrap();
    let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
    let schema = batches[0].schema();
    let times = schema.fields().iter().filter(|field| field.name().ends_with("_at")).count();
    assert_eq!((batches[0].num_rows(), times), (1, 15), "every time is there");

    let book = ended(&face, &started(&face, wanted("3", "cases", ExportFormat::Xlsx)).await).await;
    assert_eq!(book.state(), ExportState::Done, "{}", book.failure);
    let mut book = calamine::Xlsx::new(std::io::Cursor::new(bytes(&face, &book).await)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let column = sheet.rows().next().unwrap().iter().position(|cell| *cell == "opened_at").unwrap();
    let calamine::Data::DateTime(opened) = &sheet.rows().nth(1).unwrap()[column] else { panic!("no time") };
    // 2026-10-10 11:00 in the county.
    assert!((opened.as_f64() - (46_305.0 + 11.0 / 24.0)).abs() < 1e-6, "{}", opened.as_f64());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_its_owner_s_and_is_there_after_a_restart() {
    let world = with_facts().await;
    let (face, _, stop) = serve(&world, Bounds::default());
    let done = ended(&face, &started(&face, wanted("1", "reports", ExportFormat::Csv)).await).await;
    let again = started(&face, wanted("1", "reports", ExportFormat::Csv)).await;
    assert_eq!(again.export_id, done.export_id, "the same command, the same export");
    let other = face.start_export(by(None, wanted("1", "cases", ExportFormat::Csv))).await.unwrap_err();
    assert_eq!(other.code(), Code::InvalidArgument);
    let mut stranger = Request::new(DownloadExportRequest { export_id: done.export_id.clone() });
    let principal = fengqiao_access::Principal::new("stranger", "421181", "analyst", None).unwrap();
    stranger.extensions_mut().insert(Arc::new(principal));
    assert_eq!(face.download_export(stranger).await.err().unwrap().code(), Code::NotFound);

    stop.cancel();
    fs::write(world.folder.path().join("exports/half.part"), "half").unwrap();
    let (face, _, _stop) = serve(&world, Bounds::default());
    assert!(!world.folder.path().join("exports/half.part").exists());
    let listed = face.list_exports(by(None, ListExportsRequest {})).await.unwrap().into_inner().exports;
    assert_eq!(listed.len(), 1);
    assert_eq!(bytes(&face, &listed[0]).await.len(), usize::try_from(listed[0].size).unwrap());
    face.cancel_export(by(None, CancelExportRequest { export_id: done.export_id })).await.unwrap();
    assert!(
        face.list_exports(by(None, ListExportsRequest {})).await.unwrap().into_inner().exports.is_empty()
    );
    assert_eq!(fs::read_dir(world.folder.path().join("exports")).unwrap().count(), 0, "no file stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_are_bounded_and_wrong_ones_named() {
    let world = with_facts().await;
    let (face, _, _stop) = serve(&world, Bounds { rows: 10, each: 2, ..Bounds::default() });
    let long = ended(&face, &started(&face, wanted("1", "reports", ExportFormat::Csv)).await).await;
    assert_eq!(long.state(), ExportState::Failed);
    assert!(long.failure.contains("10 rows"), "{}", long.failure);
    started(&face, wanted("2", "cases", ExportFormat::Csv)).await;
    let third = face.start_export(by(None, wanted("3", "cases", ExportFormat::Csv))).await.unwrap_err();
    assert_eq!(third.code(), Code::ResourceExhausted);
    for (field, wrong) in [
        (
            "requestId",
            StartExportRequest { request_id: String::new(), ..wanted("", "cases", ExportFormat::Csv) },
        ),
        ("table", wanted("9", "fact_case", ExportFormat::Csv)),
        ("format", wanted("9", "cases", ExportFormat::Unspecified)),
        (
            "fromDay",
            StartExportRequest { from_day: "1 OR 1=1".into(), ..wanted("9", "cases", ExportFormat::Csv) },
        ),
        (
            "beforeDay",
            StartExportRequest { before_day: "2026-10-01".into(), ..wanted("9", "cases", ExportFormat::Csv) },
        ),
    ] {
        let status = face.start_export(by(None, wrong)).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().starts_with(field), "{field}: {}", status.message());
    }
    // A town's analyst gets its own rows, also under the name and the command of another.
    let request = by(Some("421181106"), wanted("1", "reports", ExportFormat::Csv));
    let own = face.start_export(request).await.unwrap().into_inner().export.unwrap();
    assert_ne!(own.export_id, long.export_id);
    let asked = GetExportRequest { export_id: own.export_id.clone() };
    assert_eq!(face.get_export(by(None, asked)).await.err().unwrap().code(), Code::NotFound);
    for _ in 0..600 {
        let asked = GetExportRequest { export_id: own.export_id.clone() };
        let told = face.get_export(by(Some("421181106"), asked)).await.unwrap().into_inner().export.unwrap();
        if told.state() == ExportState::Done {
            assert_eq!((told.rows_total, told.rows_done), (0, 0));
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the export does not end");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_finished_when_the_process_ended_has_failed() {
    let world = with_facts().await;
    // Nobody writes: it waits, as it does behind others.
    let open = || {
        Exports::open(world.folder.path().join("exports"), Bounds::default(), Clock::moved_by(now)).unwrap()
    };
    let face = ExportFace::new(open());
    let waits = started(&face, wanted("1", "reports", ExportFormat::Csv)).await;
    assert_eq!(waits.state(), ExportState::Waiting);
    // As a kill leaves it in the middle of writing.
    fs::write(world.folder.path().join(format!("exports/{}.part", waits.export_id)), "half").unwrap();
    drop(face);
    for _ in 0..2 {
        let face = ExportFace::new(open());
        let listed = face.list_exports(by(None, ListExportsRequest {})).await.unwrap().into_inner().exports;
        assert_eq!(listed.len(), 1);
        assert_eq!((listed[0].state(), &listed[0].export_id), (ExportState::Failed, &waits.export_id));
        assert!(listed[0].failure.contains("start it again") && listed[0].ended_at.is_some());
        let request = DownloadExportRequest { export_id: waits.export_id.clone() };
        let refused = face.download_export(by(None, request)).await.err().unwrap();
        assert_eq!(refused.code(), Code::FailedPrecondition);
    }
    let (face, _, _stop) = serve(&world, Bounds::default());
    let anew = ended(&face, &started(&face, wanted("2", "reports", ExportFormat::Csv)).await).await;
    assert_eq!(anew.state(), ExportState::Done);
}
