//! Which push of an agency goes next: the most dangerous first, then the oldest; within one case one after the other.
//!
//! What waits may be far more than is held here. For each level a part of it is held, in its order, and it is known
//! behind which push the rest has to be read.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    ops::Deref,
};

use fengqiao_proto::types::v1::Level;
use jiff::Timestamp;
use uuid::Uuid;

use super::push::Push;

/// All levels, the most dangerous first.
const LEVELS: [Level; 5] = [Level::Red, Level::Orange, Level::Yellow, Level::Blue, Level::Unspecified];
/// More is read where a level holds less than this.
const LOW: usize = 128;
/// So many are read of a level at once.
pub const PAGE: usize = 256;

/// Of so many cases it is remembered that something of them failed and waits. While there are more, what comes is read in its
/// turn, whatever its case.
const HELD_BACK_AT_MOST: usize = 4_096;

/// A place in a level's order: requested when, which push.
pub type Place = (Timestamp, Uuid);

/// Where to read on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadFrom {
    /// Of which level.
    pub level: Level,
    /// Behind this place; from the beginning where there is none.
    pub after: Option<Place>,
}

/// What a page of a level ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageEnd {
    /// Nothing waits behind it.
    Last,
    /// More may wait behind this place.
    Behind(Place),
}

/// What waits for one agency, as far as it is held. `P` is a push, however it is kept.
#[derive(Debug)]
pub struct Turns<P> {
    levels: [OfLevel<P>; 5],
    /// Cases of which a push is on its way, and which push that is.
    busy: HashMap<Uuid, Uuid>,
    /// On their way, or not written down yet.
    unsettled: HashSet<Uuid>,
    /// Held, or unsettled.
    known: HashSet<Uuid>,
    /// Cases of which a push of this level failed and waits, until it is read again.
    held_back: HashSet<(Level, Uuid)>,
    /// What happened while something is being read; what that reading brings is from before it.
    meanwhile: Option<Meanwhile>,
}

#[derive(Debug, Default)]
struct Meanwhile {
    /// Cases of which a push failed.
    failed: HashSet<(Level, Uuid)>,
    /// Pushes of which it was written down what became of them.
    settled: HashSet<Uuid>,
}

impl Meanwhile {
    fn changed(&self, push: &Push) -> bool {
        self.settled.contains(&push.push_id) || self.failed.contains(&(push.level, push.case_id))
    }
}

#[derive(Debug)]
struct OfLevel<P> {
    held: VecDeque<P>,
    /// There may be more, behind `after`.
    more: bool,
    after: Option<Place>,
    /// Something may have come that lies before `after`.
    again: bool,
}

impl<P: Deref<Target = Push>> Default for Turns<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Deref<Target = Push>> Turns<P> {
    /// Nothing is held, and everything is to be read.
    #[must_use]
    pub fn new() -> Self {
        let level = || OfLevel { held: VecDeque::new(), more: true, after: None, again: false };
        Self {
            levels: [level(), level(), level(), level(), level()],
            busy: HashMap::new(),
            unsettled: HashSet::new(),
            known: HashSet::new(),
            held_back: HashSet::new(),
            meanwhile: None,
        }
    }

    fn of(&mut self, level: Level) -> &mut OfLevel<P> {
        let place = LEVELS.iter().position(|one| *one == level).unwrap_or(LEVELS.len() - 1);
        &mut self.levels[place]
    }

    /// Something may have come, of whatever level.
    pub fn rung(&mut self) {
        for level in &mut self.levels {
            if level.more {
                level.again = true;
            } else {
                (level.more, level.after) = (true, None);
            }
        }
    }

    /// Reading begins: what is to be read.
    pub fn begin_reading(&mut self) -> Vec<ReadFrom> {
        let wants = self.wants();
        self.meanwhile = (!wants.is_empty()).then(Meanwhile::default);
        wants
    }

    /// What need not be read once more, where reading begins at the begin of a level: what has gone or is held. Further on
    /// in a level nothing is known.
    pub fn known(&self, wanted: &[ReadFrom]) -> Vec<Uuid> {
        if wanted.iter().any(|from| from.after.is_none()) {
            self.known.iter().copied().collect()
        } else {
            Vec::new()
        }
    }

    /// All that was to be read is taken in.
    pub fn end_reading(&mut self) {
        self.meanwhile = None;
    }

    fn wants(&self) -> Vec<ReadFrom> {
        LEVELS
            .iter()
            .zip(&self.levels)
            .filter(|(_, of)| of.more && of.held.len() < LOW)
            .map(|(level, of)| ReadFrom { level: *level, after: of.after })
            .collect()
    }

