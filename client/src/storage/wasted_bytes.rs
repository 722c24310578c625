//! How many bytes of bodies come to nothing. An attempt that breaks off is not in vain where its bytes are
//! kept for another one to go on with, unless these are dropped in their turn.

use flagpole_protocol::Resource;
use rustc_hash::FxHashMap;

/// What there is at the end of an attempt of what it asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retained {
    /// What there was before it: its own bytes are of no use.
    Unchanged,
    /// An answer that is no file, and that there is nothing more to.
    FinalResponse,
    /// The whole body, of so many bytes.
    Complete(u64),
    /// The start of a body, of so many bytes.
    Partial(u64),
    /// Nothing: a start that was kept before is dropped as well.
    Nothing,
}

/// How many bytes of this run are in the starts that are kept.
#[derive(Debug, Default)]
pub(crate) struct WastedBytes {
    held: FxHashMap<Resource, u64>,
}

impl WastedBytes {
    /// An attempt brought so many bytes: how many have come to nothing with it. What is of `length` bytes
    /// has no room for more that came, and may hold fewer, where an earlier run brought some.
    pub(crate) fn record(&mut self, resource: Resource, brought: u64, kept: Retained) -> u64 {
        match kept {
            Retained::Unchanged => brought,
            Retained::FinalResponse => 0,
            Retained::Complete(length) => {
                let held = self.held.remove(&resource).unwrap_or_default();
                (held + brought).saturating_sub(length)
            }
            Retained::Partial(length) => {
                let held = self.held.entry(resource).or_default();
                let all = *held + brought;
                *held = all.min(length);
                all - *held
            }
            Retained::Nothing => brought + self.held.remove(&resource).unwrap_or_default(),
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
    fn what_is_gone_on_with_is_not_wasted_until_it_is_dropped() {
        let mut waste = WastedBytes::default();
        let mut of = |brought, kept| waste.record(flag(), brought, kept);
        assert_eq!(of(50, Retained::Partial(50)), 0);
        assert_eq!(of(24, Retained::Unchanged), 24, "the body of a 503");
        assert_eq!(of(20, Retained::Partial(70)), 0);
        assert_eq!(of(30, Retained::Complete(100)), 0);
        assert_eq!(of(40, Retained::Partial(40)), 0);
        assert_eq!(of(10, Retained::Partial(10)), 40, "another version");
        assert_eq!(of(5, Retained::Nothing), 15);
        assert_eq!(of(100, Retained::Complete(100)), 0);
        assert_eq!(of(14, Retained::FinalResponse), 0);
    }

    proptest! {
        /// Of a run that begins with an empty folder.
        #[test]
        fn what_is_not_wasted_is_there(steps in prop::collection::vec((0..5, 1_u64..1000), 0..40)) {
            let (mut waste, mut start, mut useful, mut brought) = (WastedBytes::default(), 0, 0, 0);
            for (step, bytes) in steps {
                let kept = match step {
                    0 => Retained::Unchanged,
                    1 => Retained::Nothing,
                    2 => Retained::Partial(bytes),
                    3 => Retained::Partial(start + bytes),
                    _ if bytes % 2 == 0 => Retained::Complete(start + bytes),
                    _ => Retained::Complete(bytes),
                };
                brought += bytes;
                brought -= waste.record(flag(), bytes, kept);
                start = match kept {
                    Retained::Unchanged | Retained::FinalResponse => start,
                    Retained::Partial(length) => length,
                    Retained::Complete(length) => {
                        useful += length;
                        0
                    }
                    Retained::Nothing => 0,
                };
                prop_assert_eq!(brought, useful + start);
            }
        }
    }
}
