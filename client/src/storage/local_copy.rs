//! What earlier runs left in the folder: whole files, which need not be fetched again, and partial
//! ones, which can be gone on with.

use crate::storage::download_dir::{DownloadDir, failed};
use crate::storage::etag_store::Tags;
use crate::storage::gif;
use crate::storage::resume::{CachedFile, LocalCopy, PartialBody};
use crate::storage::{file_name as name, partial_file as part};
use flagpole_protocol::Outcome;
use flagpole_protocol::StrongETag;
use flagpole_protocol::{ContentDigest, CountryCode, Resource};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

/// What a destination needs that resumes.
#[derive(Clone, Debug)]
pub(crate) struct Resuming {
    source: String,
    limit: usize,
    tags: Tags,
}

/// The flags that go by their countries, as they are when first asked for one.
pub(crate) type Countries = OnceLock<HashMap<CountryCode, PathBuf>>;

impl DownloadDir {
    /// Looks at what earlier runs left, and keeps bodies that break off in files such as
    /// `br.gif.part`. `source` says where the files come from: a partial file from elsewhere is not
    /// gone on with. No file of more than `limit` bytes is read.
    pub fn resuming(self, source: &str, limit: usize) -> DownloadDir {
        let resuming = Some(Resuming {
            source: source.to_owned(),
            limit,
            tags: Tags::of(&self.folder),
        });
        DownloadDir { resuming, ..self }
    }

    /// Whether it looks at what earlier runs left.
    pub fn resumes(&self) -> bool {
        self.resuming.is_some()
    }

    /// Looks for whole flags under the names of their countries, not of their codes.
    pub fn by_country(self) -> DownloadDir {
        let countries = Some(Arc::default());
        DownloadDir { countries, ..self }
    }

    /// What earlier attempts left of a resource; nothing unless this destination
    /// [resumes](DownloadDir::resuming). It reads files and hashes them.
    pub fn local_copy(&self, resource: Resource) -> LocalCopy {
        LocalCopy {
            present: self.cached_file(resource),
            partial: self.partial_body(resource),
        }
    }

    /// The whole file of a resource, if it is there and not damaged in a way that shows.
    pub fn cached_file(&self, resource: Resource) -> Option<CachedFile> {
        let resuming = self.resuming.as_ref()?;
        let path = match (resource, &self.countries) {
            (Resource::Flag(code), Some(countries)) => countries
                .get_or_init(|| by_country(&self.folder))
                .get(&code)?
                .clone(),
            _ => self.path(resource),
        };
        let body = read(&path, resuming.limit)?;
        // A server that says yes to every tag would make a damaged file pass for a whole one.
        let is_damaged = matches!(resource, Resource::Flag(_)) && !gif::is_whole(&body);
        let url = resuming.url(resource);
        (!is_damaged).then(|| CachedFile {
            etag: resuming.tags.get(&url, ContentDigest::of(&body)),
            bytes: body.len() as u64,
        })
    }

    /// Notes what the server calls a body that is saved here, if it calls it by a strong tag: by that it will
    /// be asked for again. Does nothing unless this destination [resumes](DownloadDir::resuming).
    pub fn save_etag(&self, resource: Resource, etag: Option<&str>, body: &[u8]) {
        if let (Some(resuming), Some(etag)) = (&self.resuming, etag.and_then(StrongETag::strong)) {
            let url = resuming.url(resource);
            // Without it the file is fetched again, which does no harm.
            let _ = resuming.tags.note(&url, ContentDigest::of(body), etag);
        }
    }

    /// The start of a resource that an earlier attempt left. A damaged file, or one of somebody
    /// else, is none.
    pub fn partial_body(&self, resource: Resource) -> Option<PartialBody> {
        let resuming = self.resuming.as_ref()?;
        let longest = resuming.limit.saturating_add(part::HEAD_MAX);
        let file = read(&self.part_path(resource), longest)?;
        let partial = part::decode(&resuming.url(resource), &file.into())?;
        let limit = resuming.limit as u64;
        let fits =
            partial.whole().unwrap_or(partial.length()) <= limit && partial.length() <= limit;
        fits.then_some(partial)
    }

    /// Keeps the start of a body that broke off, in place of an older one. Does nothing unless this
    /// destination [resumes](DownloadDir::resuming).
    ///
    /// # Errors
    /// [`Outcome::WriteFailed`] with the system's reason: the next attempt begins anew then.
    pub fn save_partial(&self, resource: Resource, partial: &PartialBody) -> Result<(), Outcome> {
        let Some(resuming) = &self.resuming else {
            return Ok(());
        };
        let head = part::head(&resuming.url(resource), partial);
        let kept = self
            .temporary(&[&head, partial.body()])
            .and_then(|file| file.rename(&self.part_path(resource)));
        kept.map_err(|error| failed(&error))
    }

    /// Removes the start of a resource, which is of no more use. Does nothing unless this
    /// destination [resumes](DownloadDir::resuming).
    pub fn remove_partial(&self, resource: Resource) {
        if self.resuming.is_some() {
            // Mostly there is none. One that cannot be removed does no harm: it is used only where
            // the server still has its version.
            let _ = fs::remove_file(self.part_path(resource));
        }
    }

    /// `br.gif.part`, also of a flag that will go by its country.
    fn part_path(&self, resource: Resource) -> PathBuf {
        let mut path = self.path(resource).into_os_string();
        path.push(".part");
        path.into()
    }
}

impl Resuming {
    fn url(&self, resource: Resource) -> String {
        format!("{}{resource}", self.source)
    }
}

/// The whole of an ordinary file of at most `longest` bytes. What cannot be read is fetched again,
/// and what saving it has to say is said then.
fn read(path: &Path, longest: usize) -> Option<Vec<u8>> {
    // Not a pipe, whose reader would wait, and not a link, which is not what we saved.
    let is_ordinary = fs::symlink_metadata(path).ok()?.is_file();
    let file = is_ordinary.then(|| File::open(path).ok())??;
    let mut bytes = Vec::new();
    let bound = (longest as u64).saturating_add(1);
    file.take(bound).read_to_end(&mut bytes).ok()?;
    (bytes.len() <= longest).then_some(bytes)
}

/// The flags of a folder that go by their countries; the newest of a code whose country was renamed.
fn by_country(folder: &Path) -> HashMap<CountryCode, PathBuf> {
    let mut newest: HashMap<CountryCode, (SystemTime, PathBuf)> = HashMap::new();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let code = entry.file_name().to_str().and_then(name::code_of);
        let modified = entry.metadata().and_then(|about| about.modified());
        if let (Some(code), Ok(modified)) = (code, modified) {
            let found = (modified, entry.path());
            let best = newest.entry(code).or_insert_with(|| found.clone());
            *best = found.max(best.clone());
        }
    }
    newest
        .into_iter()
        .map(|(code, (_, path))| (code, path))
        .collect()
}
