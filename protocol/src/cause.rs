//! Why a response was as it was.

use crate::Fate;
use crate::rejection::Rejection;
use serde::{Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// Why a response was as it was.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Cause {
    /// The response was neither delayed nor changed.
    Clean,
    /// The response was delayed and otherwise clean.
    Delay,
    /// A fault was injected, with or without a delay.
    Fault(Arc<str>),
    /// The concurrency limit rejected the request.
    ConcurrencyLimit,
    /// The rate limit rejected the request.
    RateLimit,
    /// `Flagpole-Run` or `Flagpole-Nth` of the request could not be read; the response is 400.
    BadRequest,
}

impl Cause {
    /// The cause of a response with this fate.
    pub fn from_fate(fate: &Fate) -> Cause {
        match &fate.fault {
            Some(label) => Cause::Fault(label.clone()),
            None if fate.delay.is_zero() => Cause::Clean,
            None => Cause::Delay,
        }
    }
}

/// As in the ledger and the journal: `clean`, `delay`, `fault 404`, `concurrency limit`, `rate limit`, `bad request`.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Clean => f.write_str("clean"),
            Cause::Delay => f.write_str("delay"),
            Cause::Fault(label) => write!(f, "fault {label}"),
            Cause::ConcurrencyLimit => f.write_str(Rejection::ConcurrencyLimit.label()),
            Cause::RateLimit => f.write_str(Rejection::RateLimit.label()),
            Cause::BadRequest => f.write_str("bad request"),
        }
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
