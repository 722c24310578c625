//! The bodies of runs: runs whose times are compared must have received the same.
//!
//! Only the bodies of complete responses are compared. How much arrives of one that a fault cuts off depends on timing,
//! but what arrives of a complete one does not, damaged or not.

use flagpole_protocol::{AttemptRecord, ContentDigest, Resource, ShortDigest};
use std::collections::{BTreeMap, BTreeSet};

/// The bodies of a run that are compared with those of other runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComparedBodies {
    /// The digest of their resources, statuses and contents, in any order.
    pub digest: ShortDigest,
    /// Their total length in bytes.
    pub bytes: u64,
}

/// The body of a complete response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CompleteBody {
    resource: Resource,
    status: u16,
    digest: ShortDigest,
    bytes: u64,
}

impl CompleteBody {
    /// The body of an attempt; `None` if it is incomplete, or its digest is unknown.
    pub(super) fn from_record(record: &AttemptRecord) -> Option<CompleteBody> {
        Some(CompleteBody {
            resource: record.resource,
            status: record.status?,
            digest: record.body_digest?,
            bytes: record.bytes,
        })
    }
}

/// What can be compared of the bodies of several runs of one workload, each given by download: the downloads that had
/// complete responses of the same resources and statuses in all runs. Whether downloads end alike is another question.
pub(super) fn compare_bodies(
    runs: &[BTreeMap<usize, Vec<CompleteBody>>],
) -> Vec<Option<ComparedBodies>> {
    let first = runs.first().into_iter().flatten();
    let same_responses = first.filter(|(download, bodies)| {
        let responses = |bodies: &[CompleteBody]| -> Vec<_> {
            bodies
                .iter()
                .map(|body| (body.resource, body.status))
                .collect()
        };
        let expected = responses(bodies);
        runs.iter().all(|run| {
            run.get(download)
                .is_some_and(|other| responses(other) == expected)
        })
    });
    let downloads: BTreeSet<_> = same_responses.map(|(download, _)| *download).collect();
    let compared = runs.iter().map(|run| {
        let bodies = run
            .iter()
            .filter(|(download, _)| downloads.contains(download));
        digest(bodies.flat_map(|(_, bodies)| bodies))
    });
    compared.collect()
}

fn digest<'a>(bodies: impl Iterator<Item = &'a CompleteBody>) -> Option<ComparedBodies> {
    let mut bytes = 0;
    let lines = bodies.map(|body| {
        bytes += body.bytes;
        format!("{} {} {}\n", body.resource, body.status, body.digest)
    });
    let mut lines: Vec<_> = lines.collect();
    lines.sort_unstable();
    (!lines.is_empty()).then(|| ComparedBodies {
        digest: ContentDigest::from_body(lines.concat().as_bytes()).short(),
        bytes,
    })
}
