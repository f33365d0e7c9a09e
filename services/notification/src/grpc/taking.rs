//! An agency's stream: from its first message to its end.

use std::{sync::Arc, time::Duration};

use fengqiao_access::principal;
use fengqiao_proto::notification::v1::{
    OpenStream, Push, TakePushesRequest, TakePushesResponse, take_pushes_request::Say,
};
use futures::{Stream, StreamExt as _, stream};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Status, Streaming};
use uuid::Uuid;

use super::{NotificationFace, status};
use crate::{
    delivery::{Delivery, StreamSession},
    domain::window::window_size,
    error::NotificationError,
    queue::Seated,
};

const OPERATION: &str = "taking pushes";
/// An agency that has connected says soon what it wants.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);
/// One agency has at most so many streams with one process.
const STREAMS_OF_AGENCY: usize = 16;
/// What lies between a session and the transport: little, for nothing overtakes there.
const BETWEEN: usize = 4;

type Answers = std::pin::Pin<Box<dyn Stream<Item = Result<TakePushesResponse, Status>> + Send>>;

/// Answers at once; the session runs on its own and ends with the stream.
pub(super) fn take_pushes(
    face: &NotificationFace,
    request: Request<Streaming<TakePushesRequest>>,
) -> Result<Answers, Status> {
    let who = principal(&request)?.clone();
    let agency = who.agency.clone().ok_or_else(|| fengqiao_serving::status::not_found("agency"))?;
    let (pushes, sent) = mpsc::channel::<Push>(BETWEEN);
    let (ended, end) = oneshot::channel::<Status>();
    let (delivery, stop) = (Arc::clone(&face.delivery), face.stop.clone());
    let mut said = request.into_inner();
    face.streams.spawn(async move {
        let served = async {
            let open = first(&mut said).await.map_err(status::of(OPERATION))?;
            let county = who.county_of(&open.county)?.to_owned();
            let session =
                open_session(delivery, county, agency, &open).await.map_err(status::of(OPERATION))?;
            tracing::info!(county = who.county, agency = who.capacity(), "an agency's stream begins");
            let acknowledged = Box::pin(acknowledgements(said));
            let served = session.run(acknowledged, pushes, stop).await;
            tracing::info!(county = who.county, agency = who.capacity(), "an agency's stream ends");
            served.map_err(status::of(OPERATION))
        };
        if let Err(status) = served.await {
            // Fails only where the agency has gone.
            let _ = ended.send(status);
        }
    });
    let pushes = ReceiverStream::new(sent).map(|push| Ok(TakePushesResponse { push: Some(push) }));
    let end = stream::once(end).filter_map(|end| async move { end.ok().map(Err) });
    Ok(Box::pin(pushes.chain(end)))
}

async fn first(said: &mut Streaming<TakePushesRequest>) -> Result<OpenStream, NotificationError> {
    let message = timeout(OPEN_TIMEOUT, said.next()).await.map_err(|_| wrong_first())?;
    match message {
        Some(Ok(TakePushesRequest { say: Some(Say::Open(open)) })) => Ok(open),
        _ => Err(wrong_first()),
    }
}

fn wrong_first() -> NotificationError {
    NotificationError::wrong("open", "must be the first message, and soon")
}

async fn open_session(
    delivery: Arc<Delivery>,
    county: String,
    agency: String,
    open: &OpenStream,
) -> Result<StreamSession, NotificationError> {
    if delivery.endpoints.get(&county, &agency).is_some() {
        return Err(NotificationError::HasWebhook);
    }
    let resumed = match open.resume_after.as_str() {
        "" => None,
        id => {
            let push_id = Uuid::parse_str(id)
                .map_err(|_| NotificationError::wrong("open.resumeAfter", "must be a UUID"))?;
            Some(delivery.store.resume_place(&county, push_id, &agency).await?)
        }
    };
    let window = window_size(open.max_in_flight)
        .ok_or_else(|| NotificationError::wrong("open.maxInFlight", "must not be negative"))?;
    let seated = Seated::new(window);
    let reachable = delivery
        .bells
        .serve(&county, &agency, STREAMS_OF_AGENCY, Some(seated.seat()))
        .ok_or(NotificationError::TooManyStreams)?;
    Ok(StreamSession::new(delivery, county, agency, reachable, seated).resumed_after(resumed))
}

/// What the agency acknowledges. A connection that breaks ends the stream like one that is closed.
fn acknowledgements(
    said: Streaming<TakePushesRequest>,
) -> impl Stream<Item = Result<Uuid, NotificationError>> {
    said.take_while(|message| std::future::ready(message.is_ok())).filter_map(|message| async move {
        Some(match message.ok()?.say {
            Some(Say::Acknowledge(of)) => Uuid::parse_str(&of.push_id)
                .map_err(|_| NotificationError::wrong("acknowledge.pushId", "must be a UUID")),
            Some(Say::Open(_)) => Err(NotificationError::wrong("open", "must be said once")),
            None => Err(NotificationError::wrong("say", "must be given")),
        })
    })
}
