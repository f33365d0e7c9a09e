//! The gRPC face.
//!
//! It is not the generated server, because that ends a call (and a whole stream) with INTERNAL at a
//! message that cannot be decoded; here such a message is refused like any other wrong one.

mod activities;
mod background;
mod changes;
mod decoding;
mod face;
mod linkage;
mod many;
mod queries;
mod records;
mod reports;
mod sifting;
mod submit_stream;
mod undecodable;
mod weights;

pub use self::{
    activities::ActivityFace, background::BackgroundFace, changes::ChangeFace, face::Face,
    linkage::LinkageFace, records::RecordFace, reports::IntakeFace, weights::WeightsFace,
};
pub(crate) use self::{queries::in_time, sifting::Unfinished};
