//! A key of one long value's own: the value is sealed with it piece by piece, and only the key is sealed with the ring.
//! So a long value is never held whole, and keys change without it being touched.

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};

use crate::{Keyring, NONCE_BYTES, SealError};

const KEY_BYTES: usize = 32;

/// The key of one long value.
pub struct DataKey {
    key: [u8; KEY_BYTES],
}

impl DataKey {
    /// A new key, for one value only.
    #[must_use]
    pub fn generate() -> Self {
        Self { key: rand::random() }
    }

    /// The key as it is stored beside its value.
    #[must_use]
    pub fn seal(&self, keyring: &Keyring, county: &[u8]) -> Vec<u8> {
        keyring.seal(&self.key, county)
    }

    /// The key of a value.
    ///
    /// # Errors
    /// As [`Keyring::open`]; also where it is no key.
    pub fn open(sealed: &[u8], keyring: &Keyring, county: &[u8]) -> Result<Self, SealError> {
        let key = keyring.open(sealed, county)?.try_into().map_err(|_| SealError::Cut)?;
        Ok(Self { key })
    }

    /// Seals a piece. Each number is used once, and the last piece says that it is the last: pieces can be neither
    /// left out nor put elsewhere.
    #[must_use]
    pub fn seal_piece(&self, number: u32, is_last: bool, plain: &[u8]) -> Vec<u8> {
        self.cipher()
            .encrypt(&nonce(number), Payload { msg: plain, aad: &[u8::from(is_last)] })
            // Fails only for a plain text of more than 256 GiB.
            .unwrap_or_default()
    }

    /// Opens a piece.
    ///
    /// # Errors
    /// [`SealError::DoesNotOpen`] where it is not this piece of this value.
    pub fn open_piece(&self, number: u32, is_last: bool, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        self.cipher()
            .decrypt(&nonce(number), Payload { msg: sealed, aad: &[u8::from(is_last)] })
            .map_err(|_| SealError::DoesNotOpen)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.key.into())
    }
}

/// A number is a good nonce: the key is of one value, and each of its pieces has another number.
fn nonce(number: u32) -> XNonce {
    let mut nonce = [0; NONCE_BYTES];
    nonce[..4].copy_from_slice(&number.to_le_bytes());
    XNonce::from(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_open_in_their_place_only() {
        let keyring = Keyring::from_toml(&Keyring::generate()).unwrap();
        let key = DataKey::generate();
        let pieces = [key.seal_piece(0, false, b"one"), key.seal_piece(1, true, b"two")];
        let again = DataKey::open(&key.seal(&keyring, b"421181"), &keyring, b"421181").unwrap();
        assert_eq!(again.open_piece(0, false, &pieces[0]).unwrap(), b"one");
        assert_eq!(again.open_piece(1, true, &pieces[1]).unwrap(), b"two");
        for (number, is_last, piece) in [(1, true, &pieces[0]), (0, true, &pieces[0]), (1, false, &pieces[1])]
        {
            assert!(matches!(again.open_piece(number, is_last, piece), Err(SealError::DoesNotOpen)));
        }
        assert!(DataKey::open(&key.seal(&keyring, b"421181"), &keyring, b"330681").is_err());
        assert!(DataKey::generate().open_piece(0, false, &pieces[0]).is_err());
    }
}
