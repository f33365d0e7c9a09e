//! What one stream has sent and the agency has not acknowledged yet.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use uuid::Uuid;

/// A stream takes so many where the agency does not say.
const USUAL: usize = 100;
/// A stream never holds more.
const LARGEST: usize = 1_000;

/// How many unacknowledged pushes a stream may hold, of what the agency asked for. None for a count that
/// is none.
#[must_use]
pub fn window_size(asked: i32) -> Option<usize> {
    match usize::try_from(asked) {
        Ok(0) => Some(USUAL),
        Ok(asked) => Some(asked.min(LARGEST)),
        Err(_) => None,
    }
}

/// The pushes in flight, each with a lease. `T` is what is known of a push. Whoever holds a push sees to it
/// that there is room; the window remembers at most `size` that came too late.
#[derive(Debug)]
pub struct Window<T> {
    size: usize,
    held: HashMap<Uuid, (Instant, T)>,
    /// In the order in which leases end; may name what is acknowledged by now.
    ends: VecDeque<(Instant, Uuid)>,
    /// Whose lease has ended, for an acknowledgement that comes late after all. Bounded like the window.
    late: VecDeque<(Uuid, T)>,
}

/// An acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acknowledged<T> {
    /// Of a push in flight.
    InTime(T),
    /// Of one whose lease had ended; it takes no room any more.
    Late(T),
}

impl<T: Clone> Window<T> {
    /// An empty window.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self { size, held: HashMap::new(), ends: VecDeque::new(), late: VecDeque::new() }
    }

    /// How many are in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.held.len()
    }

    /// Holds a push until its lease ends. Leases are of one length, so they end in the order of the calls.
    pub fn hold(&mut self, push_id: Uuid, push: T, now: Instant, lease: Duration) {
        let end = now + lease;
        self.held.insert(push_id, (end, push));
        self.ends.push_back((end, push_id));
    }

    /// The agency has it. None for a push that this stream did not send, or that was acknowledged before.
    pub fn acknowledge(&mut self, push_id: Uuid) -> Option<Acknowledged<T>> {
        if let Some((_, push)) = self.held.remove(&push_id) {
            self.forget_settled();
            return Some(Acknowledged::InTime(push));
        }
        let place = self.late.iter().position(|(late, _)| *late == push_id)?;
        self.late.remove(place).map(|(_, push)| Acknowledged::Late(push))
    }

    /// When the next lease ends.
    #[must_use]
    pub fn next_end(&self) -> Option<Instant> {
        self.ends.front().map(|(end, _)| *end)
    }

    /// Takes out those whose lease has ended.
    pub fn ended(&mut self, now: Instant) -> Vec<T> {
        let mut ended = Vec::new();
        while let Some((end, push_id)) = self.ends.front().copied()
            && end <= now
        {
            self.ends.pop_front();
            if self.is_current(end, push_id)
                && let Some((_, push)) = self.held.remove(&push_id)
            {
                if self.late.len() == self.size {
                    self.late.pop_front();
                }
                self.late.push_back((push_id, push.clone()));
                ended.push(push);
            }
        }
        self.forget_settled();
        ended
    }

    /// Takes out all: the stream ends.
    pub fn drain(&mut self) -> Vec<T> {
        self.ends.clear();
        self.held.drain().map(|(_, (_, push))| push).collect()
    }

    fn is_current(&self, end: Instant, push_id: Uuid) -> bool {
        self.held.get(&push_id).is_some_and(|(held_until, _)| *held_until == end)
    }

    /// Keeps the head of the order at something that is still held.
    fn forget_settled(&mut self) {
        while let Some((end, push_id)) = self.ends.front().copied()
            && !self.is_current(end, push_id)
        {
            self.ends.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LEASE: Duration = Duration::from_secs(30);

    #[test]
    fn a_window_is_bounded() {
        assert_eq!(window_size(0), Some(100));
        assert_eq!(window_size(7), Some(7));
        assert_eq!(window_size(5_000), Some(1_000));
        assert_eq!(window_size(-1), None);
    }

    #[test]
    fn what_is_not_acknowledged_ends_with_its_lease() {
        let now = Instant::now();
        let mut window = Window::new(2);
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        window.hold(a, "a", now, LEASE);
        window.hold(b, "b", now + Duration::from_secs(1), LEASE);
        assert_eq!(window.in_flight(), 2);
        assert_eq!(window.acknowledge(a), Some(Acknowledged::InTime("a")));
        assert_eq!(window.acknowledge(a), None);
        assert_eq!(window.next_end(), Some(now + Duration::from_secs(31)));
        assert!(window.ended(now + Duration::from_secs(30)).is_empty());
        assert_eq!(window.ended(now + Duration::from_secs(31)), ["b"]);
        assert_eq!((window.in_flight(), window.next_end()), (0, None));
        // It had the push after all.
        assert_eq!(window.acknowledge(b), Some(Acknowledged::Late("b")));
        assert_eq!(window.acknowledge(b), None);
    }

    #[test]
    fn a_push_that_is_sent_again_has_a_new_lease() {
        let now = Instant::now();
        let mut window = Window::new(2);
        let a = Uuid::from_u128(1);
        window.hold(a, 1, now, LEASE);
        window.acknowledge(a);
        window.hold(a, 2, now + LEASE, LEASE);
        assert!(window.ended(now + LEASE).is_empty());
        assert_eq!(window.ended(now + 2 * LEASE), [2]);
    }

    proptest! {
        /// Each push that was held comes out exactly once before the window is empty: acknowledged, ended
        /// or drained; and what is kept is bounded.
        #[test]
        fn nothing_is_lost_or_doubled(steps in proptest::collection::vec((0u8..3, 0u128..20), 0..200)) {
            let start = Instant::now();
            let mut window = Window::new(8);
            let (mut held, mut out) = (0usize, 0usize);
            let mut current = std::collections::HashSet::new();
            for (at, (step, id)) in steps.into_iter().enumerate() {
                let (now, id) = (start + Duration::from_secs(at as u64), Uuid::from_u128(id));
                match step {
                    0 if window.in_flight() < 8 && !current.contains(&id) => {
                        window.hold(id, id, now, LEASE);
                        current.insert(id);
                        held += 1;
                    }
                    1 if current.remove(&id) => {
                        out += usize::from(window.acknowledge(id) == Some(Acknowledged::InTime(id)));
                    }
                    2 => for id in window.ended(now) {
                        out += usize::from(current.remove(&id));
                    },
                    _ => {}
                }
                prop_assert_eq!(window.in_flight(), current.len());
                prop_assert!(window.late.len() <= 8);
            }
            out += window.drain().len();
            prop_assert_eq!(held, out);
        }
    }
}
