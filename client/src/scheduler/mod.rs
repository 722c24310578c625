//! Decides which attempt comes next, from a source of requests (such as the downloads of a workload) and a policy (timeouts, retries,
//! hedging, redirects). The scheduler has no clock, no thread and no socket: the time is an argument, and a
//! strategy is a loop around [`AttemptScheduler::next`] and [`AttemptScheduler::complete`]. Every policy therefore
//! holds under every strategy and is tested in virtual time.
//!
//! A **download** takes one or more **attempts**. Each attempt holds a concurrency slot (the right to have one
//! request in flight) from [`Action::Start`] to [`AttemptScheduler::release_slot`]. The attempts of a download are:
//!
//! - the first try; if the try fails with a retryable outcome, a retry after a backoff. A backoff holds no
//!   slot, and the retry starts after the failed try has released its slot;
//! - a hedge (duplicate) of a try that takes long, if a slot is free;
//! - the next hop of a redirect;
//! - the same request without conditional headers, at once, if these headers caused the failure, which then does
//!   not count as a failed try;
//! - for a download that saves by country, the metadata after the flag.
//!
//! Order for a free slot: hedges, due retries, redirect hops, new downloads in workload order, metadata. But
//! once the number of flags that wait for their metadata reaches the concurrency, metadata goes before new downloads.
//! These flags keep all slots busy to the end (no schedule of exchanges of equal length has a smaller makespan), and
//! an interrupted run loses at most twice as many unnamed flags as the concurrency.
//!
//! An attempt is **due** when nothing but the client itself kept it from starting, so that the wait for a slot counts
//! in its response time:
//!
//! - the first attempt of a download at the scheduled time of the download (open workload), or when the slot that it
//!   takes became free (closed workload). A slot is free from the start of the run, from the moment at which an adaptive
//!   limit opens it, or from the end of the attempt before, even if the client takes notice of that end later;
//! - a retry after its backoff, which begins when the failed attempt ends, and a hedge after the hedge delay;
//! - a redirect hop, a request repeated without conditional headers, and metadata when the attempt before ends.
//!
//! So a download lasts from when its first attempt was due to the end of its final one, without gaps.
//!
//! A request with a method that is not idempotent is neither hedged nor repeated, unless nothing of it was sent or the
//! policy says otherwise.
//!
//! With a circuit breaker, an attempt that comes up while it is open takes its slot like any other, but sends nothing and
//! ends at once.
//!
//! The request number of an attempt never depends on timing. Download k of a resource (from 1), with at
//! most A tries, has the number (k - 1)·W + t in try t (from 1), and (k - 1)·W + A + t in the hedge of
//! that try; W is 2A if the policy hedges and A if not. A redirect hop has the number of the attempt
//! that was redirected. Without retries and hedges the number is that of the download.

mod attempt;
mod attempt_scheduler;
mod complete;
mod hedge_state;
mod in_flight_meter;
mod next;
mod source_clock;
#[cfg(test)]
mod tests;
mod unfinished;

pub(crate) use attempt::{
    Action, AttemptId, AttemptPlan, AttemptResult, AttemptSpec, BodyAction, Disposition,
};
pub(crate) use attempt_scheduler::AttemptScheduler;
pub(crate) use unfinished::UnfinishedRequest;
