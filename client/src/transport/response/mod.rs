//! What arrived of a response.

pub(crate) mod raw_response;
pub(crate) mod received_body;
pub(crate) mod response_head;
