//! Verification and storage of bodies.
//!
//! `verify` checks that a body is complete and correct, without a digest by the structure of a `gif`; `verify_expected` checks what a run
//! expects of its responses; `resume` (pure) evaluates responses against the local copy;
//! `download_dir` reads and writes the files; `disk_writer` is the thread that does so for event loops; `wasted_bytes`
//! counts bytes that were received and not used.

pub(crate) mod disk_writer;
pub(crate) mod download_dir;
pub(crate) mod gif;
pub(crate) mod resume;
pub(crate) mod verify;
pub(crate) mod verify_expected;
pub(crate) mod wasted_bytes;
