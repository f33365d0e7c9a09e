//! Statistics' own settings.

use std::{net::SocketAddr, path::PathBuf};

use clap::Parser;

use crate::board::BoardOptions;

/// Statistics: counts what the county's services did, without personal data.
#[derive(Debug, Clone, Parser)]
#[command(name = "fengqiao-statistics", version, about)]
pub struct StatisticsSettings {
    /// What every service takes.
    #[command(flatten)]
    pub serving: fengqiao_serving::Settings,
    /// Where HTTP/JSON is served, over TLS with the same certificate as gRPC.
    #[arg(long, env = "FENGQIAO_STATISTICS_HTTP_LISTEN", default_value = "127.0.0.1:0")]
    pub http_listen: SocketAddr,
    /// The folder of the fonts in which bulletins are printed.
    #[arg(long, env = "FENGQIAO_FONT_FOLDER", default_value = fengqiao_paper::FONT_FOLDER)]
    pub font_folder: PathBuf,
    /// The county board.
    #[command(flatten)]
    pub board: BoardOptions,
}
