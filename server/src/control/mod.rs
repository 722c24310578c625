//! The control plane: an HTTP interface, on a separate listener and thread, to watch and change servers while they
//! run.
//!
//! In reading order: `control_plane` configures it, `listener_thread` starts and stops it, `connections` accepts and bounds
//! connections, `guard` refuses what does not come from the user, `router` finds the operation. Then one file for each
//! resource, and what they share: `state`, `query`, `request_body`, `problem`. `live` has the pages for browsers.

mod connections;
pub(crate) mod control_plane;
mod guard;
mod journal_query;
mod journal_resource;
mod journal_schema;
mod ledgers;
mod line_body;
mod linger;
mod listener_thread;
pub(crate) mod live;
mod live_path;
mod media_type;
mod metrics;
mod openapi;
mod problem;
mod profile_resource;
mod query;
mod request_body;
mod router;
mod slot;
mod state;
mod stopping;
mod verify_resource;
