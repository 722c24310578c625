//! Resumed downloads: the conditional request for a resource with a local copy, and the evaluation of its response.
//!
//! A complete file is requested with `If-None-Match`; 304 means that it is current. The first part of an
//! incomplete body is kept as a [`PartialBody`], and the request asks for the rest (`Range`) if the version is the
//! same (`If-Range`): 206 brings the rest, 200 a complete body. A request may carry both fields; a server evaluates
//! `If-None-Match` first (RFC 9110 section 13.2.2). All of this is pure; [`DownloadDir`](crate::DownloadDir) keeps
//! the files.

mod evaluate;
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
