//! Pure HTTP semantics: routes, conditional responses, redirects, the write schedule.

pub(crate) mod conditional_response;
pub(crate) mod corruption;
pub(crate) mod prepared_response;
pub(crate) mod redirect;
pub mod route;
pub(crate) mod write_schedule;
