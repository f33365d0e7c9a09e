//! Which roles may call which method, as the contract's method options say.

use std::collections::HashMap;

use fengqiao_proto::{json, types::v1::Role};
use prost_reflect::Value;

/// Who may call a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule<'a> {
    /// Anyone, also without a principal: health checks.
    Open,
    /// Any principal: reflection.
    AnyPrincipal,
    /// These roles.
    Roles(&'a [Role]),
    /// Nobody: a method of ours without a rule.
    Nobody,
    /// There is no such method.
    Unknown,
}

/// The contract's options are damaged.
#[derive(Debug, thiserror::Error)]
#[error("the contract does not say who may call: {0}")]
pub struct PolicyError(String);

/// The rules of all methods.
#[derive(Debug, Clone)]
pub struct Policy {
    rules: HashMap<String, Vec<Role>>,
    /// Services of other contracts that are served too, all methods of each alike.
    foreign: Vec<(&'static str, &'static [Role])>,
}

impl Policy {
    /// The policy that the contract states.
    ///
    /// # Errors
    /// [`PolicyError`] where the embedded contract is damaged.
    pub fn from_contract() -> Result<Self, PolicyError> {
        let pool = json::descriptors().map_err(|e| PolicyError(e.to_string()))?;
        let option = pool
            .get_extension_by_name("fengqiao.type.v1.access")
            .ok_or_else(|| PolicyError("the option is missing".into()))?;
        let mut rules = HashMap::new();
        for service in pool.services() {
            for method in service.methods() {
                let options = method.options();
                let Value::Message(rule) = &*options.get_extension(&option) else { continue };
                let Some(allow) = rule.get_field_by_name("allow") else { continue };
                let roles = allow
                    .as_list()
                    .unwrap_or_default()
                    .iter()
                    .filter_map(|value| Role::try_from(value.as_enum_number()?).ok())
                    .collect();
                rules.insert(format!("/{}/{}", service.full_name(), method.name()), roles);
            }
        }
        Ok(Self { rules, foreign: Vec::new() })
    }

    /// Lets these roles call a service of another contract, by its full name.
    #[must_use]
    pub fn allowing(mut self, service: &'static str, roles: &'static [Role]) -> Self {
        self.foreign.push((service, roles));
        self
    }

    /// Who may call the method with this path.
    #[must_use]
    pub fn rule(&self, path: &str) -> Rule<'_> {
        match self.rules.get(path) {
            Some(roles) if !roles.is_empty() => Rule::Roles(roles),
            Some(_) => Rule::Nobody,
            None if path.starts_with("/grpc.health.v1.Health/") => Rule::Open,
            None if path.starts_with("/grpc.reflection.") => Rule::AnyPrincipal,
            None => {
                let service =
                    path.strip_prefix('/').and_then(|path| path.split_once('/')).map(|(name, _)| name);
                let foreign = self.foreign.iter().find(|(name, _)| Some(*name) == service);
                foreign.map_or(Rule::Unknown, |(_, roles)| Rule::Roles(roles))
            }
        }
    }

    /// The paths of all methods with their roles.
    pub fn methods(&self) -> impl Iterator<Item = (&str, &[Role])> {
        self.rules.iter().map(|(path, roles)| (path.as_str(), roles.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_of_the_contract_says_who_may_call() {
        let policy = Policy::from_contract().unwrap();
        assert!(policy.methods().count() >= 24);
        for (path, roles) in policy.methods() {
            assert!(!roles.is_empty(), "{path} is callable by nobody");
            assert!(!roles.contains(&Role::Unspecified), "{path}");
        }
        assert_eq!(
            policy.rule("/fengqiao.notification.v1.NotificationService/SignPush"),
            Rule::Roles(&[Role::Agency])
        );
        assert_eq!(policy.rule("/grpc.health.v1.Health/Check"), Rule::Open);
        assert_eq!(policy.rule("/v1/reports"), Rule::Unknown);
        assert_eq!(policy.rule("/other.Service/Do"), Rule::Unknown);
        let policy = policy.allowing("other.Service", &[Role::Analyst]);
        assert_eq!(policy.rule("/other.Service/Do"), Rule::Roles(&[Role::Analyst]));
        assert_eq!(policy.rule("/other.ServiceTwo/Do"), Rule::Unknown);
        assert_eq!(
            policy.rule("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"),
            Rule::AnyPrincipal
        );
    }
}