    /// Whether something should be read.
    #[must_use]
    pub fn is_low(&self) -> bool {
        self.levels.iter().any(|of| of.more && of.held.len() < LOW)
    }

    /// Takes in what was read of a level, in its order, and with what it ended.
    pub fn read(&mut self, level: Level, pushes: Vec<P>, end: PageEnd) {
        for push in pushes {
            let changed = self.meanwhile.as_ref().is_some_and(|meanwhile| meanwhile.changed(&push));
            if !changed && self.known.insert(push.push_id) {
                self.held_back.remove(&(level, push.case_id));
                self.of(level).held.push_back(push);
            }
        }
        let of = self.of(level);
        match end {
            PageEnd::Last => (of.more, of.after) = (std::mem::take(&mut of.again), None),
            PageEnd::Behind(place) => of.after = Some(place),
        }
    }

    /// A push that has just come. False where it has to be read in its turn, since others wait before it.
    pub fn bring(&mut self, push: P) -> bool {
        let waits_behind =
            self.held_back.len() >= HELD_BACK_AT_MOST || self.held_back.contains(&(push.level, push.case_id));
        let of = self.of(push.level);
        if waits_behind || of.more || of.held.len() >= PAGE {
            return false;
        }
        if self.known.insert(push.push_id) {
            self.of(push.level).held.push_back(push);
        }
        true
    }

    /// The next push: on its way from now on, and its case with it. While more of a level is to be read, nothing that is
    /// less dangerous goes.
    pub fn take(&mut self) -> Option<P> {
        for of in &mut self.levels {
            if let Some(place) = of.held.iter().position(|push| !self.busy.contains_key(&push.case_id)) {
                let push = of.held.remove(place)?;
                self.busy.insert(push.case_id, push.push_id);
                self.unsettled.insert(push.push_id);
                return Some(push);
            }
            if of.more {
                return None;
            }
        }
        None
    }

    /// The agency has it: the next of its case may go, before that is written down. Should a crash forget it, the agency
    /// gets it once more under its id, and has seen both in their order before.
    pub fn arrived(&mut self, push_id: Uuid, case_id: Uuid) {
        if self.busy.get(&case_id) == Some(&push_id) {
            self.busy.remove(&case_id);
        }
    }

    /// It is written down what became of a push that was on its way.
    pub fn settled(&mut self, push_id: Uuid, case_id: Uuid) {
        self.arrived(push_id, case_id);
        self.unsettled.remove(&push_id);
        self.known.remove(&push_id);
        if let Some(meanwhile) = &mut self.meanwhile {
            meanwhile.settled.insert(push_id);
        }
    }

    /// It is written down that a push failed and waits: those of its case and level that come later wait behind it. They
    /// are read again with it.
    pub fn hold_back(&mut self, level: Level, case_id: Uuid) {
        if let Some(meanwhile) = &mut self.meanwhile {
            meanwhile.failed.insert((level, case_id));
        }
        if self.held_back.len() < HELD_BACK_AT_MOST {
            self.held_back.insert((level, case_id));
        }
        self.let_go(|push| push.level == level && push.case_id == case_id);
    }

    /// They were taken back: those that are not on their way do not go.
    pub fn recalled(&mut self, push_ids: &[Uuid]) {
        self.let_go(|push| push_ids.contains(&push.push_id));
        if let Some(meanwhile) = &mut self.meanwhile {
            meanwhile.settled.extend(push_ids);
        }
    }

    /// What is held and fits is held no more.
    fn let_go(&mut self, fits: impl Fn(&Push) -> bool) {
        let known = &mut self.known;
        for of in &mut self.levels {
            of.held.retain(|push| {
                let goes = fits(push);
                if goes {
                    known.remove(&push.push_id);
                }
                !goes
            });
        }
    }

