//! Pure HTTP semantics: routes, preconditions, ranges, redirects.

pub(crate) mod corruption;
pub(crate) mod precondition;
pub(crate) mod range;
pub(crate) mod redirect;
pub mod route;
pub(crate) mod write_schedule;
