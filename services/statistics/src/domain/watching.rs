//! Watching: each series of a rule (a grid, an agency …) is held against its own past, day by day.
//!
//! The method, in one paragraph, since whoever is raised may ask: a window of some days (two, seven) is held against the
//! same weekdays of the weeks before, with the weeks around Spring Festival left out. If nothing changed, what happens in
//! the window and in the past comes at one rate, and each of those events falls into the window with the same
//! probability: the window's share of all the days (of all that was due, where a share is watched). So the number in the
//! window is binomial, given how many there are in all, and the limit is the smallest number that is reached with a
//! chance of at most the rule's. That is the comparison of two Poisson counts; it is exact for small numbers, because it
//! does not take the past's mean for the truth. What comes in bursts (one family calls three times) scatters more than
//! Poisson counts do: by how much is taken from the pasts of all series of the rule together, or from the series itself
//! where it scatters still more, and all events weigh less by as much.

pub mod days;
pub mod limit;
pub mod look;
pub mod rules;
pub mod sentence;
