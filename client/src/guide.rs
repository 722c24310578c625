//! How to write a strategy and a policy in another crate, and how to send any request to any URL.
//!
//! # Write a strategy
//!
//! A [`Strategy`] starts a [`Session`], takes attempts from it until there are none, and lets workers make them. The session
//! decides what comes next (downloads, retries, hedges, redirects, metadata), so that the policy holds; the strategy decides
//! how to wait. A [`ThreadWorker`] blocks its thread, an [`AsyncWorker`] is for a task of a tokio runtime; each has
//! its own connection. [`measure`](crate::measure()) takes any strategy.
//!
//! This one works in waves: it makes as many attempts at once as the concurrency allows, and then waits for all of them.
//!
//! ```
#![doc = include_str!("guide/server.md")]
//! use flagpole_client::{Concurrency, NextAction, Run, RunError, Session, Strategy, Target, Workload, measure};
//! use flagpole_protocol::RunStats;
//!
//! struct Waves;
//!
//! impl Strategy for Waves {
//!     fn name(&self) -> &'static str {
//!         "waves"
//!     }
//!
//!     fn about(&self) -> &'static str {
//!         "threads that wait for each other after every attempt"
//!     }
//!
//!     fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
//!         let session = Session::start(run)?;
//!         let mut workers = Vec::new();
//!         while let Some(first) = session.wait() {
//!             let mut wave = vec![first];
//!             while let NextAction::Start(attempt) = session.next() {
//!                 wave.push(attempt);
//!             }
//!             workers.resize_with(workers.len().max(wave.len()), || session.thread_worker());
//!             std::thread::scope(|scope| {
//!                 for (worker, attempt) in workers.iter_mut().zip(wave) {
//!                     scope.spawn(|| session.report(&worker.make(attempt)));
//!                 }
//!             });
//!         }
//!         Ok(session.finish())
//!     }
//! }
//!
//! # let url = serve(0)?;
//! let endpoint = url.parse::<Target>()?.resolve()?; // url is "http://127.0.0.1:8000", for example
//! let workload = Workload::flags(["BR", "IN", "US"].map(|code| code.parse().expect("a country code")));
//! let run = Run::new(&workload, &endpoint).concurrency(Concurrency::new(2)?);
//! assert_eq!(measure(&Waves, &run)?.stats.ok, 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! On an event loop, [`Session::next`] says when to ask again, and each task has an [`AsyncWorker`]. A task needs no access to
//! the session: it returns its worker and the record, which the main task reports.
//!
//! ```
#![doc = include_str!("guide/server.md")]
//! use flagpole_client::{NextAction, Run, RunError, Session, Target, Workload};
//! use flagpole_protocol::RunStats;
//! use std::time::Duration;
//! use tokio::{task::JoinSet, time::sleep};
//!
//! /// Starts an attempt every 5 ms, while the concurrency allows it.
//! async fn paced(run: &Run<'_>) -> Result<RunStats, RunError> {
//!     let session = Session::start(run)?;
//!     let (mut tasks, mut idle) = (JoinSet::new(), Vec::new());
//!     loop {
//!         let until = match session.next() {
//!             NextAction::Start(attempt) => {
//!                 let mut worker = idle.pop().unwrap_or_else(|| session.async_worker());
//!                 tasks.spawn(async move { (worker.make(attempt).await, worker) });
//!                 sleep(Duration::from_millis(5)).await;
//!                 continue;
//!             }
//!             NextAction::WaitUntil(time) => Some(time),
//!             NextAction::WaitForAttempt => None,
//!             NextAction::Finished => break,
//!         };
//!         let pause = until.unwrap_or_default().saturating_sub(session.elapsed());
//!         tokio::select! {
//!             Some(Ok((record, worker))) = tasks.join_next() => {
//!                 session.report(&record);
//!                 idle.push(worker);
//!             }
//!             () = sleep(pause), if until.is_some() => {}
//!             () = session.cancelled() => {}
//!         }
//!     }
//!     while let Some(Ok((record, _))) = tasks.join_next().await {
//!         session.report(&record);
//!     }
//!     Ok(session.finish())
//! }
//!
//! # let url = serve(0)?;
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! let endpoint = url.parse::<Target>()?.resolve()?;
//! let workload = Workload::flags(["BR", "IN"].map(|code| code.parse().expect("a country code")));
//! let stats = runtime.block_on(paced(&Run::new(&workload, &endpoint)))?;
//! assert_eq!(stats.ok, 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Write a policy
//!
//! A [`Policy`] has the built-in rules. [`RetryRule`] is what a rule for retries is: [`Retry`] is one, and a [`CustomRetry`]
//! in the policy takes its place under every strategy. [`ConcurrencyLimit`] is what decides the concurrency during a run,
//! as the strategy `adaptive` does: [`Session::limit`] takes one.
//!
//! ```
#![doc = include_str!("guide/server.md")]
//! use flagpole_client::policy::{CustomRetry, FailedTry, Policy, RetryRule};
//! use flagpole_client::{Run, Target, Workload, strategy};
//! use flagpole_protocol::Outcome;
//! use std::time::Duration;
//!
//! /// Asks a teapot three times, each time after a longer pause.
//! #[derive(Debug)]
//! struct Teapots;
//!
//! impl RetryRule for Teapots {
//!     fn max_attempts(&self) -> u32 {
//!         3
//!     }
//!
//!     fn is_retryable(&self, outcome: &Outcome) -> bool {
//!         *outcome == Outcome::Http(418)
//!     }
//!
//!     fn backoff(&self, failed: &FailedTry) -> Option<Duration> {
//!         Some(Duration::from_millis(1) * failed.tries)
//!     }
//! }
//!
//! # let url = serve(2)?;
//! let endpoint = url.parse::<Target>()?.resolve()?;
//! let workload = Workload::flags(["BR".parse()?]);
//! let policy = Policy {
//!     custom_retry: Some(CustomRetry::new(Teapots)),
//!     ..Policy::default()
//! };
//! let stats = strategy::by_name("threads")?.run(&Run::new(&workload, &endpoint).policy(policy))?;
//! assert_eq!((stats.ok, stats.retries), (1, 2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Any request to any URL
//!
//! [`Workload::paths`] takes any paths, each with a query if need be, which count from the root of the host. A
//! [`RequestMessage`] gives them a method, fields and content. Nothing is known of such resources, so every complete
//! response with a 2xx status is a success, if it matches its digest.
//!
//! ```
#![doc = include_str!("guide/server.md")]
//! use flagpole_client::{RequestMessage, Run, Target, Workload, http::Method, strategy};
//!
//! # let url = serve(0)?;
//! let order = RequestMessage::new(Method::POST)?
//!     .field("Content-Type", "application/json")?
//!     .content(r#"{"flag": "BR"}"#);
//! let workload = Workload::paths(["/orders?test=1".parse()?, "/orders".parse()?]).with_message(order);
//! let endpoint = url.parse::<Target>()?.resolve()?;
//! let stats = strategy::by_name("async")?.run(&Run::new(&workload, &endpoint))?;
//! assert_eq!(stats.ok, 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`AsyncWorker`]: crate::AsyncWorker
//! [`ConcurrencyLimit`]: crate::policy::ConcurrencyLimit
//! [`CustomRetry`]: crate::policy::CustomRetry
//! [`Policy`]: crate::Policy
//! [`RequestMessage`]: crate::RequestMessage
//! [`Retry`]: crate::policy::Retry
//! [`RetryRule`]: crate::policy::RetryRule
//! [`Session::limit`]: crate::Session::limit
//! [`Session::next`]: crate::Session::next
//! [`Session`]: crate::Session
//! [`Strategy`]: crate::Strategy
//! [`ThreadWorker`]: crate::ThreadWorker
//! [`Workload::paths`]: crate::Workload::paths
