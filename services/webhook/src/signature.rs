//! Webhook signatures as in the Standard Webhooks specification: HMAC-SHA-256 over
//! `id.timestamp.body`, in Base64, with the version before it.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The header that carries the message's id, the same at each try.
pub const ID_HEADER: &str = "webhook-id";
/// The header that carries the time of the try, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

const PREFIX: &str = "whsec_";
/// The specification asks for 24 to 64 bytes.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Why a text is no secret. Never repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It has another form.
    #[error("a webhook secret is `whsec_` and the Base64 of the key")]
    Form,
    /// It is too short to be safe, or longer than the specification allows.
    #[error("a webhook secret has 24 to 64 bytes")]
    Length,
}

/// A secret that a receiver shares with us.
#[derive(Clone)]
pub struct Secret(Hmac<Sha256>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// Reads a secret.
    ///
    /// # Errors
    /// [`SecretError`] where it has another form or length.
    pub fn read(text: &str) -> Result<Self, SecretError> {
        let encoded = text.trim().strip_prefix(PREFIX).ok_or(SecretError::Form)?;
        let key = BASE64.decode(encoded).map_err(|_| SecretError::Form)?;
        if !KEY_BYTES.contains(&key.len()) {
            return Err(SecretError::Length);
        }
        Hmac::new_from_slice(&key).map(Self).map_err(|_| SecretError::Length)
    }

    /// Makes a new secret, in its written form.
    #[must_use]
    pub fn generate() -> String {
        format!("{PREFIX}{}", BASE64.encode(rand::random::<[u8; 32]>()))
    }

    /// One signature, with the version before it.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut mac = self.0.clone();
        mac.update(id.as_bytes());
        mac.update(b".");
        mac.update(timestamp.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))
    }
}

/// The value of the signature header: a signature by each secret, so that a receiver that knows one of them can check
/// it while the other takes its place.
#[must_use]
pub fn signatures(secrets: &[Secret], id: &str, timestamp: i64, body: &[u8]) -> String {
    secrets.iter().map(|secret| secret.sign(id, timestamp, body)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECIFIED: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn signs_as_the_specification_does() {
        let secret = Secret::read(SPECIFIED).unwrap();
        assert_eq!(
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn during_a_rotation_both_secrets_sign() {
        let [old, new] =
            [SPECIFIED, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"].map(|s| Secret::read(s).unwrap());
        let both = signatures(&[old.clone(), new.clone()], "m", 1, b"{}");
        assert_eq!(both, format!("{} {}", old.sign("m", 1, b"{}"), new.sign("m", 1, b"{}")));
    }

    #[test]
    fn a_secret_has_its_form_and_is_never_shown() {
        assert!(matches!(Secret::read("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), Err(SecretError::Form)));
        assert!(matches!(Secret::read("whsec_c2hvcnQ="), Err(SecretError::Length)));
        assert!(Secret::read(&Secret::generate()).is_ok());
        assert_eq!(format!("{:?}", Secret::read(SPECIFIED).unwrap()), "Secret(…)");
    }
}
