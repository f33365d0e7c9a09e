//! The limit: how many are more than chance explains, by the past.

use statrs::{
    distribution::{ChiSquared, ContinuousCDF as _},
    function::beta::checked_beta_reg,
};

/// A series' own past scatters more than those of its rule where its own chance is smaller than this.
const SCATTERED: f64 = 0.01;

/// How often something happened, and in how much: days, or what could have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// How often.
    pub events: u64,
    /// In how many days, or out of how many.
    pub room: u64,
}

/// What the past says of a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Past {
    /// All of it together.
    pub sum: Counted,
    /// How many windows it has.
    pub windows: usize,
    /// By how much it scatters more than chance; 1 where it does not.
    pub scatter: f64,
    /// Chi square of its windows.
    square: f64,
}

impl Past {
    /// The past of these windows. Those without any room say nothing.
    pub fn of(windows: impl Iterator<Item = Counted> + Clone) -> Self {
        let windows = windows.filter(|window| window.room > 0);
        let sum = windows.clone().fold(Counted { events: 0, room: 0 }, |sum, window| Counted {
            events: sum.events + window.events,
            room: sum.room + window.room,
        });
        let rate = float(sum.events) / float(sum.room.max(1));
        let square = |window: Counted| {
            let expected = rate * float(window.room);
            (float(window.events) - expected).powi(2) / expected
        };
        let count = windows.clone().count();
        let square = if sum.events == 0 { 0.0 } else { windows.map(square).sum() };
        Self { sum, windows: count, scatter: 1.0, square }
    }

    /// The same, with how much it scatters: as much as all series of its rule do, or as it does itself where that is more
    /// than chance explains.
    #[must_use]
    pub fn scattered(self, usual: f64) -> Self {
        let own = self.square / self.freedom();
        let chance = ChiSquared::new(self.freedom()).map_or(1.0, |chance| chance.sf(self.square / usual));
        let scatter = if chance < SCATTERED { own.max(usual) } else { usual };
        Self { scatter, ..self }
    }

    /// How many are to be expected in so much room.
    pub fn expected(&self, room: u64) -> f64 {
        if self.sum.room == 0 { 0.0 } else { float(self.sum.events) * float(room) / float(self.sum.room) }
    }

    /// The chance that in so much room as many come, or more, though nothing changed.
    pub fn chance(&self, window: Counted) -> f64 {
        if window.events == 0 || window.room == 0 {
            return 1.0;
        }
        let share = float(window.room) / float(window.room + self.sum.room);
        let (here, before) = (float(window.events) / self.scatter, float(self.sum.events) / self.scatter);
        // P(X >= x) of a binomial X, of n = x + past tries: the regularized beta function, which also takes what is no
        // whole number.
        checked_beta_reg(here, before + 1.0, share).unwrap_or(1.0)
    }

    /// The smallest number in so much room whose chance is at most this.
    pub fn limit(&self, room: u64, chance: f64) -> u64 {
        let within = |events: u64| self.chance(Counted { events, room }) <= chance;
        let mut above = 1_u64;
        while !within(above) && above < u64::from(u32::MAX) {
            above *= 2;
        }
        let mut below = above / 2;
        while above - below > 1 {
            let middle = below + (above - below) / 2;
            if within(middle) { above = middle } else { below = middle }
        }
        above
    }

    fn freedom(&self) -> f64 {
        float(self.windows.saturating_sub(1).max(1) as u64)
    }
}

/// By how much series scatter more than chance, taken together: one series with few events says little of it. One with a
/// single event says nothing, and weighs nothing. At least 1.
pub fn usual_scatter<'a>(pasts: impl Iterator<Item = &'a Past>) -> f64 {
    let (mut scatter, mut weight) = (0.0, 0.0);
    for past in pasts.filter(|past| past.sum.events > 1 && past.windows > 1) {
        let one = 1.0 - 1.0 / float(past.sum.events);
        scatter += one * past.square / past.freedom();
        weight += one;
    }
    if weight > 0.0 { f64::max(scatter / weight, 1.0) } else { 1.0 }
}

