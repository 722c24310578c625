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
//! use flagpole_server::BlockingServer;
//!
//! let server = BlockingServer::builder()
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

mod builder;
mod handle;
mod limits;
mod net;
mod start_error;

pub mod blocking;
pub mod config;
pub mod content;
pub mod fate;
pub mod http;
pub mod observe;
pub mod server;

pub use blocking::BlockingServer;
pub use builder::ServerBuilder;
pub use config::profile::Profile;
pub use config::rule::Rule;
pub use content::site::Site;
pub use fate::fault::FaultSpec;
pub use fate::latency::Latency;
pub use fate::preview::FatePreview;
pub use fate::rule_set::RuleSet;
pub use handle::ServerHandle;
pub use limits::rate::RateLimit;
pub use net::open_files;
pub use observe::journal::Journal;
pub use server::Server;
pub use start_error::StartError;
