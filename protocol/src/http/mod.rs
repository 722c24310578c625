//! HTTP semantics that both sides need.

pub(crate) mod content_range;
pub(crate) mod digest;
pub(crate) mod entity_tag_list;
pub mod header_names;
pub(crate) mod server_timing;
pub(crate) mod strong_etag;
