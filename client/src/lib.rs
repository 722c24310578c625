//! Download strategies side by side: every attempt recorded, verified and measured.
//!
//! A [`Workload`] lists what to fetch, in order; a [`Target`] says where, and its host is looked up once
//! to become an [`Endpoint`]. Together with the conditions (how many [`Concurrency`], which timeout, where
//! to save) they make a [`Run`]. A [`Strategy`] carries a run out: an ordinary blocking function
//! that owns the threads or the event loop it needs. Whatever the strategy, an attempt is the same:
//! a [`Transport`] exchanges one request for one answer over the lane's own connection, the body is
//! verified, a [`AttemptRecord`] tells what happened and when, and the flag is saved whole or not at all.
//! Which attempts a download takes (retries, hedges, redirects, a country's name) is for a
//! [`Policy`] to say and the [`Agenda`] to carry out, the same for every strategy; without one nothing
//! is ever retried. Records add up to a [`Tally`]. [`measure()`]
//! times a run and sets it against the [`Bound`], the least time that any strategy could have needed
//! given what the server planned; a [`Comparison`](report::Comparison) puts measured runs side by
//! side, and a [`Report`](report::Report) writes it.
//!
//! ```
//! # // A server for this example: one pixel to everybody who asks.
//! # use std::io::{BufRead, BufReader, Write};
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let url = format!("http://{}/flags", listener.local_addr()?);
//! # std::thread::spawn(move || {
//! #     for mut stream in listener.incoming().flatten() {
//! #         let lines = BufReader::new(stream.try_clone().unwrap()).lines();
//! #         std::thread::spawn(move || {
//! #             for _ in lines.map_while(Result::ok).filter(String::is_empty) {
//! #                 let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 29\r\n\r\n\
//! #                     GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;");
//! #             }
//! #         });
//! #     }
//! # });
//! use flagpole_client::{Concurrency, Workload, Run, Target, strategy};
//! use flagpole_protocol::AttemptRecord;
//! use flagpole_protocol::CountryCode;
//!
//! let codes = ["BR", "CN", "IN", "JP", "US"].map(|code| code.parse::<CountryCode>());
//! let plan = Workload::flags(codes.into_iter().flatten());
//! let endpoint = url.parse::<Target>()?.resolve()?; // "http://127.0.0.1:8000", say
//! let print = |record: &AttemptRecord| println!("{} {}", record.resource.code(), record.outcome);
//! let run = Run::new(&plan, &endpoint).concurrency(Concurrency::new(5)?).on_record(&print);
//! let tally = strategy::by_name("async")?.run(&run)?;
//! assert_eq!((tally.ok, tally.error), (5, 0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! In reading order. Pure, over plain data:
//!
//! - `plan`: what to fetch; `lanes`: how many at once; `target`: where (and its one name lookup);
//! - `outcome`: how an attempt ended; `record`: one attempt;
//! - `latencies` and `tally`: what records add up to, bounded however long the run;
//! - [`policy`]: what is insisted on; [`agenda`]: which attempt is next, given the policy;
//! - `bound`: the least wall time possible; [`comparison`]: what measured runs come to beside each other;
//! - [`resume`]: what earlier attempts left, and what their answers make of it;
//! - [`report`]: comparisons and their formats; `units`: durations as a person reads them.
//!
//! And the rest, which waits, sends, hashes and saves:
//!
//! - `run`: what a strategy is asked to do; [`strategy`]: the ways to do it;
//! - `session`: what is the same for all attempts; `pool` and `worker`, for threads; `tasks`, for event
//!   loops, which `bells` and `when_woken` wake and `cores` holds in place; `limit`: the lanes of `adaptive`;
//! - [`transport`]: the ways to make an exchange; [`fetch()`]: a single one;
//! - `verify`: whether a body is the true one, and `gif` where nothing vouches for it; `save` and `saver`:
//!   where it goes;
//! - `measure`: one run, timed.

mod execution;
mod fetch;
mod measure;
pub mod policy;
mod run;
pub mod scheduler;
pub mod storage;
pub mod strategy;
pub mod transport;
mod workload;

pub use fetch::fetch;
pub use measure::measure;
pub use policy::Policy;
pub use run::{BODY_LIMIT, Run, RunError};
pub use scheduler::AttemptScheduler;
pub use storage::download_dir::{DownloadDir, DownloadDirError, StagedFile};
pub use strategy::Strategy;
pub use tokio_util::sync::CancellationToken;
pub use transport::Transport;
pub use workload::concurrency::{Concurrency, ConcurrencyError};
pub use workload::plan::{DownloadSpec, Workload};
pub use workload::target::{Endpoint, Target, TargetError};
