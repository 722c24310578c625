//! A local flag server that misbehaves on purpose, the same way every time.
//!
//! A request becomes bytes on the wire in steps, and all but the last are pure functions over plain
//! data:
//!
//! ```text
//! Request -> Route -> Fate -> answer -> bytes on the wire
//!            route    fate    site      connection, schedule, wire
//! ```
//!
//! [`route`] tells what is asked for; a [`Rulebook`], made from a listener of a [`Profile`], decides the
//! [`Fate`] of the answer from a seed, the [`Key`] asked for and how many requests for it came before;
//! [`Site`] holds the answers, prepared at start; `connection` waits until an answer is due, `wire` lets
//! its bytes go as a pure `schedule` says; the [`Ledger`] knows what really happened, and a [`Journal`]
//! tells it line by line.
//!
//! ```
//! use flagpole_server::blocking::Server;
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
//! In reading order: what is asked ([`route`], [`Key`], `counts`), who is let in (`admission`,
//! `capacity`, [`rate_limit`]), what is decided ([`dice`], `odds`, [`latency`], [`fault`], [`fate`],
//! spelled in the words of [`spec`]), by which rule ([`profile`], [`rulebook`], [`planned`]), what is
//! answered ([`site`], `gallery`, `redirect`, `corruption`, `conditional`, `range`, `entity_tag`), what is
//! done (`schedule`, `timer`, `connection`, `exchange`, `wire`), what is known afterwards ([`ledger`],
//! [`journal`]), and what holds it together (`builder`, `running`, [`server`], [`blocking`], `socket`,
//! `worker`, [`open_files`], `system`).

mod admission;
mod builder;
mod capacity;
mod conditional;
mod connection;
mod corruption;
mod counts;
mod entity_tag;
mod exchange;
mod gallery;
mod key;
mod odds;
mod range;
mod redirect;
mod running;
mod schedule;
mod socket;
mod system;
mod timer;
mod wire;
mod worker;

pub mod blocking;
pub mod dice;
pub mod fate;
pub mod fault;
pub mod journal;
pub mod latency;
pub mod ledger;
pub mod open_files;
pub mod planned;
pub mod profile;
pub mod rate_limit;
pub mod route;
pub mod rulebook;
pub mod server;
pub mod site;
pub mod spec;

pub use builder::{Builder, StartError};
pub use fate::Fate;
pub use fault::FaultSpec;
pub use journal::Journal;
pub use key::Key;
pub use latency::Latency;
pub use ledger::{Entry, Ledger};
pub use planned::Planned;
pub use profile::{Profile, Rule};
pub use rate_limit::RateLimit;
pub use rulebook::Rulebook;
pub use running::Running;
pub use server::Server;
pub use site::Site;
