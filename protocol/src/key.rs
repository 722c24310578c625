//! What requests are counted and judged by.

use crate::Resource;
use serde::{Serialize, Serializer};
use std::fmt;

/// A resource of the site, or anything else. All paths that are no resource share one key, so that
/// made-up paths cost no memory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Key {
    /// A resource that the site has.
    Resource(Resource),
    /// Every other path.
    Other,
}

impl Key {
    /// How many keys there are.
    pub const COUNT: usize = Resource::COUNT + 1;

    /// The key's place among all keys, below [`Key::COUNT`].
    pub fn index(self) -> usize {
        match self {
            Key::Resource(resource) => resource.index(),
            Key::Other => Resource::COUNT,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Resource(resource) => resource.fmt(f),
            Key::Other => f.write_str("other"),
        }
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
