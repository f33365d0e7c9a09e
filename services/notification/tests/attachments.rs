//! Files of pushes, on a real Postgres and on an S3 stand-in of the test's own.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::{Request, State},
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use fengqiao_notification::{
    answer_rules::{AnswerRules, ReplyTemplate},
    answering::{Answerer, Answering, Feedback},
    attachments::{Attachments, Coming, ObjectPlace, Pieces},
    error::NotificationError,
};
use fengqiao_proto::{
    notification::v1::{AnswerKind, Attachment, CannotReason, FeedbackOutcome},
    types::v1::Level::Red,
};
use fengqiao_serving::time::now;
use futures::TryStreamExt as _;
use jiff::SignedDuration;
use tokio::net::TcpListener;
use uuid::Uuid;
use world::{COUNTY, Process, World, quick};

/// What an S3 store does of what we ask of it.
#[derive(Clone, Default)]
struct Objects(Arc<Mutex<BTreeMap<String, Bytes>>>);

async fn served(State(objects): State<Objects>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let bulk = request.uri().query().is_some_and(|query| query.contains("delete"));
    let (method, body) = (request.method().clone(), to_bytes(request.into_body(), 2 << 20).await.unwrap());
    let mut kept = objects.0.lock().unwrap();
    let headers = [("etag", "\"1\""), ("last-modified", "Fri, 27 Nov 2026 00:00:00 GMT")];
    match method {
        Method::PUT => {
            kept.insert(path, body);
            (headers, "").into_response()
        }
        Method::POST if bulk => {
            let text = String::from_utf8(body.to_vec()).unwrap();
            let mut deleted = String::new();
            for key in text.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next()) {
                kept.retain(|path, _| !path.ends_with(key));
                deleted += &format!("<Deleted><Key>{key}</Key></Deleted>");
            }
            format!("<DeleteResult>{deleted}</DeleteResult>").into_response()
        }
        Method::GET | Method::HEAD => match kept.get(&path) {
            Some(found) => (headers, found.clone()).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        },
        Method::DELETE => {
            kept.remove(&path);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

async fn object_store(folder: &Path) -> (Objects, ObjectPlace) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let objects = Objects::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(served).with_state(objects.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let keys = folder.join("keys");
    std::fs::write(&keys, "access\nsecret\n").unwrap();
    let place = ObjectPlace {
        files_bucket: Some("files".into()),
        files_endpoint: Some(format!("http://{address}")),
        files_region: "us-east-1".into(),
        files_keys: Some(keys),
    };
    (objects, place)
}

fn files(world: &World, process: &Process, place: &ObjectPlace) -> Attachments {
    let store = process.delivery.store.clone();
    let pieces = Pieces::new(store.clone(), place).unwrap();
    Attachments::new(store, pieces, Arc::clone(&world.keyring))
}

fn who(agency: &str) -> Answerer {
    Answerer {
        county: COUNTY.into(),
        agency: agency.into(),
        actor: "officer-zhao".into(),
        capacity: "police".into(),
        entry: None,
    }
}

/// A photo of so many bytes.
fn photo(bytes: usize) -> Vec<u8> {
    let mut photo = b"\xFF\xD8\xFF\xE0\0\x10JFIF".to_vec();
    photo.extend((photo.len()..bytes).map(|n| (n % 251) as u8));
    photo
}

async fn hand_in(
    files: &Attachments,
    push_id: Uuid,
    content: &[u8],
    name: &str,
) -> Result<Attachment, NotificationError> {
    let coming = Coming { push_id, name: name.into(), size: Some(content.len() as u64), most: 20_000_000 };
    let mut upload = files.begin(&who("police"), coming).await?;
    for piece in content.chunks(70_000) {
        if let Err(error) = upload.write(piece).await {
            upload.give_up().await;
            return Err(error);
        }
    }
    upload.finish(now()).await
}

async fn content(files: &Attachments, push_id: Uuid, id: &str) -> Vec<u8> {
    let id = Uuid::parse_str(id).unwrap();
    let (_, pieces) = files.read(COUNTY, push_id, Some("police"), id).await.unwrap();
    pieces.try_collect::<Vec<_>>().await.unwrap().concat()
}

async fn count(world: &World, table: &'static str) -> i64 {
    let query = format!("SELECT count(*) FROM {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(&world.pool).await.unwrap()
}

#[tokio::test]
async fn a_file_comes_back_as_it_was_and_is_kept_once_and_sealed() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let ids = world.arrive(&process, &[("police", Red), ("police", Red)]).await;
    let folder = tempfile::tempdir().unwrap();
    let (objects, place) = object_store(folder.path()).await;
    for files in [files(&world, &process, &ObjectPlace::default()), files(&world, &process, &place)] {
        // Less than a piece, a piece, a little more, several.
        for bytes in [9_000, 512 * 1024, 512 * 1024 + 1, 1_700_000] {
            let photo = photo(bytes);
            let one = hand_in(&files, ids[0], &photo, "现场.pdf").await.unwrap();
            assert_eq!((one.media_type.as_str(), one.name.as_str()), ("image/jpeg", "现场.pdf"));
            assert!(content(&files, ids[0], &one.attachment_id).await == photo);
            // Again for this push, and for the other one.
            let again = hand_in(&files, ids[0], &photo, "again.jpg").await.unwrap();
            assert_eq!(again.attachment_id, one.attachment_id);
            let other = hand_in(&files, ids[1], &photo, "other.jpg").await.unwrap();
            assert_ne!(other.attachment_id, one.attachment_id);
            assert!(content(&files, ids[1], &other.attachment_id).await == photo);
        }
    }
    // Each content was handed in six times; it lies where it came first.
    assert_eq!((count(&world, "attachment_content").await, count(&world, "attachment_upload").await), (4, 0));
    assert_eq!(count(&world, "attachment_piece").await, 1 + 1 + 2 + 4);
    assert!(objects.0.lock().unwrap().is_empty(), "what is here already is not kept there too");
    let sealed: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT piece FROM attachment_piece").fetch_all(&world.pool).await.unwrap();
    assert!(sealed.iter().all(|piece| !piece.windows(4).any(|four| four == b"JFIF")));
    process.end().await;
}

#[tokio::test]
async fn an_object_store_holds_sealed_pieces_and_gives_them_back() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let id = world.arrive(&process, &[("police", Red)]).await[0];
    let folder = tempfile::tempdir().unwrap();
    let (objects, place) = object_store(folder.path()).await;
    let files = files(&world, &process, &place);
    let photo = photo(1_200_000);
    let one = hand_in(&files, id, &photo, "现场.jpg").await.unwrap();
    assert_eq!(count(&world, "attachment_piece").await, 0);
    let kept: Vec<(String, Bytes)> = objects.0.lock().unwrap().clone().into_iter().collect();
    assert_eq!(kept.len(), 3);
    assert!(
        kept.iter().all(
            |(path, piece)| path.starts_with("/files/421181/") && !piece.windows(4).any(|w| w == b"JFIF")
        )
    );
    assert!(content(&files, id, &one.attachment_id).await == photo);
    // Pieces that change places do not open.
    let (first, second) = (kept[0].clone(), kept[1].clone());
    objects.0.lock().unwrap().extend([(first.0, second.1), (second.0, first.1)]);
    let id_of_file = Uuid::parse_str(&one.attachment_id).unwrap();
    let (_, pieces) = files.read(COUNTY, id, Some("police"), id_of_file).await.unwrap();
    assert!(pieces.try_collect::<Vec<_>>().await.is_err());
    process.end().await;
}

#[tokio::test]
async fn what_is_too_large_or_no_photo_is_refused_early_and_leaves_nothing() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let id = world.arrive(&process, &[("police", Red)]).await[0];
    let files = files(&world, &process, &ObjectPlace::default());
    let coming = |size, most| Coming { push_id: id, name: "x.jpg".into(), size, most };
    // 100 MB are refused before a byte has come.
    let refused = files.begin(&who("police"), coming(Some(100_000_000), 20_000_000)).await;
    assert!(matches!(refused.err().unwrap(), NotificationError::FileTooLarge { most: 20_000_000 }));
    // Without a size, as soon as there is a byte too much.
    let mut upload = files.begin(&who("police"), coming(None, 1_000_000)).await.unwrap();
    let mut came = 0;
    let refused = loop {
        came += 100_000;
        if let Err(refused) = upload.write(&photo(100_000)).await {
            break refused;
        }
    };
    assert!(
        matches!(refused, NotificationError::FileTooLarge { .. }) && came == 1_100_000,
        "{refused:?} {came}"
    );
    upload.give_up().await;
    // A program with a photo's name, as soon as its head is here.
    let mut upload = files.begin(&who("police"), coming(None, 20_000_000)).await.unwrap();
    let program = [b"\x7FELF\x02\x01\x01".to_vec(), vec![0; 10_000]].concat();
    assert!(matches!(upload.write(&program).await.unwrap_err(), NotificationError::FileKind));
    upload.give_up().await;
    // Less and more than was said.
    for (said, sent) in [(9_000, 8_000), (8_000, 9_000)] {
        let mut upload = files.begin(&who("police"), coming(Some(said), 20_000_000)).await.unwrap();
        let refused = match upload.write(&photo(sent)).await {
            Ok(()) => upload.finish(now()).await.unwrap_err(),
            Err(refused) => {
                upload.give_up().await;
                refused
            }
        };
        assert!(matches!(refused, NotificationError::Invalid(_)), "{refused:?}");
    }
    // Another agency's push, and another agency's file.
    let elsewhere = files.begin(&who("court"), coming(None, 20_000_000)).await;
    assert!(matches!(elsewhere.err().unwrap(), NotificationError::NoSuchPush));
    let one = hand_in(&files, id, &photo(9_000), "x.jpg").await.unwrap();
    let id_of_file = Uuid::parse_str(&one.attachment_id).unwrap();
    let foreign = files.read(COUNTY, id, Some("court"), id_of_file).await;
    assert!(matches!(foreign.err().unwrap(), NotificationError::NoSuchFile));
    assert!(files.list(COUNTY, id, Some("court")).await.unwrap().is_empty());
    assert_eq!(files.list(COUNTY, id, None).await.unwrap().len(), 1);
    assert_eq!((count(&world, "attachment_piece").await, count(&world, "attachment_upload").await), (1, 0));
    process.end().await;
}

