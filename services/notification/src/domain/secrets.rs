//! Which secrets sign an endpoint's webhooks while one takes another's place.

use jiff::Timestamp;

/// A secret that took the place of those before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation<S> {
    /// The secret.
    pub secret: S,
    /// Until when those before it sign too.
    pub before_until: Timestamp,
}

/// The secrets that sign at a time, the newest first. `first` are those of the county's file; `rotations` came after
/// them, the oldest first. The newest always signs; an older one as long as each that came after it lets it.
#[must_use]
pub fn signing<S: Clone>(first: &[S], rotations: &[Rotation<S>], now: Timestamp) -> Vec<S> {
    let mut signing = Vec::new();
    for rotation in rotations.iter().rev() {
        signing.push(rotation.secret.clone());
        if rotation.before_until <= now {
            return signing;
        }
    }
    signing.extend_from_slice(first);
    signing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sign_for_a_while_and_then_the_newer_one() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let rotation = |secret, until| Rotation { secret, before_until: at(until) };
        assert_eq!(signing(&["file"], &[], at(0)), ["file"]);
        let one = [rotation("new", 100)];
        assert_eq!(signing(&["file"], &one, at(99)), ["new", "file"]);
        assert_eq!(signing(&["file"], &one, at(100)), ["new"]);
        let two = [rotation("new", 100), rotation("newer", 50)];
        assert_eq!(signing(&["file"], &two, at(49)), ["newer", "new", "file"]);
        assert_eq!(signing(&["file"], &two, at(50)), ["newer"], "one that was withdrawn early stays so");
    }
}
