//! Statistics: facts without personal data, and the indicators that are counted from them.

pub mod domain;
