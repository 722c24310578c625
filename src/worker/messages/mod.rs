//! The messages of Locust's master and workers: MessagePack arrays `[type, data, node id]`, one a ZeroMQ frame.
//!
//! A message of a worker that is no such array, or that has no value where the master expects one, ends the master's loop
//! and so the run of all workers. `check` holds each message against these rules before it is sent. Messages of the
//! master are read as far as they can be understood.
//!
//! A worker that gets its locustfile from the master would also send `locustfile`; this one needs none.

mod check;
mod from_master;
mod from_worker;
mod message_value;
mod spawn_job;
mod stats_data;

pub(crate) use from_master::MasterMessage;
pub(crate) use from_worker::{ReportedState, WorkerMessage};
#[cfg(test)]
pub(crate) use message_value::MessageValue;
pub(crate) use spawn_job::{ARGUMENT_PREFIX, SpawnJob};
pub(crate) use stats_data::{RequestEntry, RequestError, ResponseTimes, StatsData};

#[cfg(test)]
mod tests;
