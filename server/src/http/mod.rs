//! Pure HTTP semantics: the host of a request, routes, responses to preconditions and ranges, redirects, the write schedule.

pub(crate) mod connection_field;
pub(crate) mod host;
mod multipart;
pub(crate) mod precondition_response;
pub(crate) mod prepared_response;
pub(crate) mod redirect;
pub(crate) mod refusal;
pub(crate) mod route;
pub(crate) mod status_response;
pub(crate) mod wire_image;
pub(crate) mod write_schedule;
