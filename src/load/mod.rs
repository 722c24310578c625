//! Load runs: what goes on around the engine of `flagpole_client`.
//!
//! A `spec` holds the options; a `plan` and `targets` follow from it. `run` carries the plan out: the loops of the engine give
//! their records to the `collector`; the `monitor` takes the statistics once a second and hands them to the live view, the
//! interval log, the metrics and the time series. What was observed goes to `flagpole_analysis`.

pub(crate) mod baseline;
pub(crate) mod collector;
pub(crate) mod current_run;
pub(crate) mod display;
mod due_counter;
pub(crate) mod hlog;
pub(crate) mod iterations;
pub(crate) mod limits;
mod live_page;
pub(crate) mod live_view;
mod loop_meter;
pub(crate) mod machine;
pub(crate) mod metrics;
mod monitor;
pub(crate) mod plain_lines;
pub(crate) mod plan;
pub(crate) mod record_stream;
pub(crate) mod report_formats;
pub(crate) mod result_file;
pub(crate) mod result_output;
pub(crate) mod run;
mod run_control;
pub(crate) mod scenario_file;
pub(crate) mod search;
pub(crate) mod seconds;
pub(crate) mod spec;
pub(crate) mod start_time;
pub(crate) mod targets;
pub(crate) mod text;
