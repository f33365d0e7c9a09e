//! The caller.

use std::sync::Arc;

use fengqiao_proto::types::v1::{Role, Source};
use tonic::{Request, Status};

/// Who is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The name, unique in the installation, for histories: a person's account or a system's name.
    pub name: String,
    /// The county that it belongs to, 6 digits.
    pub county: String,
    /// What it is.
    pub role: Role,
    /// With [`Role::Agency`]: which one, its code in the directory.
    pub agency: Option<String>,
    /// With [`Role::Source`]: the one door that it may use.
    pub source: Option<Source>,
    /// With [`Role::Analyst`]: the area whose figures are its own, by its significant digits; none for all of the county.
    pub area: Option<String>,
}

/// A certificate or token does not name a complete principal.
#[derive(Debug, thiserror::Error)]
#[error("not a principal: {0}")]
pub struct NotAPrincipal(pub &'static str);

impl Principal {
    /// Makes a principal of what a certificate or token says. `scope` is the agency's code, the source's
    /// short name in any case, or the code of the analyst's own area, by role.
    ///
    /// # Errors
    /// [`NotAPrincipal`] names what is missing.
    pub fn new(name: &str, county: &str, role: &str, scope: Option<&str>) -> Result<Self, NotAPrincipal> {
        if name.is_empty() || name.len() > 100 {
            return Err(NotAPrincipal("a name of 1 to 100 bytes is needed"));
        }
        if county.len() != 6 || !county.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NotAPrincipal("a county of 6 digits is needed"));
        }
        let role = Role::from_str_name(&format!("ROLE_{}", role.to_ascii_uppercase()))
            .filter(|role| *role != Role::Unspecified)
            .ok_or(NotAPrincipal("the role is unknown"))?;
        let agency = match role {
            Role::Agency => Some(
                scope
                    .filter(|s| !s.is_empty())
                    .ok_or(NotAPrincipal("an agency's code is needed"))?
                    .to_owned(),
            ),
            _ => None,
        };
        let source = match role {
            Role::Source => Some(
                scope
                    .and_then(|s| Source::from_str_name(&format!("SOURCE_{}", s.to_ascii_uppercase())))
                    .filter(|source| *source != Source::Unspecified)
                    .ok_or(NotAPrincipal("the source is unknown"))?,
            ),
            _ => None,
        };
        let area = match (role, scope) {
            (Role::Analyst, Some(area)) if !area.is_empty() => {
                let in_county = area.starts_with(county) && area.bytes().all(|byte| byte.is_ascii_digit());
                if !in_county || area.len() > 15 || area.len() % 3 != 0 {
                    return Err(NotAPrincipal(
                        "an analyst's area is one of its county: 6, 9, 12 or 15 digits",
                    ));
                }
                Some(area.to_owned())
            }
            _ => None,
        };
        Ok(Self { name: name.to_owned(), county: county.to_owned(), role, agency, source, area })
    }

    /// The agency's code, the source's short name in lower case or the analyst's area, as [`Principal::new`] takes it.
    #[must_use]
    pub fn scope(&self) -> Option<String> {
        self.agency.clone().or_else(|| self.area.clone()).or_else(|| {
            self.source.map(|s| s.as_str_name().trim_start_matches("SOURCE_").to_ascii_lowercase())
        })
    }

    /// The role's short name in lower case.
    #[must_use]
    pub fn role_name(&self) -> String {
        self.role.as_str_name().trim_start_matches("ROLE_").to_ascii_lowercase()
    }

    /// In which capacity it acts, for histories: the agency's code, or the role.
    #[must_use]
    pub fn capacity(&self) -> String {
        self.agency.clone().unwrap_or_else(|| self.role_name())
    }

    /// The county that a request is about: the caller's own where none is named.
    ///
    /// # Errors
    /// `NOT_FOUND` for another county than the caller's own: that it exists is not for the caller to know.
    pub fn county_of<'a>(&'a self, requested: &'a str) -> Result<&'a str, Status> {
        if requested.is_empty() || requested == self.county {
            Ok(&self.county)
        } else if self.role == Role::Service {
            // A service serves all counties of the installation.
            Ok(requested)
        } else {
            Err(Status::not_found("no such county"))
        }
    }
}

/// The principal of a request that came through the [`crate::AccessLayer`].
///
/// # Errors
/// `UNAUTHENTICATED` where the request did not.
pub fn principal<T>(request: &Request<T>) -> Result<&Principal, Status> {
    request
        .extensions()
        .get::<Arc<Principal>>()
        .map(Arc::as_ref)
        .ok_or_else(|| Status::unauthenticated("no principal"))
}
