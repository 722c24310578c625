//! What flagpole's server, client and analysis share: HTTP semantics, and the plain data of fates, attempts and
//! ledgers. No I/O, no clocks.
//!
//! ```
//! use flagpole_protocol::{AttemptRecord, Outcome, Resource, RunStats};
//!
//! let resource: Resource = "/flags/br/br.gif".parse()?;
//! let mut stats = RunStats::default();
//! stats.record(&AttemptRecord::new(resource, Outcome::from_status(500)));
//! assert_eq!((stats.downloads(), stats.error), (1, 1));
//! assert_eq!(stats.outcomes["http_500"].reason, "500 Internal Server Error");
//! # Ok::<(), flagpole_protocol::spec::SpecError>(())
//! ```

mod byte_size;
mod cause;
mod control_operation;
mod country_code;
mod fate;
mod http;
pub mod http1;
mod journal_entry;
mod key;
mod keyed_rng;
mod ledger;
mod ledger_document;
mod ledger_report;
mod ledger_text;
mod micros;
mod normalized_path;
mod origin_form;
mod reason;
mod record;
mod resource;
mod rule_name;
mod server_identity;
mod server_limit;
pub mod spec;
mod text_or_number;

pub use byte_size::ByteSize;
pub use cause::{Cause, Rejection};
pub use control_operation::{ControlOperation, ControlParameter};
pub use country_code::CountryCode;
pub use fate::{
    ChunkFlaw, Chunking, Ending, Fate, Framing, InterimResponses, Offset, Pace, RequestBodyReading,
    ResponseContent, RetryAfter, StatusResponse, WrongLength,
};
pub use http::content_coding::ContentCoding;
pub use http::content_digest::{ContentDigest, ShortDigest};
pub use http::entity_tag::EntityTag;
pub use http::headers;
pub use http::last_modified::LastModified;
pub use http::precondition::{PreconditionResult, SelectedRepresentation};
pub use http::range::{ByteRange, ContentRange};
pub use http::server_timing::ServerTiming;
pub use journal_entry::{ErrorEntry, JournalEntry, RequestEntry, RequestOutcome};
pub use key::FateKey;
pub use keyed_rng::{DrawPurpose, KeyedRng, RngKey, unit_interval};
pub use ledger::{Ledger, ResponseEnd};
pub use ledger_document::{LatenessSummary, LedgerDocument};
pub use ledger_report::{LedgerReport, ListenerLedger, ProcessUsage};
pub use micros::as_micros;
pub use normalized_path::normalized_path;
pub use origin_form::OriginForm;
pub use reason::reason;
pub use record::attempt_record::{AttemptKind, AttemptRecord};
pub use record::latency_stats::LatencyStats;
pub use record::load_stats::{LoadStats, OutcomeTimes, ResponseTimeParts};
pub use record::log_histogram::{LOG_HISTOGRAM, LogHistogram};
pub use record::outcome::{ConnectFailureCause, Outcome, OutcomeClass, TimeoutKind};
pub use record::run_stats::{MeasuredRun, OutcomeCount, RunStats};
pub use resource::Resource;
pub use rule_name::RuleName;
pub use server_identity::ServerIdentity;
pub use server_limit::ServerLimit;
pub use spec::{SpecError, did_you_mean};
pub use text_or_number::{TextOrNumber, parse_text_or_number};
