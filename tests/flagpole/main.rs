//! End-to-end tests: through the built binary and real sockets, and through client and server
//! libraries together. Every server uses port 0.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue must fail")]

mod agreement;
mod agreement_util;
mod cli_text;
mod combos;
mod compare;
mod compare_files;
#[cfg(target_os = "linux")]
mod compare_processes;
#[cfg(target_os = "linux")]
mod compare_programs;
#[cfg(target_os = "linux")]
mod compare_starved;
mod compare_unequal_runs;
mod compare_urls;
mod compatibility;
mod control;
mod ctl;
#[cfg(target_os = "linux")]
mod disk_full;
mod distributed_files;
#[cfg(unix)]
mod example_clients;
#[cfg(unix)]
mod example_experiments;
mod examples;
mod fault_matrix;
mod get;
mod harness;
#[cfg(target_os = "linux")]
mod interrupted;
mod live;
#[cfg(unix)]
mod live_run;
mod load;
mod malicious;
#[cfg(target_os = "linux")]
mod memory;
mod merging;
mod names;
mod policies;
#[cfg(target_os = "linux")]
mod processes;
mod profile_files;
mod profiles;
mod program_commands;
mod proxy;
mod ready;
#[cfg(unix)]
mod recipes;
mod refusals;
#[cfg(unix)]
mod reload;
mod reports;
mod resume;
mod retry_cli;
mod run_dependent_server;
mod same_files;
mod serve;
mod serve_journal;
mod servers;
#[cfg(unix)]
mod tools;
#[cfg(unix)]
mod worker;
