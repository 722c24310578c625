//! What a worker does at each event: a pure function of its state, the event and the time.
//!
//! ```text
//! Connecting -> Registering -> Ready -> Running -> Stopping -> Registering, or Confirming -> Ended or Connecting
//! ```
//!
//! Each pair of state and event is defined; what makes no sense in a state is ignored there. The session performs the
//! actions, and makes the events of what it sees.

mod action;
mod event;
mod link;
mod machine;
mod message;
mod phase;
mod tick;
mod timing;
mod transition;

pub(crate) use action::{Action, Outgoing, WorkerExit};
pub(crate) use event::{Event, Situation};
pub(crate) use machine::WorkerMachine;
pub(crate) use timing::Timing;

#[cfg(test)]
mod tests;
