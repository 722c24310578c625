//! Resumed downloads: the conditional request for a resource with a local copy, and the evaluation of its response.
//!
//! With a complete file, the request has `If-None-Match`: a 304 means that the file is current. With the first part
//! of a body, a [`PartialBody`], the request asks for the rest (`Range`) if the version is the same (`If-Range`): a
//! 206 brings the rest, a 200 a complete body. A request may have both `If-None-Match` and `If-Range`; a server
//! evaluates `If-None-Match` first (RFC 9110 section 13.2.2). This module is pure;
//! [`DownloadDir`](crate::DownloadDir) reads and writes the files.

mod evaluate_conditional;
mod local_copy;
mod merge;
mod merge_error;
mod partial_body;
mod partial_update;

pub use local_copy::{CachedFile, LocalCopy};
pub use merge::PartialResponse;
pub use merge_error::MergeError;
pub use partial_body::PartialBody;
pub(crate) use partial_update::PartialUpdate;
