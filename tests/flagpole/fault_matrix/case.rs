//! A fault injected into every response, and what must follow.

use crate::combos::{Combo, FolderContents, codes, expected_flags, original_body, sizes};
use flagpole_client::BODY_LIMIT;
use flagpole_client::policy::{Policy, Timeouts};
use flagpole_protocol::{AttemptRecord, OutcomeClass, ResponseEnd};
use std::time::Duration;

/// Each flag has more than 700 bytes.
pub(super) const THREE: &str = "BR JP US";
pub(super) const ONE: &str = "BR";

/// Timeouts that must not expire.
pub(super) const LONG_TIMEOUTS: Timeouts = Timeouts {
    total: Some(Duration::from_secs(60)),
    ..Timeouts::NONE
};

/// The first-byte timeout expires long before the total timeout.
pub(super) const SHORT_FIRST_BYTE: Timeouts = Timeouts {
    first_byte: Some(Duration::from_millis(200)),
    ..LONG_TIMEOUTS
};

/// The first byte arrives in time, the last one does not.
pub(super) const SHORT_TOTAL: Timeouts = Timeouts {
    first_byte: Some(Duration::from_millis(1900)),
    total: Some(Duration::from_secs(2)),
    ..Timeouts::NONE
};

/// A fault injected into every response, and what must follow.
pub(super) struct FaultCase {
    pub(super) fault: &'static str,
    pub(super) expected: ExpectedOutcome,
    timeouts: Timeouts,
    max_redirects: u32,
    reuse: bool,
    pub(super) body_limit: usize,
    /// How the response may end at the server.
    ends: &'static [ResponseEnd],
}

pub(super) struct ExpectedOutcome {
    label: &'static str,
    class: OutcomeClass,
    status: Option<u16>,
    bytes: ExpectedBytes,
    /// Redirects followed before.
    after_redirects: usize,
}

pub(super) enum ExpectedBytes {
    Exactly(u64),
    Percent(u64),
    /// More than nothing, less than all.
    Part,
    /// More than the flag has.
    More,
}

pub(super) const NO_BYTES: ExpectedBytes = ExpectedBytes::Exactly(0);
pub(super) const ALL_BYTES: ExpectedBytes = ExpectedBytes::Percent(100);

pub(super) const fn case(
    fault: &'static str,
    label: &'static str,
    class: OutcomeClass,
    status: Option<u16>,
    bytes: ExpectedBytes,
) -> FaultCase {
    FaultCase {
        fault,
        expected: ExpectedOutcome {
            label,
            class,
            status,
            bytes,
            after_redirects: 0,
        },
        timeouts: LONG_TIMEOUTS,
        max_redirects: 5,
        reuse: true,
        body_limit: BODY_LIMIT,
        ends: &[ResponseEnd::Completed],
    }
}

pub(super) const fn ok(fault: &'static str) -> FaultCase {
    case(fault, "ok", OutcomeClass::Ok, Some(200), ALL_BYTES)
}

/// A response with another status; the body is its reason phrase.
pub(super) const fn status(
    fault: &'static str,
    label: &'static str,
    status: u16,
    bytes: u64,
) -> FaultCase {
    case(
        fault,
        label,
        OutcomeClass::Error,
        Some(status),
        ExpectedBytes::Exactly(bytes),
    )
}

/// A response that the fault breaks off, unless it [`ends`](FaultCase::ends) otherwise.
pub(super) const fn broken_body(
    fault: &'static str,
    label: &'static str,
    bytes: ExpectedBytes,
) -> FaultCase {
    case(fault, label, OutcomeClass::Error, Some(200), bytes).ends(&[ResponseEnd::Fault])
}

pub(super) const fn no_response(fault: &'static str, label: &'static str) -> FaultCase {
    case(fault, label, OutcomeClass::Error, None, NO_BYTES).ends(&[ResponseEnd::Fault])
}

