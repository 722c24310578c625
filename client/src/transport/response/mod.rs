//! The parts of a response that have arrived.

pub(crate) mod raw_response;
pub(crate) mod received_body;
pub(crate) mod response_head;
