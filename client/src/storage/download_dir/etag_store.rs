//! The entity tags of saved files, as JSON lines in a file in the same folder. A tag is looked up by the digest of the
//! bytes on disk, so that a damaged file has no stored tag.

use crate::lock::lock;
use flagpole_protocol::{ContentDigest, EntityTag};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

const FILE: &str = ".flagpole-tags";

/// The maximum length of the file of tags, in bytes: about 50,000 entries.
const MAX_LENGTH: u64 = 16 << 20;

/// The URL of a resource and the digest of one version.
type ResourceVersion = (String, ContentDigest);

/// The entity tags of a folder; read when first needed, and shared by clones.
#[derive(Clone, Debug)]
pub(super) struct EtagStore {
    path: PathBuf,
    known: Arc<OnceLock<Mutex<HashMap<ResourceVersion, EntityTag>>>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EtagLine {
    url: String,
    digest: String,
    etag: String,
}

impl EtagStore {
    pub(super) fn new(folder: &Path) -> EtagStore {
        EtagStore {
            path: folder.join(FILE),
            known: Arc::default(),
        }
    }

    /// The entity tag stored for these bytes, or the tag that flagpole's server derives from them.
    pub(super) fn get(&self, url: &str, digest: ContentDigest) -> EntityTag {
        let version = (url.to_owned(), digest);
        let known = self.known().get(&version).cloned();
        known.unwrap_or_else(|| EntityTag::from_digest(digest))
    }

    /// Stores a tag, unless [`get`](EtagStore::get) returns the same tag already.
    ///
    /// # Errors
    /// If the file cannot be written. The next run then downloads the resource again.
    pub(super) fn insert(
        &self,
        url: &str,
        digest: ContentDigest,
        etag: &EntityTag,
    ) -> io::Result<()> {
        if self.get(url, digest) == *etag {
            return Ok(());
        }
        let line = EtagLine {
            url: url.to_owned(),
            digest: digest.to_string(),
            etag: etag.to_string(),
        };
        let line = serde_json::to_string(&line)? + "\n";
        let mut known = self.known();
        known.insert((url.to_owned(), digest), etag.clone());
        if fs::symlink_metadata(&self.path).is_ok_and(|metadata| !metadata.is_file()) {
            // A link was not created by flagpole, so nothing is written through a link.
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        // One write in append mode, because another run may append too.
        let mut file = File::options().create(true).append(true).open(&self.path)?;
        file.write_all(line.as_bytes())
    }

    fn known(&self) -> MutexGuard<'_, HashMap<ResourceVersion, EntityTag>> {
        lock(self.known.get_or_init(|| Mutex::new(read(&self.path))))
    }
}

/// Reads the file of tags. Of several lines for one version the last counts; malformed lines are ignored.
fn read(path: &Path) -> HashMap<ResourceVersion, EntityTag> {
    let metadata = fs::symlink_metadata(path);
    let is_readable =
        metadata.is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MAX_LENGTH);
    let text = is_readable.then(|| fs::read(path).unwrap_or_default());
    let text = text.unwrap_or_default();
    text.split(|&byte| byte == b'\n')
        .filter_map(parse_line)
        .collect()
}

fn parse_line(line: &[u8]) -> Option<(ResourceVersion, EntityTag)> {
    let line: EtagLine = serde_json::from_slice(line).ok()?;
    let digest = ContentDigest::from_header(&line.digest)?;
    let etag = EntityTag::parse(&line.etag).filter(EntityTag::is_resumable)?;
    Some(((line.url, digest), etag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_belongs_to_url_and_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (
            ContentDigest::from_body(b"1"),
            ContentDigest::from_body(b"2"),
        );
        let v1 = EntityTag::parse("\"v1\"").unwrap();
        let tags = EtagStore::new(folder.path());
        tags.insert("a", one, &v1).unwrap();
        // The next run.
        for tags in [tags.clone(), EtagStore::new(folder.path())] {
            assert_eq!(tags.get("a", one), v1);
            assert_eq!(tags.get("a", other), EntityTag::from_digest(other));
            assert_eq!(tags.get("b", one), EntityTag::from_digest(one));
        }
    }

    #[test]
    fn store_skips_duplicates_and_derivable_tags() {
        let folder = tempfile::tempdir().unwrap();
        let digest = ContentDigest::from_body(b"1");
        let tags = EtagStore::new(folder.path());
        tags.insert("a", digest, &EntityTag::from_digest(digest))
            .unwrap();
        assert!(!folder.path().join(FILE).exists());
        for tag in ["\"v1\"", "\"v1\"", "\"v2\""] {
            tags.insert("a", digest, &EntityTag::parse(tag).unwrap())
                .unwrap();
        }
        let text = fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert_eq!(text.lines().count(), 2);
        let last = EtagStore::new(folder.path()).get("a", digest);
        assert_eq!(last.to_string(), "\"v2\"");
    }

    #[test]
    fn foreign_file_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let digest = ContentDigest::from_body(b"1");
        for foreign in [&b"\xff\n{}\n[[[["[..], b"", &[b'x'; 10_000]] {
            fs::write(folder.path().join(FILE), foreign).unwrap();
            assert_eq!(
                EtagStore::new(folder.path()).get("a", digest),
                EntityTag::from_digest(digest)
            );
        }
    }
}
