//! The state of a download folder that resumes downloads.

use super::etag_store::EtagStore;
use flagpole_protocol::Resource;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

/// The state of a download folder that resumes downloads.
#[derive(Clone, Debug)]
pub(super) struct ResumeState {
    /// The URL of the site: files of other sites are not resumed.
    source: String,
    /// The maximum length of a file, in bytes.
    pub(super) limit: usize,
    pub(super) etags: EtagStore,
}

impl ResumeState {
    pub(super) fn new(source: &str, limit: usize, folder: &Path) -> ResumeState {
        ResumeState {
            source: source.to_owned(),
            limit,
            etags: EtagStore::new(folder),
        }
    }

    /// The URL of a resource.
    pub(super) fn url(&self, resource: Resource) -> String {
        format!("{}{resource}", self.source)
    }
}

/// The bytes of a regular file of at most `limit` bytes. `None` for any other or unreadable file, which is then
/// downloaded again.
pub(super) fn read(path: &Path, limit: usize) -> Option<Vec<u8>> {
    // Not a pipe, where reading would block, and not a link, which flagpole did not create.
    let is_regular = fs::symlink_metadata(path).ok()?.is_file();
    let file = is_regular.then(|| File::open(path).ok())??;
    let mut bytes = Vec::new();
    let bound = (limit as u64).saturating_add(1);
    file.take(bound).read_to_end(&mut bytes).ok()?;
    (bytes.len() <= limit).then_some(bytes)
}
