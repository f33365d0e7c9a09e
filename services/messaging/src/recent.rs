//! What this process has committed and not yet published: the relay takes it from here, not from Postgres.

use std::collections::BTreeMap;

use crate::Event;

/// More than this is not kept; the relay then reads it from Postgres.
const EVENTS_AT_MOST: usize = 2_000;
const BYTES_AT_MOST: usize = 8 << 20;

/// The recent events of one county, by position.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    events: BTreeMap<i64, Event>,
    bytes: usize,
    /// Something was not kept.
    incomplete: bool,
}

/// What follows a position.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Following {
    /// Nothing that is known here.
    Nothing,
    /// These, one after the other.
    Events(Vec<(i64, Event)>),
    /// Something, but only Postgres knows all of it.
    Elsewhere,
}

impl Recent {
    /// Adds events that were committed together.
    pub(crate) fn add(&mut self, first: i64, events: Vec<Event>) {
        self.bytes += events.iter().map(|event| event.payload.len()).sum::<usize>();
        self.events.extend((first..).zip(events));
        if self.events.len() > EVENTS_AT_MOST || self.bytes > BYTES_AT_MOST {
            self.events.clear();
            self.bytes = 0;
            self.incomplete = true;
        }
    }

    /// Takes the events that follow a position, at most so many; what is not behind the position is
    /// published and forgotten.
    pub(crate) fn after(&mut self, position: i64, at_most: usize) -> Following {
        while let Some(entry) = self.events.first_entry().filter(|entry| *entry.key() <= position) {
            self.bytes -= entry.remove().payload.len();
        }
        let incomplete = std::mem::take(&mut self.incomplete);
        match self.events.first_key_value() {
            Some((next, _)) if *next == position + 1 => {}
            Some(_) => return Following::Elsewhere,
            None if incomplete => return Following::Elsewhere,
            None => return Following::Nothing,
        }
        let mut following = Vec::new();
        while following.len() < at_most {
            let next = position + 1 + following.len() as i64;
            let Some(event) = self.events.remove(&next) else { break };
            self.bytes -= event.payload.len();
            following.push((next, event));
        }
        Following::Events(following)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(count: usize) -> Vec<Event> {
        vec![Event { kind: "k", payload: vec![0; 10], trace: None }; count]
    }

    fn positions(following: Following) -> Vec<i64> {
        match following {
            Following::Events(events) => events.into_iter().map(|(position, _)| position).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_follows_is_given_once_and_in_order() {
        let mut recent = Recent::default();
        recent.add(4, events(2));
        recent.add(1, events(3));
        assert_eq!(positions(recent.after(0, 4)), [1, 2, 3, 4]);
        assert_eq!(positions(recent.after(4, 4)), [5]);
        assert_eq!(recent.after(5, 4), Following::Nothing);
        assert_eq!(recent.bytes, 0);
    }

    #[test]
    fn a_gap_is_anothers_and_lies_in_the_database() {
        let mut recent = Recent::default();
        recent.add(3, events(1));
        assert_eq!(recent.after(0, 4), Following::Elsewhere);
        // Published by the other: forgotten.
        assert_eq!(recent.after(3, 4), Following::Nothing);
    }

    #[test]
    fn what_is_too_much_is_read_from_the_database() {
        let mut recent = Recent::default();
        recent.add(1, events(EVENTS_AT_MOST + 1));
        assert_eq!(recent.after(0, 4), Following::Elsewhere);
        assert_eq!(recent.after(0, 4), Following::Nothing);
        assert_eq!(recent.bytes, 0);
    }
}
