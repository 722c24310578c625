//! What a member of the fault family is.

use super::parameters::FaultParameters;
use crate::config::spec::SpecError;
use flagpole_protocol::Fate;
use std::fmt;
use std::sync::Arc;

/// A fault. `Display` writes its specification without the probability.
pub trait Fault: fmt::Display + fmt::Debug + Send + Sync {
    /// Edits the fate of a response so that this fault happens. `draw` is a uniform random number for faults
    /// that need one.
    fn apply(&self, draw: u64, fate: &mut Fate);
}

/// An entry of the family.
pub struct FaultMember {
    /// The name before the colon of a specification.
    pub name: &'static str,
    /// One line for help.
    pub about: &'static str,
    /// An example specification, without a probability.
    pub example: &'static str,
    pub(super) parse: fn(FaultParameters<'_>) -> ParsedFault,
}

/// What parsing the parameters of a member gives.
pub(super) type ParsedFault = Result<Arc<dyn Fault>, SpecError>;
