//! The secrets of a local stack: made on the spot, kept in a folder that only we can read, never in the
//! repository.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use fengqiao_access::{Authority, Certified, EXPIRY_DAYS, Principal, TokenSigner};
use fengqiao_proto::types::v1::Source;
use fengqiao_sealing::Keyring;
use time::OffsetDateTime;

use crate::{StackError, private_file::write_private};

const TOKENS_VALID: Duration = Duration::from_secs(90 * 86_400);
/// The authority is made anew while it still has so many days.
const SPARE_DAYS: i64 = 60;

/// The secrets of one stack.
pub struct Secrets {
    folder: PathBuf,
    county: String,
    authority: Authority,
    signer: TokenSigner,
}

impl Secrets {
    /// Makes what is missing or runs out; keeps the rest. Tokens are made for `agencies` of `county` and
    /// for each role and door.
    ///
    /// # Errors
    /// Where a file cannot be written, or what is kept is damaged.
    pub fn prepare(folder: &Path, county: &str, agencies: &[String]) -> Result<Self, StackError> {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(StackError::file(folder))?;
        let now = OffsetDateTime::now_utc();
        let authority = authority(folder, now)?;
        let server = authority.server(&["127.0.0.1", "localhost"], now).map_err(unmade)?;
        write_private(&folder.join("server.pem"), &server.certificate)?;
        write_private(&folder.join("server-key.pem"), &server.key)?;
        // Lost keys are lost data: these are never made anew while they are there.
        kept(&folder.join("sealing-keys.toml"), Keyring::generate)?;
        let secrets = Self {
            folder: folder.to_path_buf(),
            county: county.to_owned(),
            authority,
            signer: signer(folder)?,
        };
        secrets.write_tokens(agencies)?;
        let officer = secrets.client_certificate(&secrets.principal("officer", "officer", None)?)?;
        write_private(&folder.join("officer.pem"), &officer.certificate)?;
        write_private(&folder.join("officer-key.pem"), &officer.key)?;
        Ok(secrets)
    }

    /// The certificate of the stack's authority.
    pub fn ca(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// The servers' certificate.
    pub fn server_certificate(&self) -> PathBuf {
        self.folder.join("server.pem")
    }

    /// The key of the servers' certificate.
    pub fn server_key(&self) -> PathBuf {
        self.folder.join("server-key.pem")
    }

    /// The public key by which services check tokens.
    pub fn token_key(&self) -> PathBuf {
        self.folder.join("token-key.pem")
    }

    /// The keys that seal personal data.
    pub fn sealing_keys(&self) -> PathBuf {
        self.folder.join("sealing-keys.toml")
    }

    /// The folder with a token file for each agency.
    pub fn agencies(&self) -> PathBuf {
        self.folder.join("agencies")
    }

    /// The token files by the name under which `stack.json` has them.
    pub fn token_files(&self) -> BTreeMap<String, PathBuf> {
        callers()
            .into_iter()
            .map(|(name, ..)| {
                let file = self.folder.join(format!("{name}.token"));
                (name, file)
            })
            .chain([("agencies_dir".to_owned(), self.agencies())])
            .collect()
    }

    /// A token for anyone, for tests.
    ///
    /// # Errors
    /// Where it cannot be signed.
    pub fn token(&self, principal: &Principal) -> Result<String, StackError> {
        self.token_until(principal, SystemTime::now() + TOKENS_VALID)
    }

    /// A token for anyone with an end of its own, for tests.
    ///
    /// # Errors
    /// Where it cannot be signed.
    pub fn token_until(&self, principal: &Principal, end: SystemTime) -> Result<String, StackError> {
        self.signer.sign(principal, end).map_err(unmade)
    }

    /// The token of one of the stack's own callers: `officer`, `operator`, `analyst`, `source-…`, or an
    /// agency's code.
    ///
    /// # Errors
    /// Where there is none.
    pub fn token_of(&self, caller: &str) -> Result<String, StackError> {
        let own = self.folder.join(format!("{caller}.token"));
        let path = if own.exists() { own } else { self.agencies().join(format!("{caller}.token")) };
        std::fs::read_to_string(&path).map_err(StackError::file(path))
    }

    /// A client's certificate for anyone.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn client_certificate(&self, principal: &Principal) -> Result<Certified, StackError> {
        self.authority.client(principal, OffsetDateTime::now_utc()).map_err(unmade)
    }

