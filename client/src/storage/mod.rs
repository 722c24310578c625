//! Verification and storage of bodies.

pub(crate) mod disk_writer;
pub(crate) mod download_dir;
mod etag_store;
mod file_name;
pub(crate) mod gif;
mod local_copy;
pub(crate) mod metadata;
mod partial_file;
pub mod resume;
mod temporary;
pub(crate) mod verify;
pub(crate) mod wasted_bytes;
