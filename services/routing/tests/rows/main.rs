//! The rows of the field's facts that routing carries, county by county: each test is a row's acceptance line and
//! bears its id.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail so")]

#[path = "../office/mod.rs"]
mod office;
#[path = "../story/mod.rs"]
mod story;

mod chengjiang;
mod jintai;
mod macheng;
mod one_key_calls;
mod wuwei;
mod xiqing;
