//! The control plane under load, and what it costs when no client calls it.
//!
//! Environment variables: `ROUNDS`, `SECONDS` of each round and server, and `FLAGPOLE`, another binary to measure.

mod answer_client;
mod answer_time;
mod axum_process;
mod throughput;

pub(crate) use axum_process::{IS_SERVER, serve};

/// Measures and prints.
pub(crate) fn print() {
    if !crate::wrk::is_installed() {
        println!("skipped: wrk is not installed");
        return;
    }
    answer_time::print();
    throughput::print();
}
