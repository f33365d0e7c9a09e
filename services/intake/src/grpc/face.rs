//! What the faces have in common that are not the generated servers: a call's messages are taken out of its bytes first,
//! and what cannot be decoded is refused like any other wrong message.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use fengqiao_access::Principal;
use prost::Message;
use tonic::{
    Request, Response, Status,
    body::Body,
    server::{Grpc, NamedService},
};
use tower::{Service, service_fn};

use super::{
    decoding::{ContractCodec, Decoded},
    sifting::{Messages, Sifted},
};
use crate::{error::IntakeError, intake::Intake};

/// A service of the contract that is served by hand.
pub(crate) trait Methods: Send + Sync + 'static {
    /// The service's name in the contract.
    const SERVICE: &'static str;
    /// The method whose calls have any number of messages.
    const STREAM: &'static str;

    /// The service that has the room for unfinished messages.
    fn intake(&self) -> &Intake;

    /// Answers a call of a method.
    fn answer(
        self: Arc<Self>,
        method: &str,
        request: http::Request<Sifted>,
    ) -> impl Future<Output = http::Response<Body>> + Send;
}

/// Serves the methods of a service.
pub struct Face<S>(Arc<S>);

impl<S> Face<S> {
    /// A face of this service.
    #[must_use]
    pub const fn new(service: Arc<S>) -> Self {
        Self(service)
    }
}

impl<S> Clone for Face<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Methods> NamedService for Face<S> {
    const NAME: &'static str = S::SERVICE;
}

impl<S: Methods> Service<http::Request<Body>> for Face<S> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let service = Arc::clone(&self.0);
        let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
        Box::pin(async move {
            let messages = if method == S::STREAM { Messages::Many } else { Messages::One };
            let caller = request.extensions().get::<Arc<Principal>>().cloned();
            let unfinished = service.intake().unfinished.clone();
            let request = request.map(|body| Sifted::new(body, caller, messages, unfinished));
            Ok(service.answer(&method, request).await)
        })
    }
}

/// The answer to a method that is not there.
pub(super) fn no_such_method() -> http::Response<Body> {
    Status::unimplemented("no such method").into_http()
}

/// Answers a call of one message.
pub(super) async fn unary<M, A, F>(
    request: http::Request<Sifted>,
    method: impl FnOnce(Arc<Principal>, M) -> F + Clone + Send,
) -> http::Response<Body>
where
    M: Message + Default + prost::Name + 'static,
    A: Message + 'static,
    F: Future<Output = Result<A, IntakeError>> + Send,
{
    unary_of_large(request, |who, message: Box<M>| method(who, *message)).await
}

/// Answers a call of one message that is too large to be moved about.
pub(super) async fn unary_of_large<M, A, F>(
    request: http::Request<Sifted>,
    method: impl FnOnce(Arc<Principal>, Box<M>) -> F + Clone + Send,
) -> http::Response<Body>
where
    M: Message + Default + prost::Name + 'static,
    A: Message + 'static,
    F: Future<Output = Result<A, IntakeError>> + Send,
{
    let handler = service_fn(move |request: Request<Decoded<M>>| {
        let method = method.clone();
        async move {
            let who = caller(&request)?;
            match request.into_inner() {
                Ok(message) => method(who, message).await.map(Response::new).map_err(Status::from),
                Err(unread) => Err(unread.error.into()),
            }
        }
    });
    Grpc::new(ContractCodec::<A, M>::default()).unary(handler, request).await
}

/// Who calls.
pub(super) fn caller<T>(request: &Request<T>) -> Result<Arc<Principal>, Status> {
    request.extensions().get::<Arc<Principal>>().cloned().ok_or_else(|| IntakeError::NoPrincipal.into())
}
