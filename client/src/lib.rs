//! Download strategies side by side: every attempt recorded, verified and measured.
//!
//! A [`Plan`] lists what to fetch, in order; a [`Target`] says where, and its host is looked up once
//! to become an [`Endpoint`]. Together with the conditions (how many [`Lanes`], which timeout, where
//! to save) they make a [`Run`]. A [`Strategy`] carries a run out: an ordinary blocking function
//! that owns the threads or the event loop it needs. Whatever the strategy, an attempt is the same:
//! a [`Transport`] exchanges one request for one answer over the lane's own connection, the body is
//! verified, a [`Record`] tells what happened and when, and the flag is saved whole or not at all.
//! Nothing is ever retried behind the caller's back. Records add up to a [`Tally`]. [`measure()`]
//! times a run and sets it against the [`Bound`], the least time that any strategy could have needed
//! given what the server planned; a [`Comparison`](report::Comparison) puts measured runs side by
//! side, and a [`Report`](report::Report) writes it.
//!
//! ```no_run
//! use flagpole_client::{Lanes, Plan, Record, Run, Target, strategy};
//!
//! let plan = Plan::flags(["BR".parse()?, "CN".parse()?, "IN".parse()?]);
//! let endpoint = "http://127.0.0.1:8000/flags".parse::<Target>()?.resolve()?;
//! let print = |record: &Record| println!("{} {}", record.resource.code(), record.outcome);
//! let run = Run::new(&plan, &endpoint).lanes(Lanes::new(5)?).on_record(&print);
//! let tally = strategy::by_name("async")?.run(&run)?;
//! println!("{} downloaded, {} not found, {} in error", tally.ok, tally.not_found, tally.error);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! In reading order. Pure, over plain data:
//!
//! - `plan`: what to fetch; `lanes`: how many at once; `target`: where (and its one name lookup);
//! - `outcome`: how an attempt ended; `record`: one attempt;
//! - `latencies` and `tally`: what records add up to, bounded however long the run;
//! - `bound`: the least wall time possible;
//! - [`resume`]: what earlier attempts left, and what their answers make of it;
//!
//! And the rest, which waits, sends, hashes and saves:
//!
//! - `run`: what a strategy is asked to do; [`strategy`]: the ways to do it;
//! - `session` and `worker`: what is the same for all attempts, and for all threads;
//! - [`transport`]: the ways to make an exchange;
//! - `verify`: whether a body is the true one; `save` and `saver`: where it goes;
//! - `measure`: one run, timed.

pub mod agenda;
mod bound;
mod clock;
mod lanes;
mod latencies;
mod limit;
mod measure;
mod metadata;
mod outcome;
mod plan;
pub mod policy;
mod pool;
mod record;
pub mod report;
pub mod resume;
mod run;
mod save;
mod saver;
mod session;
pub mod strategy;
mod tally;
mod target;
mod tasks;
pub mod transport;
mod units;
mod verify;
mod worker;

pub use agenda::Agenda;
pub use bound::{Bound, Planned, planned};
pub use lanes::{Lanes, LanesError};
pub use latencies::Latencies;
pub use measure::{Measured, measure};
pub use outcome::{Class, Outcome};
pub use plan::{Job, Plan};
pub use policy::Policy;
pub use record::{Kind, Record};
pub use run::{BODY_LIMIT, Run, RunError};
pub use save::{Destination, DestinationError, Staged};
pub use strategy::Strategy;
pub use tally::{Count, Tally};
pub use target::{Endpoint, Target, TargetError};
pub use tokio_util::sync::CancellationToken;
pub use transport::Transport;
pub use units::Human;
