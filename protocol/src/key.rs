//! What requests are counted and judged by.

use crate::Resource;
use serde::{Serialize, Serializer};
use std::fmt;

/// A resource of the site, or anything else. All paths that are no resource share one key, so that
/// made-up paths cost no memory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FateKey {
    /// A resource that the site has.
    Resource(Resource),
    /// Every other path.
    Other,
}

impl FateKey {
    /// How many keys there are.
    pub const COUNT: usize = Resource::COUNT + 1;

    /// The key's place among all keys, below [`FateKey::COUNT`].
    pub fn index(self) -> usize {
        match self {
            FateKey::Resource(resource) => resource.index(),
            FateKey::Other => Resource::COUNT,
        }
    }
}

impl fmt::Display for FateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FateKey::Resource(resource) => resource.fmt(f),
            FateKey::Other => f.write_str("other"),
        }
    }
}

impl Serialize for FateKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