    /// Whether nothing is on its way, and all is written down.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.unsettled.is_empty()
    }

    /// How many are held.
    #[must_use]
    pub fn held(&self) -> usize {
        self.levels.iter().map(|of| of.held.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::push::RequestedPush;

    fn push(id: u128, case: u128, level: Level) -> Box<Push> {
        let requested_at = Timestamp::from_second(i64::try_from(id).unwrap()).unwrap();
        let asked = RequestedPush {
            case_id: Uuid::from_u128(case),
            level,
            ..RequestedPush::blank("421181", Uuid::from_u128(id), "police", requested_at)
        };
        Box::new(asked.claimed())
    }

    fn behind(id: u128) -> PageEnd {
        let push = push(id, id, Level::Red);
        PageEnd::Behind((push.requested_at, push.push_id))
    }

    fn ids(turns: &mut Turns<Box<Push>>) -> Vec<u128> {
        std::iter::from_fn(|| turns.take()).map(|push| push.push_id.as_u128()).collect()
    }

    #[test]
    fn red_goes_first_and_one_case_goes_one_by_one() {
        let mut turns = Turns::new();
        turns.read(Level::Orange, vec![], PageEnd::Last);
        turns.read(Level::Yellow, vec![push(1, 1, Level::Yellow), push(2, 1, Level::Yellow)], PageEnd::Last);
        turns.read(Level::Red, vec![push(3, 3, Level::Red)], behind(3));
        assert_eq!(ids(&mut turns), [3], "more red ones are to be read");
        turns.read(Level::Red, vec![], PageEnd::Last);
        assert_eq!(ids(&mut turns), [1]);
        turns.arrived(Uuid::from_u128(1), Uuid::from_u128(1));
        assert_eq!(ids(&mut turns), [2]);
        turns.settled(Uuid::from_u128(1), Uuid::from_u128(1));
        assert!(!turns.is_idle(), "the second is on its way");
        turns.settled(Uuid::from_u128(2), Uuid::from_u128(1));
        turns.settled(Uuid::from_u128(3), Uuid::from_u128(3));
        assert!(turns.is_idle());
    }

    #[test]
    fn what_comes_goes_past_the_store_only_where_nothing_waits_before_it() {
        let mut turns = Turns::new();
        assert!(!turns.bring(push(9, 9, Level::Red)), "nothing was read yet");
        turns.read(Level::Red, vec![], PageEnd::Last);
        assert!(turns.bring(push(9, 9, Level::Red)));
        assert!(!turns.bring(push(8, 8, Level::Yellow)));
        assert_eq!(turns.wants().len(), 4, "all levels but red");
        turns.rung();
        assert_eq!(turns.wants()[0], ReadFrom { level: Level::Red, after: None });
        // Read once more, it is not there twice.
        turns.read(Level::Red, vec![push(9, 9, Level::Red)], PageEnd::Last);
        assert_eq!(ids(&mut turns), [9]);
    }

    #[test]
    fn what_comes_after_a_failed_one_of_its_case_and_level_waits_behind_it() {
        let mut turns = Turns::new();
        for level in [Level::Red, Level::Orange] {
            turns.read(level, vec![], PageEnd::Last);
        }
        assert!(turns.bring(push(1, 1, Level::Red)));
        assert_eq!(ids(&mut turns), [1]);
        turns.hold_back(Level::Red, Uuid::from_u128(1));
        turns.settled(Uuid::from_u128(1), Uuid::from_u128(1));
        assert!(!turns.bring(push(2, 1, Level::Red)), "the first waits for its next try");
        assert!(turns.bring(push(3, 3, Level::Red)), "another case");
        assert!(turns.bring(push(4, 1, Level::Orange)), "another level");
        // The first is due: both are read, in their order.
        turns.read(Level::Red, vec![push(1, 1, Level::Red), push(2, 1, Level::Red)], PageEnd::Last);
        assert_eq!(ids(&mut turns), [3, 1]);
        turns.settled(Uuid::from_u128(1), Uuid::from_u128(1));
        assert_eq!(ids(&mut turns), [2]);
        turns.settled(Uuid::from_u128(2), Uuid::from_u128(1));
        assert!(turns.bring(push(5, 1, Level::Red)), "nothing waits any more");
    }

    #[test]
    fn a_ring_during_a_backlog_is_heard_at_its_end() {
        let mut turns = Turns::new();
        turns.read(Level::Yellow, vec![push(1, 1, Level::Yellow)], behind(1));
        turns.rung();
        let yellow = |turns: &Turns<Box<Push>>| turns.wants().into_iter().find(|w| w.level == Level::Yellow);
        assert!(yellow(&turns).unwrap().after.is_some());
        turns.read(Level::Yellow, vec![], PageEnd::Last);
        assert_eq!(yellow(&turns).unwrap().after, None);
        turns.read(Level::Yellow, vec![], PageEnd::Last);
        assert_eq!(yellow(&turns), None);
    }

    #[test]
    fn what_is_here_is_not_read_once_more() {
        let mut turns = Turns::new();
        let wanted = turns.begin_reading();
        assert!(turns.known(&wanted).is_empty());
        turns.read(Level::Red, vec![push(1, 1, Level::Red), push(2, 2, Level::Red)], PageEnd::Last);
        turns.read(Level::Yellow, vec![push(3, 3, Level::Yellow)], behind(3));
        turns.end_reading();
        assert_eq!(turns.take().unwrap().push_id.as_u128(), 1);
        let further: Vec<_> = turns.wants().into_iter().filter(|from| from.after.is_some()).collect();
        assert_eq!(further.len(), 1);
        assert!(turns.known(&further).is_empty(), "behind what was read nothing is known");
        turns.rung();
        let wanted = turns.begin_reading();
        let mut known: Vec<_> = turns.known(&wanted).iter().map(Uuid::as_u128).collect();
        known.sort_unstable();
        assert_eq!(known, [1, 2, 3], "on its way, and held");
        // Of a page that brings nothing new the end is told all the same.
        turns.read(Level::Red, vec![], PageEnd::Last);
        turns.end_reading();
        assert_eq!(ids(&mut turns), [2]);
    }

    #[test]
    fn what_follows_a_failed_push_waits_behind_it() {
        let mut turns = Turns::new();
        let three = vec![push(1, 1, Level::Red), push(2, 1, Level::Red), push(3, 3, Level::Red)];
        turns.read(Level::Red, three, PageEnd::Last);
        assert_eq!(turns.take().unwrap().push_id.as_u128(), 1);
        turns.rung();
        turns.begin_reading();
        turns.hold_back(Level::Red, Uuid::from_u128(1));
        turns.settled(Uuid::from_u128(1), Uuid::from_u128(1));
        // What was being read meanwhile does not know of the failure.
        turns.read(Level::Red, vec![push(2, 1, Level::Red)], PageEnd::Last);
        turns.end_reading();
        assert_eq!(ids(&mut turns), [3]);
        assert_eq!(turns.known.len(), 1);
        turns.begin_reading();
        turns.read(Level::Red, vec![push(1, 1, Level::Red), push(2, 1, Level::Red)], PageEnd::Last);
        assert_eq!(ids(&mut turns), [1]);
    }

    #[test]
    fn what_was_recalled_does_not_go_also_where_it_is_being_read() {
        let mut turns = Turns::new();
        turns.read(Level::Red, vec![push(1, 1, Level::Red), push(2, 2, Level::Red)], PageEnd::Last);
        assert_eq!(turns.take().unwrap().push_id.as_u128(), 1);
        turns.rung();
        turns.begin_reading();
        turns.recalled(&[1, 2, 3].map(Uuid::from_u128));
        turns.read(Level::Red, vec![push(2, 2, Level::Red), push(3, 3, Level::Red)], PageEnd::Last);
        turns.end_reading();
        assert!(ids(&mut turns).is_empty());
        assert!(!turns.is_idle(), "the first is on its way, and comes to its end");
        turns.settled(Uuid::from_u128(1), Uuid::from_u128(1));
        assert!(turns.is_idle() && turns.known.is_empty());
    }

    #[test]
    fn what_was_delivered_while_it_was_read_again_does_not_go_twice() {
        let mut turns = Turns::new();
        turns.read(Level::Red, vec![push(1, 1, Level::Red)], PageEnd::Last);
        assert_eq!(ids(&mut turns), [1]);
        turns.rung();
        turns.begin_reading();
        turns.settled(Uuid::from_u128(1), Uuid::from_u128(1));
        turns.read(Level::Red, vec![push(1, 1, Level::Red)], PageEnd::Last);
        turns.end_reading();
        assert!(ids(&mut turns).is_empty());
    }

    proptest! {
        /// Whatever is read, brought and settled: a push is on its way at most once, a case with one push, and what is
        /// taken of one case and level comes in its order.
        #[test]
        fn one_of_a_case_at_a_time_and_in_order(steps in proptest::collection::vec((0u8..5, 1u128..30), 0..200)) {
            let mut turns = Turns::new();
            turns.read(Level::Red, vec![], PageEnd::Last);
            let (mut on_way, mut last) = (Vec::<Box<Push>>::new(), HashMap::new());
            let mut unwritten = Vec::new();
            let mut next = 1;
            for (step, number) in steps {
                match step {
                    0 | 1 => {
                        turns.bring(push(next, number % 5, Level::Red));
                        next += 1;
                    }
                    2 => if let Some(push) = turns.take() {
                        prop_assert!(on_way.iter().all(|other| other.case_id != push.case_id));
                        let before = last.insert(push.case_id, push.push_id);
                        prop_assert!(before.is_none_or(|before| before < push.push_id));
                        on_way.push(push);
                    },
                    3 => if let Some(push) = on_way.pop() {
                        turns.arrived(push.push_id, push.case_id);
                        unwritten.push(push);
                    },
                    _ => if let Some(push) = unwritten.pop().or_else(|| on_way.pop()) {
                        turns.settled(push.push_id, push.case_id);
                    },
                }
                prop_assert_eq!(turns.is_idle(), on_way.is_empty() && unwritten.is_empty());
            }
        }
    }
}
