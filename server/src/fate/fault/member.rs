//! The interface of the fault family: a fault, and a member, the entry of a kind of fault in the list of known faults.

use super::parameters::FaultParameters;
use flagpole_protocol::{Fate, SpecError};
use std::fmt;
use std::sync::Arc;

/// A fault with its parameters. `Display` writes its specification without the probability.
pub trait Fault: fmt::Display + fmt::Debug + Send + Sync {
    /// Edits the fate of a response so that this fault happens. `draw` is a uniform random number; `corrupt`
    /// chooses bits by `draw`, all other faults ignore it.
    fn apply(&self, draw: u64, fate: &mut Fate);
}

/// A kind of fault in the list of known faults.
pub struct FaultMember {
    /// The name before the colon of a specification.
    pub name: &'static str,
    /// One line for help.
    pub about: &'static str,
    /// An example specification, without a probability.
    pub example: &'static str,
    pub(super) parse: fn(FaultParameters<'_>) -> ParsedFault,
}

/// The result of `FaultMember::parse`.
pub(super) type ParsedFault = Result<Arc<dyn Fault>, SpecError>;
