//! What the county board shows, without asking anyone: its windows, its numbers, where towns stand on it, who sees it.

pub mod picture;
pub mod pieces;
pub mod settings;
pub mod tiles;

pub use self::{
    picture::{Dues, OpenGroup, Period, Picture, Place, Rates, Windows},
    pieces::{Piece, Span, pieces},
    settings::BoardSettings,
    tiles::{Spot, Tile, tiles},
};
