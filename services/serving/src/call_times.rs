//! How long a call may take until its answer begins.
//!
//! In place of the server's own timeout, which knows one time for all methods: a method that answers only when the caller
//! has sent everything takes as long as the caller needs.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::http::Request;
use futures::{FutureExt as _, future::Map};
use tokio::time::{Timeout, error::Elapsed, timeout};
use tonic::Status;
use tower::{BoxError, Layer, Service};

/// A call that takes longer is ended; streams only have to begin in it.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Ends calls that take too long, as past their deadline: the server's own timeout would say that they were cancelled,
/// which nobody did. A shorter deadline of the caller's own is kept by the server all the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallTimes {
    /// The methods that may take longer, by their paths.
    longer: Arc<[(&'static str, Duration)]>,
}

impl CallTimes {
    /// The same times, but for the method with this path, which ends its calls itself after so long.
    pub(crate) fn letting_last(&self, method: &'static str, at_most: Duration) -> Self {
        // What it says at its own end has to come first.
        let longer = (method, at_most + CALL_TIMEOUT);
        Self { longer: self.longer.iter().copied().chain([longer]).collect() }
    }

    fn of(&self, method: &str) -> Duration {
        self.longer.iter().find(|(path, _)| *path == method).map_or(CALL_TIMEOUT, |(_, at_most)| *at_most)
    }
}

impl<S> Layer<S> for CallTimes {
    type Service = TimedService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        TimedService { inner, times: self.clone() }
    }
}

/// See [`CallTimes`].
#[derive(Debug, Clone)]
pub(crate) struct TimedService<S> {
    inner: S,
    times: CallTimes,
}

/// What comes in time, or that it did not.
type InTime<R, E> = fn(Result<Result<R, E>, Elapsed>) -> Result<R, BoxError>;

impl<S, B> Service<Request<B>> for TimedService<S>
where
    S: Service<Request<B>>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Map<Timeout<S::Future>, InTime<S::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let at_most = self.times.of(request.uri().path());
        timeout(at_most, self.inner.call(request)).map(in_time)
    }
}

fn in_time<R, E: Into<BoxError>>(answer: Result<Result<R, E>, Elapsed>) -> Result<R, BoxError> {
    answer.map_err(|_| Status::deadline_exceeded("no answer in time"))?.map_err(Into::into)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use tonic::Code;
    use tower::{ServiceBuilder, ServiceExt as _, service_fn};

    use super::*;

    const UPLOAD: &str = "/fengqiao.notification.v1.AttachmentService/UploadAttachment";

    #[test]
    fn only_what_ends_itself_lasts_longer_and_is_not_cut_short_at_its_own_end() {
        let times = CallTimes::default().letting_last(UPLOAD, Duration::from_secs(600));
        assert!(times.of(UPLOAD) > Duration::from_secs(600));
        for other in ["/fengqiao.notification.v1.AttachmentService/ListAttachments", "/", ""] {
            assert_eq!(times.of(other), CALL_TIMEOUT);
        }
        assert_eq!(CallTimes::default().of(UPLOAD), CALL_TIMEOUT);
    }

    #[tokio::test]
    async fn a_call_that_takes_too_long_is_past_its_deadline() {
        let takes = |call: Duration| {
            let at_most = Duration::from_millis(50);
            let times = CallTimes { longer: Arc::new([(UPLOAD, at_most)]) };
            let service =
                ServiceBuilder::new().layer(times).service(service_fn(move |_: Request<()>| async move {
                    tokio::time::sleep(call).await;
                    Ok::<_, Infallible>(())
                }));
            let request = Request::builder().uri(UPLOAD).body(()).unwrap();
            service.oneshot(request)
        };
        takes(Duration::ZERO).await.unwrap();
        let ended = Status::from_error(takes(Duration::from_secs(60)).await.unwrap_err());
        assert_eq!((ended.code(), ended.message()), (Code::DeadlineExceeded, "no answer in time"));
    }
}
