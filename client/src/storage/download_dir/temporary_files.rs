//! Files that do not have their final name yet. A dropped file is removed from the disk; a process that exits without
//! dropping its files can remove all of them together.

use crate::lock::lock;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use std::{collections::HashSet, fs};
use tempfile::TempPath;

const PREFIX: &str = ".flagpole-";
const SUFFIX: &str = ".tmp";

/// A temporary file of a greater age belongs to a killed run.
const STALE_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// The temporary files of a download folder and its clones.
#[derive(Clone, Debug)]
pub(super) struct TemporaryFiles(Arc<Mutex<TrackedPaths>>);

/// The paths of all temporary files; `None` after `remove_all`.
type TrackedPaths = Option<HashSet<PathBuf>>;

/// A complete file on disk whose final name is not known yet; removed when dropped.
#[derive(Debug)]
pub struct StagedFile {
    // Fields are dropped in order: the file is removed before its path is untracked.
    path: TempPath,
    _tracked: TrackedPath,
}

#[derive(Debug)]
struct TrackedPath {
    all: TemporaryFiles,
    path: PathBuf,
}

impl TemporaryFiles {
    pub(super) fn new() -> TemporaryFiles {
        TemporaryFiles(Arc::new(Mutex::new(Some(HashSet::new()))))
    }

    /// Creates a file in the folder of its final name, on the same file system, so that it can be renamed. The lock is held meanwhile, so that every file is tracked. This costs no concurrency: file systems
    /// create the files of one folder one after the other.
    pub(super) fn create(&self, folder: &Path) -> io::Result<(fs::File, StagedFile)> {
        let mut paths = lock(&self.0);
        let Some(known) = paths.as_mut() else {
            return Err(io::Error::other("the run was stopped"));
        };
        let (file, path) = tempfile::Builder::new()
            .prefix(PREFIX)
            .suffix(SUFFIX)
            // Opened here, so that the file has the permissions of any new file rather than the narrow permissions of a
            // temporary file, and an error message has no random path appended by tempfile.
            .make_in(folder, |path| fs::File::create_new(path))?
            .into_parts();
        known.insert(path.to_path_buf());
        let tracked = TrackedPath {
            all: self.clone(),
            path: path.to_path_buf(),
        };
        let staged = StagedFile {
            path,
            _tracked: tracked,
        };
        Ok((file, staged))
    }

    /// Removes all temporary files and prevents new ones.
    pub(super) fn remove_all(&self) {
        for path in lock(&self.0).take().unwrap_or_default() {
            // Fails if the file was renamed or dropped just now; the process is about to exit.
            let _ = fs::remove_file(path);
        }
    }
}

impl StagedFile {
    /// Gives the file its final name in one step. An existing file is replaced; a symbolic link is replaced too, not
    /// followed.
    pub(super) fn rename(self, to: &Path) -> io::Result<()> {
        let StagedFile { path, _tracked } = self;
        path.persist(to).map_err(|error| error.error)
    }
}

impl Drop for TrackedPath {
    fn drop(&mut self) {
        if let Some(paths) = lock(&self.all.0).as_mut() {
            paths.remove(&self.path);
        }
    }
}

/// Removes the temporary files of killed runs, known by their age: those of a running process are hardly older than its
/// timeouts.
pub(super) fn remove_stale(folder: &Path, now: SystemTime) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let is_ours = (name.to_str().and_then(|name| name.strip_prefix(PREFIX)))
            .is_some_and(|rest| rest.ends_with(SUFFIX));
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.ok().and_then(|at| now.duration_since(at).ok());
        if is_ours && age.is_some_and(|age| age > STALE_AGE) {
            // A file that cannot be removed is harmless.
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn count(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn dropped_file_is_removed_and_renamed_file_untracked() {
        let folder = tempfile::tempdir().unwrap();
        let all = TemporaryFiles::new();
        let [(_, dropped), (mut file, renamed)] =
            [(); 2].map(|()| all.create(folder.path()).unwrap());
        file.write_all(b"ab").unwrap();
        assert_eq!(count(folder.path()), 2);
        drop(dropped);
        renamed.rename(&folder.path().join("x")).unwrap();
        assert_eq!(count(folder.path()), 1);
        assert_eq!(fs::read(folder.path().join("x")).unwrap(), b"ab");
        assert_eq!(lock(&all.0).as_ref().map(HashSet::len), Some(0));
    }

    #[test]
    fn stale_files_are_removed_after_a_day() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".flagpole-x.tmp", ".flagpole-x", "x.tmp", "br.gif"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let now = SystemTime::now();
        remove_stale(folder.path(), now);
        assert_eq!(count(folder.path()), 4, "they may be of another run");
        remove_stale(folder.path(), now + 2 * STALE_AGE);
        assert_eq!(count(folder.path()), 3);
        assert!(!folder.path().join(".flagpole-x.tmp").exists());
    }

    #[test]
    fn remove_all_removes_files_and_prevents_new_ones() {
        let folder = tempfile::tempdir().unwrap();
        let all = TemporaryFiles::new();
        let (_, held) = all.create(folder.path()).unwrap();
        all.clone().remove_all();
        assert_eq!(count(folder.path()), 0);
        assert!(all.create(folder.path()).is_err());
        assert!(held.rename(&folder.path().join("x")).is_err());
        assert_eq!(count(folder.path()), 0);
    }
}
