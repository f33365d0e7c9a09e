//! Certificates: the authority of an installation, and what a client's certificate says about it.
//!
//! A client's principal stands in the subject alternative name as a URI:
//! `fengqiao://<county>/<role>/<name>` or, for agencies and sources, `…/<name>/<agency or source>`.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use time::{Duration, OffsetDateTime};
use x509_parser::{extensions::GeneralName, parse_x509_certificate};

use crate::Principal;

/// How long certificates of the own authority are valid.
pub const EXPIRY_DAYS: i64 = 365;

/// Why a certificate cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// It cannot be made.
    #[error("a certificate cannot be made")]
    Make(#[source] rcgen::Error),
    /// It cannot be read.
    #[error("a certificate cannot be read: {0}")]
    Read(String),
    /// It has no `fengqiao://` name.
    #[error("a certificate names no principal")]
    NoPrincipal,
    /// Its name is incomplete.
    #[error(transparent)]
    Principal(#[from] crate::NotAPrincipal),
}

/// A certificate and its key, both in PEM.
#[derive(Debug, Clone)]
pub struct Certified {
    /// The certificate.
    pub certificate: String,
    /// The private key.
    pub key: String,
}

/// A certificate authority: for a local stack and for tests. A county uses its own.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Makes a new authority.
    ///
    /// # Errors
    /// [`CertificateError::Make`].
    pub fn generate(now: OffsetDateTime) -> Result<Certified, CertificateError> {
        let mut params = dated(now, "Fengqiao local authority")?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(CertificateError::Make)?;
        let certificate = params.self_signed(&key).map_err(CertificateError::Make)?;
        Ok(Certified { certificate: certificate.pem(), key: key.serialize_pem() })
    }

    /// An authority that was made before.
    ///
    /// # Errors
    /// [`CertificateError::Make`] where certificate and key are not one.
    pub fn from_pem(authority: &Certified) -> Result<Self, CertificateError> {
        let key = KeyPair::from_pem(&authority.key).map_err(CertificateError::Make)?;
        let issuer = Issuer::from_ca_cert_pem(&authority.certificate, key).map_err(CertificateError::Make)?;
        Ok(Self { issuer })
    }

    /// A certificate for a server with these host names or addresses.
    ///
    /// # Errors
    /// [`CertificateError::Make`].
    pub fn server(&self, hosts: &[&str], now: OffsetDateTime) -> Result<Certified, CertificateError> {
        let mut params = dated(now, hosts.first().copied().unwrap_or("server"))?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        for host in hosts {
            params.subject_alt_names.push(match host.parse() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName((*host).try_into().map_err(CertificateError::Make)?),
            });
        }
        self.sign(&params)
    }

    /// A certificate for a client.
    ///
    /// # Errors
    /// [`CertificateError::Make`].
    pub fn client(&self, principal: &Principal, now: OffsetDateTime) -> Result<Certified, CertificateError> {
        let mut params = dated(now, &principal.name)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let scope = principal.scope().map(|scope| format!("/{scope}")).unwrap_or_default();
        let uri =
            format!("fengqiao://{}/{}/{}{scope}", principal.county, principal.role_name(), principal.name);
        params.subject_alt_names.push(SanType::URI(uri.as_str().try_into().map_err(CertificateError::Make)?));
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Result<Certified, CertificateError> {
        let key = KeyPair::generate().map_err(CertificateError::Make)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(CertificateError::Make)?;
        Ok(Certified { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

fn dated(now: OffsetDateTime, name: &str) -> Result<CertificateParams, CertificateError> {
    let mut params = CertificateParams::new(Vec::new()).map_err(CertificateError::Make)?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = now - Duration::hours(1);
    params.not_after = now + Duration::days(EXPIRY_DAYS);
    Ok(params)
}

/// The principal that a verified certificate names.
pub(crate) fn principal_of(der: &[u8]) -> Result<Principal, CertificateError> {
    let (_, certificate) = parse_x509_certificate(der).map_err(|e| CertificateError::Read(e.to_string()))?;
    let names = certificate
        .subject_alternative_name()
        .map_err(|e| CertificateError::Read(e.to_string()))?
        .ok_or(CertificateError::NoPrincipal)?;
    let uri = names
        .value
        .general_names
        .iter()
        .find_map(|name| match name {
            GeneralName::URI(uri) => uri.strip_prefix("fengqiao://"),
            _ => None,
        })
        .ok_or(CertificateError::NoPrincipal)?;
    let mut parts = uri.split('/');
    let (county, role, name) = (parts.next(), parts.next(), parts.next());
    match (county, role, name) {
        (Some(county), Some(role), Some(name)) => Ok(Principal::new(name, county, role, parts.next())?),
        _ => Err(CertificateError::NoPrincipal),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::string::Ia5String;

    use super::*;

    #[test]
    fn a_client_certificate_names_its_principal() {
        let now = OffsetDateTime::now_utc();
        let authority = Authority::from_pem(&Authority::generate(now).unwrap()).unwrap();
        for principal in [
            Principal::new("routing", "421181", "service", None).unwrap(),
            Principal::new("desk", "421181", "agency", Some("police")).unwrap(),
            Principal::new("110", "421181", "source", Some("police_110")).unwrap(),
        ] {
            let made = authority.client(&principal, now).unwrap();
            let (_, pem) = x509_parser::pem::parse_x509_pem(made.certificate.as_bytes()).unwrap();
            assert_eq!(principal_of(&pem.contents).unwrap(), principal);
        }
        let server = authority.server(&["localhost", "127.0.0.1"], now).unwrap();
        let (_, pem) = x509_parser::pem::parse_x509_pem(server.certificate.as_bytes()).unwrap();
        assert!(matches!(principal_of(&pem.contents), Err(CertificateError::NoPrincipal)));
        assert!(Ia5String::try_from("fengqiao://421181/officer/王").is_err());
    }
}
