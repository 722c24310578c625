//! Why a response was as it was: its fate, or a rejection by a limit. A rejection is no part of a fate, because a
//! rejection depends on other requests.

use crate::Fate;
use serde::{Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// Why a response was as it was.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
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
    /// `Host` of the request was missing or invalid, or one of flagpole's own fields or its query parameter could not be
    /// read; the response is 400.
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

/// Which limit of the server rejected a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rejection {
    /// The concurrency limit, with a full queue: 503.
    ConcurrencyLimit,
    /// The rate limit: 429.
    RateLimit,
}

impl Rejection {
    /// Every limit.
    pub const ALL: [Rejection; 2] = [Rejection::ConcurrencyLimit, Rejection::RateLimit];

    /// The label: the `fault` in `Server-Timing` and the cause in ledger and journal.
    pub const fn label(self) -> &'static str {
        match self {
            Rejection::ConcurrencyLimit => "concurrency limit",
            Rejection::RateLimit => "rate limit",
        }
    }

    /// The limit with this label.
    pub fn from_label(label: &str) -> Option<Rejection> {
        Rejection::ALL
            .into_iter()
            .find(|rejection| rejection.label() == label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_found_by_its_label() {
        for rejection in Rejection::ALL {
            assert_eq!(Rejection::from_label(rejection.label()), Some(rejection));
        }
        assert_eq!(Rejection::from_label("404"), None);
    }
}