#[tokio::test]
async fn what_a_process_left_by_half_is_swept_and_what_is_kept_is_not() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let id = world.arrive(&process, &[("police", Red)]).await[0];
    let folder = tempfile::tempdir().unwrap();
    let (objects, place) = object_store(folder.path()).await;
    let files = files(&world, &process, &place);
    let coming = Coming { push_id: id, name: "x.jpg".into(), size: None, most: 20_000_000 };
    let mut upload = files.begin(&who("police"), coming).await.unwrap();
    upload.write(&photo(1_200_000)).await.unwrap();
    // As if the process had died.
    drop(upload);
    let kept = hand_in(&files, id, &photo(600_000), "y.jpg").await.unwrap();
    assert_eq!(objects.0.lock().unwrap().len(), 2 + 2);
    files.sweep(COUNTY, now()).await.unwrap();
    assert_eq!(objects.0.lock().unwrap().len(), 2 + 2, "it may still be handed in");
    files.sweep(COUNTY, now() + SignedDuration::from_hours(2)).await.unwrap();
    assert_eq!(objects.0.lock().unwrap().len(), 2);
    assert_eq!(count(&world, "attachment_upload").await, 0);
    assert!(content(&files, id, &kept.attachment_id).await == photo(600_000));
    process.end().await;
}

