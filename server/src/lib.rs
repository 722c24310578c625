//! A local flag server that misbehaves on purpose, the same way every time.
//!
//! A request becomes bytes on the wire in steps, and all but the last are pure functions over plain
//! data:
//!
//! ```text
//! Request -> Route -> Fate -> answer -> bytes on the wire
//!            route    fate    site      connection
//! ```
//!
//! [`route`] tells what is asked for; a [`Profile`] decides the [`Fate`] of the answer from a seed,
//! the [`Key`] asked for and how many requests for it came before; [`Site`] holds the answers,
//! prepared at start; `connection` is the one place that waits and writes, and tells the
//! [`Ledger`] what really happened.
//!
//! ```
//! use flagpole_server::Server;
//!
//! let server = Server::builder()
//!     .latency("uniform:1ms..3ms".parse()?)
//!     .fault("500@10%".parse()?)
//!     .seed(7)
//!     .start()?;
//! println!("{}flags/br/br.gif", server.url());
//! assert_eq!(server.ledger().requests, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! In reading order: what is asked ([`route`], [`Key`], `counts`), what is decided ([`dice`],
//! [`latency`], [`fault`], [`fate`]), what is answered ([`site`], `gallery`), what is done (`timer`,
//! `connection`, `exchange`), what is known afterwards ([`ledger`]), and what holds it together
//! (`worker`, [`server`], [`open_files`]).

mod admission;
mod capacity;
mod connection;
mod corruption;
mod counts;
mod exchange;
mod gallery;
mod key;
mod odds;
mod redirect;
mod schedule;
mod system;
mod timer;
mod wire;
mod worker;

pub mod dice;
pub mod fate;
pub mod fault;
pub mod latency;
pub mod ledger;
pub mod open_files;
pub mod rate_limit;
pub mod route;
pub mod server;
pub mod site;
pub mod spec;

pub use fate::{Fate, Profile};
pub use fault::FaultSpec;
pub use key::Key;
pub use latency::Latency;
pub use ledger::{Entry, Ledger};
pub use rate_limit::RateLimit;
pub use server::{Builder, Server, StartError};
pub use site::Site;