impl FaultCase {
    /// The client gives up.
    pub(super) const fn within(mut self, timeouts: Timeouts) -> FaultCase {
        self.timeouts = timeouts;
        self.ends(&[ResponseEnd::PeerLeft])
    }

    pub(super) const fn after_redirects(mut self, after_redirects: usize) -> FaultCase {
        self.expected.after_redirects = after_redirects;
        self
    }

    pub(super) const fn max_redirects(mut self, max_redirects: u32) -> FaultCase {
        self.max_redirects = max_redirects;
        self
    }

    pub(super) const fn body_limit(mut self, body_limit: usize) -> FaultCase {
        self.body_limit = body_limit;
        self
    }

    pub(super) const fn ends(mut self, ends: &'static [ResponseEnd]) -> FaultCase {
        self.ends = ends;
        self
    }

    /// One connection per request: a connection that ends after a complete response would affect
    /// the next request or not, depending on timing.
    pub(super) const fn without_reuse(mut self) -> FaultCase {
        self.reuse = false;
        self
    }
}

impl FaultCase {
    pub(super) fn codes(&self) -> &'static str {
        let is_quick = self.timeouts == LONG_TIMEOUTS;
        if is_quick { THREE } else { ONE }
    }

    pub(super) fn policy(&self) -> Policy {
        Policy {
            timeouts: self.timeouts,
            max_redirects: self.max_redirects,
            reuse: self.reuse,
            ..Policy::default()
        }
    }

    /// Whether the last response of a chain of redirects is no redirect.
    pub(super) fn has_clean_target(&self) -> bool {
        self.expected.after_redirects > 0 && self.expected.class == OutcomeClass::Ok
    }

    /// Whether the server may say that its response to this attempt ended like that.
    pub(super) fn may_end(&self, record: &AttemptRecord, end: ResponseEnd) -> bool {
        if record.is_final {
            self.ends.contains(&end)
        } else {
            end == ResponseEnd::Completed
        }
    }

    pub(super) fn assert_records(&self, combo: Combo, records: &[AttemptRecord]) {
        let (fault, combo, expected) = (self.fault, combo.name(), &self.expected);
        let (finals, hops): (Vec<_>, Vec<_>) = records.iter().partition(|record| record.is_final);
        let count = codes(self.codes()).len();
        let counts = (finals.len(), hops.len());
        assert_eq!(
            counts,
            (count, count * expected.after_redirects),
            "{fault}, {combo}"
        );
        for hop in hops {
            let result = (&*hop.outcome.label(), hop.status);
            assert_eq!(result, ("redirected", Some(302)), "{fault}, {combo}");
        }
        for record in finals {
            let result = (
                &*record.outcome.label(),
                record.outcome.class(),
                record.status,
            );
            let expected_result = (expected.label, expected.class, expected.status);
            assert_eq!(
                result, expected_result,
                "{fault}, {combo}: {}",
                record.outcome
            );
            let length = original_body(record.resource).len() as u64;
            let matches = match expected.bytes {
                ExpectedBytes::Exactly(bytes) => record.bytes == bytes,
                ExpectedBytes::Percent(share) => record.bytes == length * share / 100,
                ExpectedBytes::More => record.bytes > length,
                ExpectedBytes::Part => (1..length).contains(&record.bytes),
            };
            assert!(
                matches,
                "{fault}, {combo}: {} bytes of {length}",
                record.bytes
            );
        }
    }

    pub(super) fn assert_files(&self, combo: Combo, files: &FolderContents) {
        let expected = match self.expected.class {
            OutcomeClass::Ok => expected_flags(self.codes()),
            OutcomeClass::NotFound | OutcomeClass::Error | OutcomeClass::Intermediate => {
                FolderContents::new()
            }
        };
        let (got, wanted) = (sizes(files), sizes(&expected));
        assert!(
            *files == expected,
            "{}, {}: {got:?}, not {wanted:?}",
            self.fault,
            combo.name()
        );
    }
}
