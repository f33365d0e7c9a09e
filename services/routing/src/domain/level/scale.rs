//! How large a group is.

use serde::Deserialize;

/// From how many people a matter is that of a group (规模: 个体性, 一般群体性, 重大群体性). A crowd of 30, from
/// which S0-12 suggests orange, is a general group; the number stands in the county's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Scale {
    general: i64,
    major: i64,
}

impl Default for Scale {
    fn default() -> Self {
        Self { general: 5, major: 300 }
    }
}

impl Scale {
    /// What is wrong with it.
    pub(super) fn mistake(self) -> Option<String> {
        (self.general < 2 || self.major <= self.general)
            .then(|| "a general group needs at least 2 people, a major one more than that".to_owned())
    }

    /// The word for a group of this size.
    pub(super) const fn word(self, group_size: i64) -> &'static str {
        if group_size >= self.major {
            "major_group"
        } else if group_size >= self.general {
            "general_group"
        } else {
            "individual"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s0_12_thirty_people_are_a_general_group() {
        let scale = Scale::default();
        for (size, word) in [
            (0, "individual"),
            (4, "individual"),
            (5, "general_group"),
            (30, "general_group"),
            (299, "general_group"),
            (300, "major_group"),
        ] {
            assert_eq!(scale.word(size), word, "{size}");
        }
        assert!(Scale { general: 30, major: 30 }.mistake().is_some());
        assert_eq!(scale.mistake(), None);
    }
}