// Counts stay far below 2^53, where a float would lose one.
#[allow(clippy::cast_precision_loss)]
const fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(events: u64, days: u64) -> Counted {
        Counted { events, room: days }
    }

    fn past(events: &[u64]) -> Past {
        Past::of(events.iter().map(|events| days(*events, 2)))
    }

    /// P(X >= x), X binomial, term by term.
    fn by_hand(events: u64, tries: u64, share: f64) -> f64 {
        let choose = |k: u64| (0..k).map(|i| float(tries - i) / float(i + 1)).product::<f64>();
        (events..=tries)
            .map(|k| choose(k) * share.powi(k as i32) * (1.0 - share).powi((tries - k) as i32))
            .sum()
    }

    #[test]
    fn the_chance_is_that_of_two_counts_of_one_rate() {
        let past = past(&[1; 12]);
        assert_eq!((past.sum, past.windows, past.scatter), (days(12, 24), 12, 1.0));
        for events in 1..12 {
            let (found, right) = (past.chance(days(events, 2)), by_hand(events, 12 + events, 1.0 / 13.0));
            assert!((found - right).abs() < 1e-12, "{events}: {found} {right}");
        }
    }

    #[test]
    fn the_limit_is_the_smallest_number_within_the_chance() {
        let past = past(&[4; 12]);
        let limit = past.limit(2, 1e-4);
        assert!(past.chance(days(limit, 2)) <= 1e-4 && past.chance(days(limit - 1, 2)) > 1e-4, "{limit}");
        assert!((past.expected(2) - 4.0).abs() < 1e-12);
    }

    #[test]
    fn where_nothing_ever_happened_a_few_are_still_a_few() {
        let past = past(&[0; 12]).scattered(1.0);
        assert_eq!((past.expected(2), past.scatter), (0.0, 1.0));
        assert!((past.chance(days(1, 2)) - 1.0 / 13.0).abs() < 1e-12);
        assert_eq!(past.limit(2, 1e-4), 4);
        assert_eq!(past.chance(days(0, 2)), 1.0);
    }

    #[test]
    fn a_past_that_scatters_gives_a_higher_limit() {
        let calm = past(&[3, 5, 4, 4, 3, 5, 4, 4, 3, 5, 4, 4]).scattered(1.0);
        let wild = past(&[0, 20, 0, 0, 1, 15, 0, 0, 12, 0, 0, 0]).scattered(1.0);
        assert_eq!((calm.sum, calm.scatter), (wild.sum, 1.0));
        assert!(wild.scatter > 5.0 && wild.limit(2, 1e-4) > 2 * calm.limit(2, 1e-4), "{}", wild.scatter);
        let usual = calm.scattered(2.0);
        assert!(usual.scatter == 2.0 && usual.limit(2, 1e-4) > calm.limit(2, 1e-4), "as all of its rule do");
    }

    #[test]
    fn all_series_of_a_rule_say_how_they_scatter() {
        let bursts = [past(&[0, 2, 0, 0]), past(&[0, 0, 2, 0]), past(&[1, 0, 0, 0])];
        assert!((usual_scatter(bursts.iter()) - 2.0).abs() < 1e-12, "a single event says nothing");
        assert_eq!(usual_scatter([past(&[1, 1, 1, 1])].iter()), 1.0);
        assert_eq!(usual_scatter(std::iter::empty()), 1.0);
    }

    #[test]
    fn windows_without_room_say_nothing() {
        let past = Past::of([days(3, 10), days(0, 0), days(2, 10)].into_iter());
        assert_eq!((past.windows, past.sum), (2, days(5, 20)));
        assert_eq!(Past::of(std::iter::empty()).expected(3), 0.0);
    }
}
