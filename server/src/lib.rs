//! A local HTTP server that serves flags and injects latency and faults deterministically.
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
//! # The flow of a request
//!
//! Everything that can be decided is decided by pure functions over plain data; only `net` waits and
//! writes.
//!
//! ```text
//! Request -> Route -> Fate -> response -> WriteSchedule -> bytes on the wire
//!            http     fate    content     http             net
//! ```
//!
//! A worker of `net` accepts a connection, and hyper parses a request. `net/http1/dispatch.rs` normalises the path to a
//! [`FateKey`](flagpole_protocol::FateKey), finds the `Route`, counts the request for its key, asks `limits` to admit the
//! request, and has the [`RuleSet`] decide the [`Fate`](flagpole_protocol::Fate) from the seed, the key and the request
//! number, unless the request asks for its fate itself. `respond.rs` waits until the response is due, prepares it from the [`Site`] (with preconditions and ranges), and
//! hands it to hyper. `http_stream.rs`, below hyper, writes, slows down, cuts or replaces its bytes as the write schedule
//! says. When the last byte is written, the request is counted in the [`Ledger`] and written to the [`Journal`].
//!
//! # Modules in reading order
//!
//! - [`config`]: profiles, listeners, rules and rate limits, as files and as types
//! - `http`: routes, preconditions, ranges, redirects, the write schedule; pure
//! - [`fate`]: request numbers and rules; latencies and faults
//! - `content`: the prepared responses, with and without a coding
//! - `limits`: the concurrency limit, and the token bucket of the rate limit
//! - `net`: workers, connections, the timer
//! - `observe`: the journal and the counts of each worker
//! - `builder`, `handle`, `server`, `blocking`: starting and stopping
//! - `server_control`, `server_group`: handles to watch and change running servers
//! - `control`: the control plane, an HTTP interface to running servers
//! - [`open_files`]: the limit on open files

pub mod config;
mod http;

pub mod fate;

mod content;
mod limits;

mod net;
mod observe;

mod builder;
mod handle;
mod preview;
mod root_url;
mod server_control;
mod server_group;
mod start_error;

mod blocking;
mod server;

#[cfg(feature = "control")]
mod control;

pub mod open_files;

pub use blocking::BlockingServer;
pub use builder::ServerBuilder;
pub use config::accept_delay::AcceptDelay;
pub use config::bandwidth::Bandwidth;
pub use config::cache_control::CacheControl;
pub use config::connection_limits::ConnectionLimits;
pub use config::profile::Profile;
pub use config::profile_error::ProfileError;
pub use config::rate_limit::RateLimit;
pub use config::rule::Rule;
pub use config::time_window::TimeWindow;
pub use content::site::Site;
#[cfg(feature = "control")]
pub use control::control_plane::{ControlPlane, ControlPlaneBuilder};
#[cfg(feature = "control")]
pub use control::live::run_page::{RunKind, RunPage};
pub use fate::fault::FaultSpec;
pub use fate::latency::Latency;
pub use fate::rule_set::RuleSet;
pub use flagpole_fixtures::{Catalog, CatalogError};
pub use flagpole_protocol::{
    ErrorEntry, JournalEntry, Ledger, RequestEntry, RequestOutcome, Resource, ResponseEnd,
    ServerLimit, SpecError,
};
pub use handle::{ServerHandle, StopHandle};
pub use observe::journal::{Journal, JournalWriter};
#[cfg(feature = "profiles")]
pub use observe::request_count::RequestCount;
#[cfg(feature = "profiles")]
pub use observe::request_pattern::RequestPattern;
#[cfg(feature = "profiles")]
pub use observe::verification::Verification;
#[cfg(feature = "profiles")]
pub use observe::verification_report::{JournalContent, NearestRequest, VerificationReport};
pub use preview::FatePreview;
pub use server::Server;
pub use server_control::ServerControl;
pub use server_group::ServerGroup;
pub use start_error::StartError;
