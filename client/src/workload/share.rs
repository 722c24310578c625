//! The share of a load that one event loop has.

/// Loop `index` of `of` loops. Arrivals and users with number i belong to the loop i mod `of`, so that loops share nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// From 0; less than `of`.
    pub index: u64,
    /// The number of loops; at least 1.
    pub of: u64,
}

impl Share {
    /// All of the load: there is one loop.
    pub const WHOLE: Share = Share { index: 0, of: 1 };

    pub(crate) fn contains(self, number: u64) -> bool {
        number % self.of == self.index
    }
}
