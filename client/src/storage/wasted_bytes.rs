//! Counts the bytes of bodies that are received and not used. The bytes of an incomplete body are wasted only when the
//! partial file is discarded.

use flagpole_protocol::Resource;
use rustc_hash::FxHashMap;

/// The part of a resource that is on disk after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retained {
    /// The same as before the attempt, whose bytes are wasted.
    Unchanged,
    /// No file, because the response ends the download (404). The bytes of the response are not wasted.
    FinalResponse,
    /// The complete body, of this length.
    Complete(u64),
    /// A partial body, of this length.
    Partial(u64),
    /// Nothing: an earlier partial body is discarded too.
    Nothing,
}

/// Computes the wasted bytes of each attempt.
#[derive(Debug, Default)]
pub(crate) struct WastedBytes {
    /// How many bytes of the partial body on disk were received by this run.
    held: FxHashMap<Resource, u64>,
}

impl WastedBytes {
    /// Records an attempt that received `received` bytes, and returns how many bytes are wasted by this attempt. At most
    /// `length` bytes on disk are of this run, and fewer if an earlier run received some of them.
    pub(crate) fn record(&mut self, resource: Resource, received: u64, retained: Retained) -> u64 {
        match retained {
            Retained::Unchanged => received,
            Retained::FinalResponse => 0,
            Retained::Complete(length) => {
                let held = self.held.remove(&resource).unwrap_or_default();
                (held + received).saturating_sub(length)
            }
            Retained::Partial(length) => {
                let held = self.held.entry(resource).or_default();
                let all = *held + received;
                *held = all.min(length);
                all - *held
            }
            Retained::Nothing => received + self.held.remove(&resource).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn flag() -> Resource {
        Resource::Flag("BR".parse().unwrap())
    }

    #[test]
    fn partial_bodies_are_wasted_when_discarded() {
        let mut wasted = WastedBytes::default();
        let mut record = |received, retained| wasted.record(flag(), received, retained);
        assert_eq!(record(50, Retained::Partial(50)), 0);
        assert_eq!(record(24, Retained::Unchanged), 24, "the body of a 503");
        assert_eq!(record(20, Retained::Partial(70)), 0);
        assert_eq!(record(30, Retained::Complete(100)), 0);
        assert_eq!(record(40, Retained::Partial(40)), 0);
        assert_eq!(record(10, Retained::Partial(10)), 40, "another version");
        assert_eq!(record(5, Retained::Nothing), 15);
        assert_eq!(record(100, Retained::Complete(100)), 0);
        assert_eq!(record(14, Retained::FinalResponse), 0);
    }

    proptest! {
        #[test]
        fn bytes_that_are_not_wasted_are_on_disk(steps in prop::collection::vec((0..5, 1_u64..1000), 0..40)) {
            let (mut wasted, mut start, mut useful, mut received) = (WastedBytes::default(), 0, 0, 0);
            for (step, bytes) in steps {
                let retained = match step {
                    0 => Retained::Unchanged,
                    1 => Retained::Nothing,
                    2 => Retained::Partial(bytes),
                    3 => Retained::Partial(start + bytes),
                    _ if bytes % 2 == 0 => Retained::Complete(start + bytes),
                    _ => Retained::Complete(bytes),
                };
                received += bytes;
                received -= wasted.record(flag(), bytes, retained);
                start = match retained {
                    Retained::Unchanged | Retained::FinalResponse => start,
                    Retained::Partial(length) => length,
                    Retained::Complete(length) => {
                        useful += length;
                        0
                    }
                    Retained::Nothing => 0,
                };
                prop_assert_eq!(received, useful + start);
            }
        }
    }
}