    /// The secret that a webhook endpoint shares with notification, made on first use.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn webhook_secret(&self, agency: &str) -> Result<(PathBuf, String), StackError> {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let path = self.folder.join(format!("webhook-{agency}.secret"));
        let secret = kept(&path, || format!("whsec_{}", STANDARD.encode(rand::random::<[u8; 32]>())))?;
        Ok((path, secret))
    }

    fn write_tokens(&self, agencies: &[String]) -> Result<(), StackError> {
        for (name, role, scope) in callers() {
            let token = self.token(&self.principal(&name, role, scope.as_deref())?)?;
            write_private(&self.folder.join(format!("{name}.token")), &token)?;
        }
        let folder = self.agencies();
        std::fs::create_dir_all(&folder).map_err(StackError::file(&folder))?;
        for agency in agencies {
            let token = self.token(&self.principal(agency, "agency", Some(agency))?)?;
            write_private(&folder.join(format!("{agency}.token")), &token)?;
        }
        Ok(())
    }

    /// A principal of this stack's county.
    ///
    /// # Errors
    /// Where role and scope do not make one.
    pub fn principal(&self, name: &str, role: &str, scope: Option<&str>) -> Result<Principal, StackError> {
        Principal::new(name, &self.county, role, scope).map_err(unmade)
    }
}

/// The callers that every local stack has: name, role and scope.
fn callers() -> Vec<(String, &'static str, Option<String>)> {
    let people = ["officer", "operator", "analyst", "service"];
    let doors = (1..=32).map_while(|number| Source::try_from(number).ok()).map(|source| {
        let door = source.as_str_name().trim_start_matches("SOURCE_").to_ascii_lowercase();
        (format!("source-{door}"), "source", Some(door))
    });
    people.into_iter().map(|role| (role.to_owned(), role, None)).chain(doors).collect()
}

fn authority(folder: &Path, now: OffsetDateTime) -> Result<Authority, StackError> {
    let (certificate, key) = (folder.join("ca.pem"), folder.join("ca-key.pem"));
    let fresh = || {
        let age = std::fs::metadata(&certificate).ok()?.modified().ok()?.elapsed().ok()?;
        let days = i64::try_from(age.as_secs() / 86_400).ok()?;
        (days < EXPIRY_DAYS - SPARE_DAYS).then_some(())?;
        let kept = Certified {
            certificate: std::fs::read_to_string(&certificate).ok()?,
            key: std::fs::read_to_string(&key).ok()?,
        };
        Authority::from_pem(&kept).ok()
    };
    if let Some(kept) = fresh() {
        return Ok(kept);
    }
    let made = Authority::generate(now).map_err(unmade)?;
    write_private(&key, &made.key)?;
    write_private(&certificate, &made.certificate)?;
    Authority::from_pem(&made).map_err(unmade)
}

fn signer(folder: &Path) -> Result<TokenSigner, StackError> {
    let (private, public) = (folder.join("token-signing-key.pem"), folder.join("token-key.pem"));
    if public.exists()
        && let Ok(key) = std::fs::read_to_string(&private)
        && let Ok(signer) = TokenSigner::from_pem(&key)
    {
        return Ok(signer);
    }
    let (private_key, public_key) = TokenSigner::generate().map_err(unmade)?;
    write_private(&private, &private_key)?;
    write_private(&public, &public_key)?;
    TokenSigner::from_pem(&private_key).map_err(unmade)
}

/// What the file holds; where there is none, it is made and written.
fn kept(path: &Path, make: impl FnOnce() -> String) -> Result<String, StackError> {
    match std::fs::read_to_string(path) {
        Ok(text) => return Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        // A key that cannot be read is not to be replaced: what it sealed would be lost.
        Err(error) => return Err(StackError::file(path)(error)),
    }
    let made = make();
    write_private(path, &made)?;
    Ok(made)
}

fn unmade(error: impl std::error::Error) -> StackError {
    StackError::Secrets(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use fengqiao_access::TokenVerifier;

    use super::*;

    #[test]
    fn secrets_are_kept_and_only_ours() {
        let folder = std::env::temp_dir().join(format!("fengqiao-secrets-{}", std::process::id()));
        let agencies = ["police".to_owned()];
        let first = Secrets::prepare(&folder, "421181", &agencies).unwrap();
        let sealing = std::fs::read(first.sealing_keys()).unwrap();
        let ca = std::fs::read(first.ca()).unwrap();
        let again = Secrets::prepare(&folder, "421181", &agencies).unwrap();
        assert_eq!(sealing, std::fs::read(again.sealing_keys()).unwrap());
        assert_eq!(ca, std::fs::read(again.ca()).unwrap());
        let key = std::fs::read_to_string(again.token_key()).unwrap();
        let verifier = TokenVerifier::from_pem(&key).unwrap();
        let police = verifier.verify(&first.token_of("police").unwrap(), SystemTime::now()).unwrap();
        assert_eq!(police.agency.as_deref(), Some("police"));
        for (name, file) in again.token_files() {
            assert!(file.exists(), "{name}");
        }
        let mode = std::fs::metadata(again.server_key()).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
