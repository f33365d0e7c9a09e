//! Forms on paper.
