//! Live pages: what servers, or a run, do at the moment, in a browser.
//!
//! In reading order: `feed` holds what readers get, `event` encodes it, `event_stream` sends it to one reader, `asset` has the
//! files of the pages, `route` finds the file of a request. `server_sample`, `server_snapshot` and `recent_requests` make the feed of running servers, and
//! `server_page` keeps it going; `run_page` is the page of a run of the command, on a separate listener, and
//! `report_body` is the report that it becomes.

mod asset;
mod event;
mod event_stream;
mod feed;
mod recent_requests;
mod report_body;
pub(super) mod route;
pub(crate) mod run_page;
pub(super) mod server_page;
mod server_sample;
mod server_snapshot;
mod server_state;
mod thread_priority;
