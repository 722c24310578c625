//! The digest of fates: of all that the server planned for the responses of a run.

use flagpole_protocol::{AttemptRecord, ContentDigest, as_micros};
use serde::{Serialize, Serializer};
use std::fmt;

/// A digest of fates: 16 hexadecimal digits, equal if all fates were equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FatesDigest(String);

impl FatesDigest {
    /// The digest of these [canonical lines](canonical_line), in any order.
    pub(super) fn from_lines(lines: &[&str]) -> FatesDigest {
        let mut lines = lines.to_vec();
        lines.sort_unstable();
        FatesDigest(ContentDigest::from_body(lines.concat().as_bytes()).short())
    }
}

/// One attempt as a line that is the same on every platform and in every release. `position` is that of the attempt in
/// its download, from 1.
pub(super) fn canonical_line(position: usize, record: &AttemptRecord) -> String {
    let AttemptRecord {
        resource,
        request_number,
        ..
    } = record;
    let kind = record.kind.label();
    let end = match record.status {
        Some(status) => status.to_string(),
        None => record.outcome.label().into_owned(),
    };
    // Without a head the client did not see the plan; the timing may have been added to the record later.
    let timing = record.status.and(record.timing.clone()).unwrap_or_default();
    let (planned, paced) = (as_micros(timing.planned), as_micros(timing.paced));
    let fault = timing.fault.as_deref().unwrap_or("-");
    format!("{resource} {request_number} {position} {kind} {end} {planned} {paced} {fault}\n")
}

impl fmt::Display for FatesDigest {
    /// 16 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for FatesDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