#[tokio::test]
async fn a_feedback_is_kept_with_who_and_what_and_whether_it_says_something() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let id = world.arrive(&process, &[("police", Red)]).await[0];
    let files = files(&world, &process, &ObjectPlace::default());
    let template =
        ReplyTemplate { outcome: FeedbackOutcome::InProgress, text: "已收到，正在核实。".into() };
    let rules = AnswerRules { templates: vec![template], ..AnswerRules::default() };
    let answering = Answering::new(
        Arc::clone(&process.delivery),
        files.clone(),
        HashMap::from([(COUNTY.to_owned(), rules)]),
    );
    let zhao = Answerer { capacity: "community-officer".into(), ..who("police") };
    answering.sign(&zhao, id, now()).await.unwrap();
    let photo = hand_in(&files, id, &photo(9_000), "现场.jpg").await.unwrap();
    let say = |request: &str, outcome, text: &str| Feedback {
        request_id: request.into(),
        outcome,
        text: text.into(),
        ..Feedback::default()
    };
    let half = say("1", FeedbackOutcome::InProgress, "已收到，正在核实。");
    let cannot = Feedback {
        cannot_reason: CannotReason::NotReached,
        ..say("2", FeedbackOutcome::Cannot, "三次上门均无人，电话停机")
    };
    let done = Feedback {
        attachments: vec![Uuid::parse_str(&photo.attachment_id).unwrap()],
        ..say("3", FeedbackOutcome::Done, "已收到，正在核实。")
    };
    for given in [&half, &cannot, &done, &half] {
        answering.feedback(&zhao, id, given, now()).await.unwrap();
    }
    let stray = Feedback { attachments: vec![Uuid::now_v7()], ..say("4", FeedbackOutcome::Done, "x") };
    let odd = Feedback { cannot_reason: CannotReason::Other, ..say("5", FeedbackOutcome::Done, "x") };
    for wrong in [stray, odd, say("6", FeedbackOutcome::Done, " ")] {
        let refused = answering.feedback(&zhao, id, &wrong, now()).await.unwrap_err();
        assert!(matches!(refused, NotificationError::Invalid(_)), "{refused:?}");
    }
    let given = process.delivery.store.given_answers(COUNTY, id, Some("police")).await.unwrap();
    let told: Vec<_> = given
        .iter()
        .map(|one| (one.kind, one.outcome, one.cannot_reason, one.substantive, one.attachments.len()))
        .collect();
    use CannotReason::{NotReached, Unspecified};
    let nothing = FeedbackOutcome::Unspecified;
    assert_eq!(
        told,
        [
            (AnswerKind::Signed, nothing, Unspecified, None, 0),
            (AnswerKind::Feedback, FeedbackOutcome::InProgress, Unspecified, Some(false), 0),
            (AnswerKind::Feedback, FeedbackOutcome::Cannot, NotReached, Some(true), 0),
            (AnswerKind::Feedback, FeedbackOutcome::Done, Unspecified, Some(true), 1),
        ]
    );
    assert!(given.iter().all(|one| one.actor == "officer-zhao" && one.capacity == "community-officer"));
    assert!(process.delivery.store.given_answers(COUNTY, id, Some("court")).await.unwrap().is_empty());
    let last = world.receipts().await.pop().unwrap();
    assert_eq!(
        (last.capacity.as_str(), last.substantive, last.attachments),
        ("community-officer", Some(true), 1)
    );
    process.end().await;
}

