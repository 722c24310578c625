//! The verdict on a load run: whether its figures answer what was asked. A file for each reason to doubt them.
//!
//! A run against a server on the same machine that uses all processors is normal use, and valid: what was asked is what the
//! two reach together. `docs/load-verdicts.md` lists the reasons.

mod all_failed;
mod arrivals_late;
mod client_saturated;
mod connections_short;
mod drift;
mod ended_early;
mod iterations_failed;
mod judge;
mod ledger_mismatch;
mod littles_law;
mod processor_lost;
mod rate_not_reached;
mod sample_too_small;
mod server_silent;
mod unfinished;

pub(super) use client_saturated::BusyShares;
