//! What crosses the wire between flagpole's server and client, and what is said about it. No I/O.

mod country_code;
mod fate;
mod http;
mod key;
mod ledger;
mod record;
mod resource;

pub use country_code::{Code, CodeError};
pub use fate::{Content, Ending, Fate, Offset, Pace, Status};
pub use http::content_range::ContentRange;
pub use http::digest::Digest;
pub use http::entity_tag_list::EntityTag;
pub use http::header_names as headers;
pub use http::server_timing::Timing;
pub use http::strong_etag::ETag;
pub use key::Key;
pub use ledger::{Cause, Entry, Ledger, micros, option_micros};
pub use record::attempt_record::{CAPACITY, Kind, RATE_LIMIT, Record, as_micros};
pub use record::latencies::Latencies;
pub use record::measured_run::Measured;
pub use record::outcome::{Class, Outcome, reason};
pub use record::run_stats::{Count, Tally};
pub use record::timeout_kind::Limit;
pub use resource::Resource;
