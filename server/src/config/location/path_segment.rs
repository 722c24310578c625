//! The address of a key in a profile.

use std::fmt;

/// One segment of an address: `rule[2]` has the segments `rule` and `[2]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PathSegment {
    Key(String),
    Index(usize),
}

impl PathSegment {
    pub(crate) fn key(name: &str) -> PathSegment {
        PathSegment::Key(name.to_owned())
    }
}

/// An address as text: `listener[0].rule[2].path`.
pub(crate) struct KeyPath<'a>(pub(crate) &'a [PathSegment]);

impl fmt::Display for KeyPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            match segment {
                PathSegment::Key(name) if index == 0 => f.write_str(name)?,
                PathSegment::Key(name) => write!(f, ".{name}")?,
                PathSegment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
