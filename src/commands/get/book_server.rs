//! The three servers that `flagpole serve` opens without options.

use clap::ValueEnum;
use flagpole_client::Target;

/// A listener of the built-in profile `book`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub(super) enum BookServer {
    Local,
    Delay,
    Error,
}

impl BookServer {
    pub(super) fn url(self) -> Target {
        let port = match self {
            BookServer::Local => 8000,
            BookServer::Delay => 8001,
            BookServer::Error => 8002,
        };
        let url = format!("http://127.0.0.1:{port}");
        url.parse().expect("an address and a port make a URL")
    }
}
