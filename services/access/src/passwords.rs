//! A token as a password, for drivers that know nothing but a user and a password: at the one method by which they sign
//! in, whose answer gives them the bearer token for all other calls.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::{Duration, SystemTime},
};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::{TokenVerifier, Tries};

/// After so long an address that tried too often may try again.
const AGAIN: Duration = Duration::from_secs(60);

/// Some drivers fill up the last letters, others do not.
const STANDARD: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Where a token is taken as a password.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    /// The method's path.
    pub method: &'static str,
    tries: Arc<Tries>,
}

impl Passwords {
    /// At this method.
    pub fn at(method: &'static str) -> Self {
        Self { method, tries: Arc::default() }
    }

    /// Makes a bearer token of a name and a password in the headers. Headers without them stay as they are.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` says what is wrong; `RESOURCE_EXHAUSTED` where the address tried too often.
    pub fn to_bearer(
        &self,
        headers: &mut HeaderMap,
        address: Option<IpAddr>,
        tokens: &TokenVerifier,
        now: SystemTime,
    ) -> Result<(), Status> {
        let Some(given) =
            headers.get(AUTHORIZATION).and_then(|header| header.as_bytes().strip_prefix(b"Basic "))
        else {
            return Ok(());
        };
        // Who has no address shares the tries of all who have none.
        if !self.tries.may(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))) {
            let details = ErrorDetails::with_retry_info(Some(AGAIN));
            let said = "too many tries from this address";
            return Err(Status::with_error_details(Code::ResourceExhausted, said, details));
        }
        let decoded = STANDARD.decode(given).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = decoded.as_deref().and_then(|text| text.split_once(':'));
        let (user, token) = pair.ok_or_else(|| {
            Status::unauthenticated("the authorization must be `Basic <base64 of user:token>`")
        })?;
        let principal = tokens.verify(token, now).map_err(|error| {
            tracing::debug!(error = &error as &dyn std::error::Error, "a password was refused");
            Status::unauthenticated("the password has to be a token that is valid")
        })?;
        if principal.name != user {
            return Err(Status::unauthenticated("the user has to be the name that the token says"));
        }
        let bearer = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| Status::unauthenticated("the password has to be a token that is valid"))?;
        headers.insert(AUTHORIZATION, bearer);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Principal, TokenSigner};

    #[test]
    fn a_token_is_a_password_for_its_own_name_only() {
        let (private, public) = TokenSigner::generate().unwrap();
        let principal = Principal::new("li", "421181", "analyst", None).unwrap();
        let now = SystemTime::now();
        let sign = |lasts: u64| {
            let until = now + Duration::from_secs(lasts);
            TokenSigner::from_pem(&private).unwrap().sign(&principal, until).unwrap()
        };
        let token = sign(600);
        let tokens = TokenVerifier::from_pem(&public).unwrap();
        let passwords = Passwords::at("/a/B");
        let tried = |given: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_str(given).unwrap());
            let tried = passwords.to_bearer(&mut headers, None, &tokens, now);
            tried.map(|()| headers[AUTHORIZATION].to_str().unwrap().to_owned())
        };
        let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
        assert_eq!(tried(&basic(&format!("li:{token}"))).unwrap(), format!("Bearer {token}"));
        let unfilled = basic(&format!("li:{token}"));
        assert!(tried(unfilled.trim_end_matches('=')).is_ok(), "as the driver of Go sends it");
        assert_eq!(tried("Bearer x").unwrap(), "Bearer x", "what is none is left");
        for (given, word) in [
            (basic(&format!("wang:{token}")), "user"),
            (basic("li:secret"), "password"),
            (basic("li"), "Basic"),
            ("Basic !".to_owned(), "Basic"),
        ] {
            let refused = tried(&given).unwrap_err();
            assert_eq!(refused.code(), Code::Unauthenticated);
            assert!(refused.message().contains(word), "{}", refused.message());
            assert!(!refused.message().contains(&token), "a token is never said");
        }
        let refused: Vec<_> = (0..100).filter_map(|_| tried(&basic("li:guess")).err()).collect();
        let last = refused.last().unwrap();
        assert_eq!(last.code(), Code::ResourceExhausted, "guessing comes to an end");
        assert!(last.get_details_retry_info().is_some());
    }
}
