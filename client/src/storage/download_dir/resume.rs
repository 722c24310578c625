//! Resumes downloads: looks up local copies of resources, and saves and removes partial files.

use super::{DownloadDir, ResumeState, etag_store::EtagStore, file_name};
use crate::storage::gif;
use crate::storage::resume::{LocalCopy, PartialBody};
use bytes::Bytes;
use flagpole_protocol::{ContentDigest, CountryCode, EntityTag, Outcome, Resource};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::{borrow::Cow, collections::HashMap, io::Read as _, sync::Arc};

/// The maximum length of a header of a partial file that is read, in bytes; it limits the search in a damaged file. The
/// header of a URL of more than some 3,500 bytes is longer, so that its download starts again instead of being resumed.
const HEADER_MAX: usize = 4096;

/// The first line of a `.part` file, as JSON; the bytes of the partial body follow.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartialHeader<'a> {
    /// Another run may have used the folder for another site.
    url: Cow<'a, str>,
    etag: String,
    /// The length of the complete body.
    whole: Option<u64>,
    /// The digest of the complete body, as `Repr-Digest` carries it.
    digest: Option<String>,
    /// The digest of the bytes that follow, which reveals a damaged file.
    have: String,
}

impl DownloadDir {
    /// Resumes downloads: looks up local copies, and keeps incomplete bodies in files such as `br.gif.part`.
    /// `source` is the URL of the site: partial files of other sites are not used. No file of more than `limit`
    /// bytes is read.
    pub fn resuming(self, source: &str, limit: usize) -> DownloadDir {
        let resume = Some(ResumeState {
            source: source.to_owned(),
            limit,
            etags: EtagStore::new(&self.folder),
        });
        DownloadDir { resume, ..self }
    }

    /// Looks up flags under the names of their countries, not of their codes.
    pub fn by_country(self) -> DownloadDir {
        let countries = Some(Arc::default());
        DownloadDir { countries, ..self }
    }

    /// Whether downloads are resumed.
    pub(crate) fn resumes(&self) -> bool {
        self.resume.is_some()
    }

    /// The complete and the partial file of a resource; neither unless this folder [resumes](DownloadDir::resuming).
    /// Reads and hashes files.
    pub(crate) fn local_copy(&self, resource: Resource) -> LocalCopy {
        match &self.resume {
            Some(resume) => LocalCopy {
                cached: self.cached_file(resume, resource),
                partial: self.partial_body(resume, resource),
            },
            None => LocalCopy::default(),
        }
    }

    /// The entity tag of the complete file of a resource, unless the file is visibly damaged.
    fn cached_file(&self, resume: &ResumeState, resource: Resource) -> Option<EntityTag> {
        let path = match (resource, &self.countries) {
            (Resource::Flag(code), Some(countries)) => {
                let listed = countries.get_or_init(|| list_by_country(&self.folder));
                listed.get(&code)?.clone()
            }
            _ => self.path(resource),
        };
        let body = read(&path, resume.limit)?;
        // A server that sends 304 for every tag would make a damaged file pass for a complete file.
        let is_damaged = matches!(resource, Resource::Flag(_)) && !gif::is_complete(&body);
        let etag = || (resume.etags).get(&resume.url(resource), ContentDigest::from_body(&body));
        (!is_damaged).then(etag)
    }

    /// The partial body of a resource. `None` if there is no partial file, or the file is damaged, of another format, or
    /// of another URL.
    fn partial_body(&self, resume: &ResumeState, resource: Resource) -> Option<PartialBody> {
        let longest = resume.limit.saturating_add(HEADER_MAX);
        let file = Bytes::from(read(&self.partial_path(resource), longest)?);
        let end = file
            .iter()
            .take(HEADER_MAX)
            .position(|&byte| byte == b'\n')?;
        let header: PartialHeader<'_> = serde_json::from_slice(&file[..end]).ok()?;
        let body = file.slice(end + 1..);
        let digest = match header.digest {
            Some(text) => Some(ContentDigest::from_header(&text)?),
            None => None,
        };
        let is_intact =
            ContentDigest::from_header(&header.have)? == ContentDigest::from_body(&body);
        let length = header.whole.unwrap_or(0).max(body.len() as u64);
        let is_usable =
            header.url == resume.url(resource) && is_intact && length <= resume.limit as u64;
        let etag = EntityTag::parse(&header.etag).filter(|_| is_usable)?;
        PartialBody::new(etag, header.whole, digest, body)
    }

    /// Stores the entity tag of a saved body, if the tag is resumable, for the next conditional request. Does nothing
    /// unless this folder [resumes](DownloadDir::resuming).
    pub(crate) fn save_etag(&self, resource: Resource, etag: Option<&EntityTag>, body: &[u8]) {
        if let (Some(resume), Some(etag)) = (&self.resume, etag)
            && etag.is_resumable()
        {
            let digest = ContentDigest::from_body(body);
            let inserted = resume.etags.insert(&resume.url(resource), digest, etag);
            // Without the tag the file is downloaded again, which is harmless unless no file can be written any more.
            let _ = self.noting_failure(inserted);
        }
    }

    /// Saves a partial body in place of an older one. Does nothing unless this folder
    /// [resumes](DownloadDir::resuming).
    ///
    /// # Errors
    /// [`Outcome::WriteFailed`]: the next attempt then starts from byte 0.
    pub(crate) fn save_partial(
        &self,
        resource: Resource,
        partial: &PartialBody,
    ) -> Result<(), Outcome> {
        let Some(resume) = &self.resume else {
            return Ok(());
        };
        let header = PartialHeader {
            url: resume.url(resource).into(),
            etag: partial.etag.to_string(),
            whole: partial.complete_length,
            digest: partial.digest.map(|digest| digest.to_string()),
            have: ContentDigest::from_body(&partial.body).to_string(),
        };
        let header = serde_json::to_string(&header);
        let header = header.expect("strings and numbers can always be written as JSON") + "\n";
        self.write(
            &[header.as_bytes(), &partial.body],
            &self.partial_path(resource),
        )
    }

    /// Removes the partial body of a resource. Does nothing unless this folder [resumes](DownloadDir::resuming).
    pub(crate) fn remove_partial(&self, resource: Resource) {
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

impl ResumeState {
    /// The URL of a resource.
    fn url(&self, resource: Resource) -> String {
        format!("{}{resource}", self.source)
    }
}

/// The newest file of each code: there are several if the name of the country has changed.
fn list_by_country(folder: &Path) -> HashMap<CountryCode, PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries
        .filter_map(|entry| {
            let code = file_name::parse_code(entry.file_name().to_str()?)?;
            Some((entry.metadata().ok()?.modified().ok()?, code, entry.path()))
        })
        .collect();
    // Of several paths for a code, the map keeps the last.
    found.sort_unstable();
    found
        .into_iter()
        .map(|(_, code, path)| (code, path))
        .collect()
}

/// The bytes of a regular file of at most `limit` bytes. `None` for any other or unreadable file, which is then
/// downloaded again.
fn read(path: &Path, limit: usize) -> Option<Vec<u8>> {
    // Not a pipe, where reading would block, and not a link, which flagpole did not create.
    let is_regular = fs::symlink_metadata(path).ok()?.is_file();
    let file = is_regular.then(|| File::open(path).ok())??;
    let mut bytes = Vec::new();
    let bound = (limit as u64).saturating_add(1);
    file.take(bound).read_to_end(&mut bytes).ok()?;
    (bytes.len() <= limit).then_some(bytes)
}
