//! Bearer tokens: JWTs signed with Ed25519. Whoever issues them holds the private key; services hold the
//! public one.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use rcgen::{KeyPair, PKCS_ED25519};
use serde::{Deserialize, Serialize};

use crate::Principal;

const ISSUER: &str = "fengqiao";
/// How many verified tokens are remembered; a signature check costs more than the call it is for.
const REMEMBERED: usize = 10_000;

/// Why a token or a key cannot be used. Never holds the token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The key is not an Ed25519 key in PEM.
    #[error("the key is not an Ed25519 key in PEM")]
    Key(#[source] jsonwebtoken::errors::Error),
    /// A key cannot be made.
    #[error("a key cannot be made")]
    Generate(#[source] rcgen::Error),
    /// The token cannot be signed.
    #[error("the token cannot be signed")]
    Sign(#[source] jsonwebtoken::errors::Error),
    /// The token is not ours, was changed, or has expired.
    #[error("the token is not valid")]
    Invalid(#[source] jsonwebtoken::errors::Error),
    /// The token is signed, but does not name a principal.
    #[error(transparent)]
    Principal(#[from] crate::NotAPrincipal),
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    county: String,
    role: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    exp: u64,
}

/// Issues tokens.
pub struct TokenSigner {
    key: EncodingKey,
}

impl TokenSigner {
    /// A new key pair in PEM: the private key, then the public one.
    ///
    /// # Errors
    /// [`TokenError::Generate`].
    pub fn generate() -> Result<(String, String), TokenError> {
        let pair = KeyPair::generate_for(&PKCS_ED25519).map_err(TokenError::Generate)?;
        Ok((pair.serialize_pem(), pair.public_key_pem()))
    }

    /// A signer with this private key in PEM.
    ///
    /// # Errors
    /// [`TokenError::Key`].
    pub fn from_pem(private_key: &str) -> Result<Self, TokenError> {
        Ok(Self { key: EncodingKey::from_ed_pem(private_key.as_bytes()).map_err(TokenError::Key)? })
    }

    /// Signs a token that says who the bearer is, until `expires`.
    ///
    /// # Errors
    /// [`TokenError::Sign`].
    pub fn sign(&self, principal: &Principal, expires: SystemTime) -> Result<String, TokenError> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: principal.name.clone(),
            county: principal.county.clone(),
            role: principal.role_name(),
            scope: principal.scope(),
            exp: seconds(expires),
        };
        encode(&Header::new(Algorithm::EdDSA), &claims, &self.key).map_err(TokenError::Sign)
    }
}

/// Checks tokens.
pub struct TokenVerifier {
    key: DecodingKey,
    remembered: RwLock<HashMap<String, (Arc<Principal>, u64)>>,
}

impl TokenVerifier {
    /// A verifier with this public key in PEM.
    ///
    /// # Errors
    /// [`TokenError::Key`].
    pub fn from_pem(public_key: &str) -> Result<Self, TokenError> {
        Ok(Self {
            key: DecodingKey::from_ed_pem(public_key.as_bytes()).map_err(TokenError::Key)?,
            remembered: RwLock::default(),
        })
    }

    /// Who the bearer of a token is.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] or [`TokenError::Principal`].
    pub fn verify(&self, token: &str, now: SystemTime) -> Result<Arc<Principal>, TokenError> {
        let now = seconds(now);
        {
            let remembered = self.remembered.read().unwrap_or_else(PoisonError::into_inner);
            if let Some((principal, expires)) = remembered.get(token)
                && *expires > now
            {
                return Ok(Arc::clone(principal));
            }
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        validation.leeway = 30;
        let claims = decode::<Claims>(token, &self.key, &validation).map_err(TokenError::Invalid)?.claims;
        let principal =
            Arc::new(Principal::new(&claims.sub, &claims.county, &claims.role, claims.scope.as_deref())?);
        let mut remembered = self.remembered.write().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(token.to_owned(), (Arc::clone(&principal), claims.exp));
        Ok(principal)
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(from_now: i64) -> SystemTime {
        let hour = Duration::from_secs(3600 * from_now.unsigned_abs());
        if from_now < 0 { SystemTime::now() - hour } else { SystemTime::now() + hour }
    }

    #[test]
    fn a_token_names_its_bearer_until_it_expires_or_is_changed() {
        let (private, public) = TokenSigner::generate().unwrap();
        let signer = TokenSigner::from_pem(&private).unwrap();
        let verifier = TokenVerifier::from_pem(&public).unwrap();
        let police = Principal::new("police desk", "421181", "agency", Some("police")).unwrap();
        let token = signer.sign(&police, hour(1)).unwrap();
        for _ in 0..2 {
            assert_eq!(*verifier.verify(&token, SystemTime::now()).unwrap(), police);
        }
        assert!(verifier.verify(&signer.sign(&police, hour(-1)).unwrap(), SystemTime::now()).is_err());
        assert!(verifier.verify(&format!("{token}x"), SystemTime::now()).is_err());
        let (_, stranger) = TokenSigner::generate().unwrap();
        assert!(TokenVerifier::from_pem(&stranger).unwrap().verify(&token, SystemTime::now()).is_err());
    }

    #[test]
    fn a_principal_is_complete_or_not_one() {
        assert!(Principal::new("x", "421181", "agency", None).is_err());
        assert!(Principal::new("x", "421181", "source", Some("telegraph")).is_err());
        assert!(Principal::new("x", "4211", "officer", None).is_err());
        assert!(Principal::new("x", "421181", "unspecified", None).is_err());
        let hotline = Principal::new("12345", "421181", "source", Some("hotline_12345")).unwrap();
        assert_eq!(hotline.scope().as_deref(), Some("hotline_12345"));
        assert_eq!(hotline.county_of("").unwrap(), "421181");
        assert_eq!(hotline.county_of("330681").unwrap_err().code(), tonic::Code::NotFound);
        let routing = Principal::new("routing", "421181", "service", None).unwrap();
        assert_eq!(routing.county_of("330681").unwrap(), "330681");
    }
}
