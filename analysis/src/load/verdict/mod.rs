//! The verdict on a load run: whether its figures answer what was asked. A file for each reason to doubt them.
//!
//! A run against a server on the same machine that uses all processors is normal use, and valid: what was asked is what the
//! two reach together. `docs/load-verdicts.md` lists the reasons.

mod all_failed;
mod arrivals_late;
mod client_saturated;
mod client_unknown;
mod clocks_apart;
mod connections_short;
mod drift;
mod end_missing;
mod ended_early;
mod experiments_differ;
mod interval_missing;
mod interval_repeated;
mod iterations_failed;
mod judge;
mod ledger_mismatch;
mod littles_law;
mod merge_unchecked;
mod process_names;
mod process_reasons;
mod process_starved;
mod processor_lost;
mod rate_not_reached;
mod sample_too_small;
mod server_silent;
mod shards;
mod starts_apart;
mod unfinished;

pub(super) use client_saturated::BusyShares;
