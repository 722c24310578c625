//! Looks up local copies of resources, and saves and removes partial files.

use super::resume_state::{ResumeState, read};
use super::{DownloadDir, partial_file, write_failed};
use crate::storage::resume::{CachedFile, LocalCopy, PartialBody};
use crate::storage::verify::gif;
use flagpole_protocol::{ContentDigest, EntityTag, Outcome, Resource};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

impl DownloadDir {
    /// Resumes downloads: looks up local copies, and keeps incomplete bodies in files such as `br.gif.part`.
    /// `source` is the URL of the site: partial files of other sites are not used. No file of more than `limit`
    /// bytes is read.
    pub fn resuming(self, source: &str, limit: usize) -> DownloadDir {
        let resume = Some(ResumeState::new(source, limit, &self.folder));
        DownloadDir { resume, ..self }
    }

    /// Whether downloads are resumed.
    pub fn resumes(&self) -> bool {
        self.resume.is_some()
    }

    /// Looks up flags under the names of their countries, not of their codes.
    pub fn by_country(self) -> DownloadDir {
        let countries = Some(Arc::default());
        DownloadDir { countries, ..self }
    }

    /// The complete and the partial file of a resource; neither unless this folder [resumes](DownloadDir::resuming).
    /// Reads and hashes files.
    pub fn local_copy(&self, resource: Resource) -> LocalCopy {
        LocalCopy {
            cached: self.cached_file(resource),
            partial: self.partial_body(resource),
        }
    }

    /// The complete file of a resource, unless the file is visibly damaged.
    pub fn cached_file(&self, resource: Resource) -> Option<CachedFile> {
        let resume = self.resume.as_ref()?;
        let path = match (resource, &self.countries) {
            (Resource::Flag(code), Some(countries)) => countries.get(&self.folder, code)?.into(),
            _ => self.path(resource),
        };
        let body = read(&path, resume.limit)?;
        // A server that sends 304 for every tag would make a damaged file pass for a complete file.
        let is_damaged = matches!(resource, Resource::Flag(_)) && !gif::is_complete(&body);
        let url = resume.url(resource);
        (!is_damaged).then(|| CachedFile {
            etag: resume.etags.get(&url, ContentDigest::from_body(&body)),
            bytes: body.len() as u64,
        })
    }

    /// Stores the entity tag of a saved body, if the tag is strong, for the next conditional request. Does nothing unless
    /// this folder [resumes](DownloadDir::resuming).
    pub fn save_etag(&self, resource: Resource, etag: Option<&str>, body: &[u8]) {
        if let (Some(resume), Some(etag)) = (&self.resume, etag.and_then(EntityTag::parse_strong)) {
            let digest = ContentDigest::from_body(body);
            // Without the tag the file is downloaded again, which is harmless.
            let _ = resume.etags.insert(&resume.url(resource), digest, etag);
        }
    }

    /// The partial body of a resource. `None` if there is no partial file, or the file is damaged or of another format.
    pub fn partial_body(&self, resource: Resource) -> Option<PartialBody> {
        let resume = self.resume.as_ref()?;
        let longest = resume.limit.saturating_add(partial_file::HEADER_MAX);
        let file = read(&self.partial_path(resource), longest)?;
        let partial = partial_file::decode(&resume.url(resource), &file.into())?;
        let limit = resume.limit as u64;
        let length = partial.length().max(partial.complete_length().unwrap_or(0));
        (length <= limit).then_some(partial)
    }

    /// Saves a partial body in place of an older one. Does nothing unless this folder
    /// [resumes](DownloadDir::resuming).
    ///
    /// # Errors
    /// [`Outcome::WriteFailed`]: the next attempt then starts from byte 0.
    pub fn save_partial(&self, resource: Resource, partial: &PartialBody) -> Result<(), Outcome> {
        let Some(resume) = &self.resume else {
            return Ok(());
        };
        let header = partial_file::header(&resume.url(resource), partial);
        let saved = self
            .write_temporary(&[&header, partial.body()])
            .and_then(|file| file.rename(&self.partial_path(resource)));
        saved.map_err(|error| write_failed(&error))
    }

    /// Removes the partial body of a resource. Does nothing unless this folder [resumes](DownloadDir::resuming).
    pub fn remove_partial(&self, resource: Resource) {
        if self.resume.is_some() {
            // Usually there is no partial file. A file that cannot be removed is harmless, because it is used only if
            // the server still has the same version.
            let _ = fs::remove_file(self.partial_path(resource));
        }
    }

    /// `br.gif.part`, also for a flag that will be named by its country.
    fn partial_path(&self, resource: Resource) -> PathBuf {
        let mut path = self.path(resource).into_os_string();
        path.push(".part");
        path.into()
    }
}