/// Else the end of a matter would be answered with OK, and nobody would ever hear of it.
#[tokio::test]
async fn a_request_id_that_was_used_to_say_something_else_is_refused() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let id = world.arrive(&process, &[("police", Red)]).await[0];
    let files = files(&world, &process, &ObjectPlace::default());
    let answering = Answering::new(Arc::clone(&process.delivery), files.clone(), HashMap::new());
    let zhao = who("police");
    answering.sign(&zhao, id, now()).await.unwrap();
    let photo = hand_in(&files, id, &photo(9_000), "现场.jpg").await.unwrap();
    let half = Feedback {
        request_id: "1".into(),
        outcome: FeedbackOutcome::InProgress,
        text: "已联系双方".into(),
        ..Feedback::default()
    };
    for _ in 0..2 {
        answering.feedback(&zhao, id, &half, now()).await.unwrap();
    }
    let told = world.receipts().await.len();
    let cannot = FeedbackOutcome::Cannot;
    let others = [
        Feedback { outcome: FeedbackOutcome::Done, ..half.clone() },
        Feedback { outcome: cannot, cannot_reason: CannotReason::NotReached, ..half.clone() },
        Feedback { text: "已联系一方".into(), ..half.clone() },
        Feedback { attachments: vec![Uuid::parse_str(&photo.attachment_id).unwrap()], ..half.clone() },
    ];
    for other in &others {
        let refused = answering.feedback(&zhao, id, other, now()).await.unwrap_err();
        assert!(matches!(refused, NotificationError::Repeated), "{refused:?}");
    }
    assert_eq!(world.receipts().await.len(), told, "nothing was told of it");
    // Under an id of its own it is taken, and so is each once more.
    let done = Feedback { request_id: "2".into(), ..others[0].clone() };
    for given in [&done, &half, &done] {
        answering.feedback(&zhao, id, given, now()).await.unwrap();
    }
    assert_eq!(world.receipts().await.len(), told + 1);
    process.end().await;
}
