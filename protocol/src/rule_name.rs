//! The name of the rule that decided a fate.

use serde::{Serialize, Serializer};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The name of the rule that decided a fate. It dereferences to its text.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RuleName {
    /// A name that stands for no rule of a profile. Its clone shares nothing, because a counter that all threads of a server
    /// change slows them down.
    Constant(&'static str),
    /// The name of a rule, given or `rule[0]` and so on.
    Rule(Arc<str>),
}

impl RuleName {
    /// No rule matched: the listener itself decided.
    pub const LISTENER: RuleName = RuleName::Constant("listener");
}

impl From<&str> for RuleName {
    fn from(name: &str) -> RuleName {
        RuleName::Rule(name.into())
    }
}

impl Deref for RuleName {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            RuleName::Constant(name) => name,
            RuleName::Rule(name) => name,
        }
    }
}

impl PartialEq for RuleName {
    fn eq(&self, other: &RuleName) -> bool {
        **self == **other
    }
}

impl Eq for RuleName {}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl Serialize for RuleName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}
