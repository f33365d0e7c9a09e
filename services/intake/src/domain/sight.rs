//! How much of a confidential or protected report someone sees (保密; S2-06, S4-14).

use fengqiao_proto::types::v1::Role;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// All of it.
    Whole,
    /// All of it, and that it was read is kept first.
    WholeAndKept,
    /// Only that it is there: neither narrative nor people.
    Reduced,
}

/// What someone sees of a report that is theirs to find. `closed` is whether it is confidential or its case protected.
/// Its own source sees what it said itself; officers say why.
#[must_use]
pub fn sight(role: Role, closed: bool, purpose_given: bool) -> Sight {
    match role {
        _ if !closed => Sight::Whole,
        Role::Source => Sight::Whole,
        Role::Officer if purpose_given => Sight::WholeAndKept,
        _ => Sight::Reduced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_source_and_an_officer_who_says_why_see_what_is_confidential() {
        for (role, purpose, seen) in [
            (Role::Source, false, Sight::Whole),
            (Role::Officer, true, Sight::WholeAndKept),
            (Role::Officer, false, Sight::Reduced),
            (Role::Service, true, Sight::Reduced),
            (Role::Operator, true, Sight::Reduced),
        ] {
            assert_eq!(sight(role, true, purpose), seen, "{role:?}");
            assert_eq!(sight(role, false, purpose), Sight::Whole, "{role:?}");
        }
    }
}
