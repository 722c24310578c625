//! HTTP semantics that client and server share.

pub(crate) mod content_coding;
pub(crate) mod content_digest;
pub(crate) mod entity_tag;
pub mod headers;
pub(crate) mod last_modified;
pub(crate) mod precondition;
pub(crate) mod range;
pub(crate) mod server_timing;
