//! Downloads a workload by different strategies, and records, verifies and measures every attempt.
//!
//! A [`Workload`] lists what to download, in order. A [`Target`] says from where; [`Target::resolve`] looks up its
//! host once, which gives an [`Endpoint`]. A [`Run`] consists of a workload, an endpoint, a [`Concurrency`], a [`Policy`]
//! (timeouts, retries, hedging, redirects) and a [`DownloadDir`].
//!
//! A [`Strategy`] carries out a run. A strategy is an ordinary blocking function that starts and ends its own threads or
//! event loops. All strategies take attempts from the same scheduler and make attempts in the same way: a
//! transport sends the request and receives the response, the body is verified and saved completely or not
//! at all, and an [`AttemptRecord`](flagpole_protocol::AttemptRecord) says what happened and when. Records add up
//! to [`RunStats`](flagpole_protocol::RunStats). [`measure()`] times a run and keeps its records.
//!
//! ```
//! # // A server for this example: every response is a flag of one pixel.
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
//! let workload = Workload::flags(codes.into_iter().flatten());
//! let endpoint = url.parse::<Target>()?.resolve()?; // url is "http://127.0.0.1:8000", for example
//! let print = |record: &AttemptRecord| println!("{} {}", record.resource.name(), record.outcome);
//! let run = Run::new(&workload, &endpoint).concurrency(Concurrency::new(5)?).on_record(&print);
//! let stats = strategy::by_name("async")?.run(&run)?;
//! assert_eq!((stats.ok, stats.error), (5, 0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The [`guide`] shows how to write a strategy and a policy in another crate, and how to send any request to any URL.
//!
//! In reading order:
//!
//! - `workload`: the downloads, the server and the concurrency;
//! - `run`: a workload and its conditions;
//! - [`policy`]: rules for timeouts, retries, hedging and redirects (pure);
//! - `scheduler`: decides which attempt is next (pure);
//! - [`strategy`]: threads and event loops that carry out a run;
//! - `execution`: the steps of an attempt, which all strategies share;
//! - `transport`: sends one request and receives its response;
//! - `storage`: verifies bodies, saves them, and continues partial ones;
//! - [`load`]: a load run: requests at given times or as fast as possible;
//! - `measure`: times a run; [`fetch()`]: a single request.

mod execution;
mod fetch;
pub mod guide;
pub mod load;
mod lock;
mod measure;
pub mod policy;
mod ready;
mod record_sink;
mod run;
mod scheduler;
mod storage;
pub mod strategy;
mod transport;
mod workload;

pub use execution::session::{AsyncWorker, Attempt, NextAction, Session, ThreadWorker};
pub use fetch::{fetch, fetch_blocking};
pub use http;
pub use measure::measure;
pub use policy::Policy;
pub use record_sink::RecordSink;
pub use run::{BODY_LIMIT, CancellationToken, Run, RunError};
pub use storage::download_dir::{DownloadDir, DownloadDirError, StagedFile, StorageFailure};
pub use strategy::Strategy;
pub use transport::{InvalidRunName, TransportKind, connect_failure_cause};
pub use workload::arrivals::rate::ArrivalRate;
pub use workload::arrivals::schedule::{Arrival, Arrivals};
pub use workload::arrivals::stages::{Stage, Stages};
pub use workload::arrivals::unit_process::ArrivalProcess;
pub use workload::arrivals::user_arrivals::UserArrivals;
pub use workload::closed_source::ClosedSource;
pub use workload::expectation::{Expectation, StatusSet};
pub use workload::file_error::LoadFileError;
pub use workload::iteration_counts::{IterationCounts, StepFailures};
pub use workload::open_source::OpenSource;
pub use workload::proxy::{EnvironmentProxyError, Proxy, ProxyError};
pub use workload::request_limit::RequestLimit;
pub use workload::request_message::{RequestMessage, RequestMessageError};
pub use workload::scenario::definition::Scenario;
pub use workload::share::Share;
pub use workload::source::{
    CapturedResponse, EndedRequest, FollowedRedirect, RenderedRequest, RequestSource, SourceAction,
    SourceRequest, UserChange,
};
pub use workload::target::{Endpoint, Target, TargetError};
pub use workload::targets::load_target::LoadTarget;
pub use workload::targets::load_targets::LoadTargets;
pub use workload::targets::order::{TargetOrder, TargetSequence};
pub use workload::think_time::ThinkTime;
pub use workload::{Concurrency, ConcurrencyError, DownloadSpec, Workload};
