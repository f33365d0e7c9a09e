//! The gate of every server: nothing reaches a method without a principal whose role may call it.

use std::{
    future::Future,
    sync::Arc,
    task::{Context, Poll},
    time::SystemTime,
};

use fengqiao_proto::types::v1::Role;
use futures::future::{Either, Ready, ready};
use http::{HeaderMap, Request, Response, header::AUTHORIZATION};
use tonic::{
    Status,
    transport::server::{TcpConnectInfo, TlsConnectInfo},
};
use tower::{Layer, Service};

use crate::{Policy, Principal, Rule, TokenVerifier, certificates::principal_of, passwords::Passwords};

/// Refuses who may not call, and puts the [`Principal`] into the request's extensions.
#[derive(Clone)]
pub struct AccessLayer {
    policy: Arc<Policy>,
    tokens: Arc<TokenVerifier>,
    passwords: Option<Passwords>,
}

impl AccessLayer {
    /// A gate with this policy; tokens are checked with this verifier, certificates by TLS itself.
    #[must_use]
    pub fn new(policy: Policy, tokens: TokenVerifier) -> Self {
        Self { policy: Arc::new(policy), tokens: Arc::new(tokens), passwords: None }
    }

    /// The same gate, which lets these roles call a service of another contract too.
    #[must_use]
    pub fn allowing(&self, service: &'static str, roles: &'static [Role]) -> Self {
        let policy = Policy::clone(&self.policy).allowing(service, roles);
        Self { policy: Arc::new(policy), ..self.clone() }
    }

    /// The same gate, which at the method with this path also takes a token as a password, of the user whom it names, and
    /// hands it on as a bearer token; so many tries a minute from one address.
    #[must_use]
    pub fn taking_passwords_at(&self, method: &'static str) -> Self {
        Self { passwords: Some(Passwords::at(method)), ..self.clone() }
    }

    fn take_password<B>(&self, request: &mut Request<B>) -> Result<(), Status> {
        let Some(passwords) = self.passwords.as_ref().filter(|one| one.method == request.uri().path()) else {
            return Ok(());
        };
        let tls = request.extensions().get::<TlsConnectInfo<TcpConnectInfo>>();
        let address = tls.and_then(|tls| tls.get_ref().remote_addr()).map(|address| address.ip());
        passwords.to_bearer(request.headers_mut(), address, &self.tokens, SystemTime::now())
    }

    fn admit<B>(&self, request: &Request<B>) -> Result<Option<Arc<Principal>>, Status> {
        if self.policy.rule(request.uri().path()) == Rule::Open {
            return Ok(None);
        }
        let shown = || {
            let tls = request.extensions().get::<TlsConnectInfo<TcpConnectInfo>>();
            let chain = tls.and_then(TlsConnectInfo::peer_certs)?;
            chain.first().map(|certificate| certificate.to_vec())
        };
        self.admit_call(request.uri().path(), request.headers(), shown).map(Some)
    }

    /// Who calls the method with this path, by whatever protocol, and may. `certificate` gives the client's
    /// certificate, which TLS has checked; it is only asked for where there is no token.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`, `PERMISSION_DENIED`, or `UNIMPLEMENTED` for a method that there is not.
    pub fn admit_call(
        &self,
        method: &str,
        headers: &HeaderMap,
        certificate: impl FnOnce() -> Option<Vec<u8>>,
    ) -> Result<Arc<Principal>, Status> {
        let principal = self.identify(headers, certificate)?;
        match self.policy.rule(method) {
            Rule::Open | Rule::AnyPrincipal => Ok(principal),
            Rule::Roles(roles) if roles.contains(&principal.role) => Ok(principal),
            Rule::Unknown => Err(Status::unimplemented("there is no such method")),
            Rule::Roles(_) | Rule::Nobody => Err(Status::permission_denied(format!(
                "the role {} may not call this method",
                principal.role_name()
            ))),
        }
    }

    fn identify(
        &self,
        headers: &HeaderMap,
        certificate: impl FnOnce() -> Option<Vec<u8>>,
    ) -> Result<Arc<Principal>, Status> {
        if let Some(header) = headers.get(AUTHORIZATION) {
            let token = header
                .to_str()
                .ok()
                .and_then(|text| text.strip_prefix("Bearer ").or_else(|| text.strip_prefix("bearer ")))
                .ok_or_else(|| Status::unauthenticated("the authorization must be `Bearer <token>`"))?;
            return self.tokens.verify(token, SystemTime::now()).map_err(|error| {
                tracing::debug!(error = &error as &dyn std::error::Error, "a token was refused");
                Status::unauthenticated("the token is not valid")
            });
        }
        // TLS has checked that our authority signed it.
        match certificate() {
            Some(der) => principal_of(&der).map(Arc::new).map_err(|error| {
                tracing::debug!(error = &error as &dyn std::error::Error, "a certificate was refused");
                Status::unauthenticated("the certificate names no principal")
            }),
            None => Err(Status::unauthenticated("a bearer token or a client certificate is needed")),
        }
    }
}

impl<S> Layer<S> for AccessLayer {
    type Service = AccessService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AccessService { inner, gate: self.clone() }
    }
}

/// See [`AccessLayer`].
#[derive(Clone)]
pub struct AccessService<S> {
    inner: S,
    gate: AccessLayer,
}

impl<S, B, R> Service<Request<B>> for AccessService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Future<Output = Result<Response<R>, S::Error>>,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Response<R>, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let admitted = self.gate.take_password(&mut request).and_then(|()| self.gate.admit(&request));
        match admitted {
            Ok(principal) => {
                if let Some(principal) = principal {
                    request.extensions_mut().insert(principal);
                }
                Either::Left(self.inner.call(request))
            }
            Err(status) => Either::Right(ready(Ok(status.into_http()))),
        }
    }
}
