//! Verification and storage of bodies.
//!
//! `verify` decides whether a body is what it should be; `resume` evaluates responses against the local copy, purely;
//! `download_dir` keeps the files; `disk_writer` does so off the event loop; `wasted_bytes` accounts for bytes that
//! were received and not used.

pub(crate) mod disk_writer;
pub(crate) mod download_dir;
pub mod resume;
pub(crate) mod verify;
pub(crate) mod wasted_bytes;
