//! What a server calls the files that were saved, which only it knows: a line of JSON for each in a file
//! beside them. A tag is looked up by the bytes that are there, so that a damaged file has none.

use flagpole_protocol::ContentDigest;
use flagpole_protocol::StrongETag;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The name of the file.
const FILE: &str = ".flagpole-tags";

/// The longest file that is read, in bytes: some 50,000 files.
const LONGEST: u64 = 16 << 20;

/// One resource and one version of its bytes.
type Version = (String, ContentDigest);

/// The tags of a folder; read when first asked for. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Tags {
    path: PathBuf,
    known: Arc<OnceLock<Mutex<HashMap<Version, StrongETag>>>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    url: String,
    digest: String,
    etag: String,
}

impl Tags {
    pub(crate) fn of(folder: &Path) -> Tags {
        Tags {
            path: folder.join(FILE),
            known: Arc::default(),
        }
    }

    /// What the server calls these bytes of the resource at this URL; what flagpole's calls them, unless
    /// another one has told.
    pub(crate) fn get(&self, url: &str, digest: ContentDigest) -> StrongETag {
        let version = (url.to_owned(), digest);
        let known = self.known().get(&version).cloned();
        known.unwrap_or_else(|| StrongETag::of(digest))
    }

    /// Notes what the server calls them. Nothing is written that can be told without.
    ///
    /// # Errors
    /// If the file cannot be written: the resource will be fetched again.
    pub(crate) fn note(
        &self,
        url: &str,
        digest: ContentDigest,
        etag: StrongETag,
    ) -> io::Result<()> {
        if self.get(url, digest) == etag {
            return Ok(());
        }
        let line = Line {
            url: url.to_owned(),
            digest: digest.to_string(),
            etag: etag.to_string(),
        };
        let line = serde_json::to_string(&line)? + "\n";
        let mut known = self.known();
        known.insert((url.to_owned(), digest), etag);
        if fs::symlink_metadata(&self.path).is_ok_and(|about| !about.is_file()) {
            // A link would be followed to who knows where.
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        // At once, and by the system to the end: another run may do the same.
        let mut file = File::options().create(true).append(true).open(&self.path)?;
        file.write_all(line.as_bytes())
    }

    /// A panic elsewhere leaves the map whole.
    fn known(&self) -> MutexGuard<'_, HashMap<Version, StrongETag>> {
        let known = self.known.get_or_init(|| Mutex::new(read(&self.path)));
        known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is in a file, the last line of a version counting. What is damaged or of somebody else is passed over.
fn read(path: &Path) -> HashMap<Version, StrongETag> {
    let about = fs::symlink_metadata(path);
    let is_readable = about.is_ok_and(|about| about.is_file() && about.len() <= LONGEST);
    let text = is_readable.then(|| fs::read(path).unwrap_or_default());
    let text = text.unwrap_or_default();
    text.split(|&byte| byte == b'\n')
        .filter_map(entry)
        .collect()
}

fn entry(line: &[u8]) -> Option<(Version, StrongETag)> {
    let line: Line = serde_json::from_slice(line).ok()?;
    let digest = ContentDigest::from_header(&line.digest)?;
    Some(((line.url, digest), StrongETag::strong(&line.etag)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_belongs_to_a_url_and_to_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (ContentDigest::of(b"1"), ContentDigest::of(b"2"));
        let v1 = StrongETag::strong("\"v1\"").unwrap();
        let tags = Tags::of(folder.path());
        tags.note("a", one, v1.clone()).unwrap();
        // The next run.
        for tags in [tags.clone(), Tags::of(folder.path())] {
            assert_eq!(tags.get("a", one), v1);
            assert_eq!(tags.get("a", other), StrongETag::of(other));
            assert_eq!(tags.get("b", one), StrongETag::of(one));
        }
    }

    #[test]
    fn nothing_is_written_twice_nor_what_goes_without_saying() {
        let folder = tempfile::tempdir().unwrap();
        let digest = ContentDigest::of(b"1");
        let tags = Tags::of(folder.path());
        tags.note("a", digest, StrongETag::of(digest)).unwrap();
        assert!(!folder.path().join(FILE).exists());
        for tag in ["\"v1\"", "\"v1\"", "\"v2\""] {
            tags.note("a", digest, StrongETag::strong(tag).unwrap())
                .unwrap();
        }
        let text = fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert_eq!(text.lines().count(), 2);
        let last = Tags::of(folder.path()).get("a", digest);
        assert_eq!(last.as_str(), "\"v2\"");
    }

    #[test]
    fn a_file_of_somebody_else_is_no_end_of_anything() {
        let folder = tempfile::tempdir().unwrap();
        let digest = ContentDigest::of(b"1");
        for foreign in [&b"\xff\n{}\n[[[["[..], b"", &[b'x'; 10_000]] {
            fs::write(folder.path().join(FILE), foreign).unwrap();
            assert_eq!(
                Tags::of(folder.path()).get("a", digest),
                StrongETag::of(digest)
            );
        }
    }
}
