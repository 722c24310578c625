//! Files without a final name yet. None is left behind: a dropped one is removed, and where nothing
//! is dropped because the process ends at once, all can be removed together.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tempfile::TempPath;

const PREFIX: &str = ".flagpole-";
const SUFFIX: &str = ".tmp";

/// A temporary file that is older was left behind.
const LEFT_BEHIND: Duration = Duration::from_secs(24 * 60 * 60);

/// The temporary files of one destination and its clones.
#[derive(Clone, Debug)]
pub(crate) struct Temporaries(Arc<Mutex<Paths>>);

/// `None` once they are abandoned.
type Paths = Option<HashSet<PathBuf>>;

/// A whole file under a temporary name; removed when dropped.
#[derive(Debug)]
pub(crate) struct Temporary {
    // Fields are dropped in order: a file is gone before it is forgotten.
    path: TempPath,
    _entry: Entry,
}

#[derive(Debug)]
struct Entry {
    all: Temporaries,
    path: PathBuf,
}

impl Temporaries {
    pub(crate) fn new() -> Temporaries {
        Temporaries(Arc::new(Mutex::new(Some(HashSet::new()))))
    }

    /// Writes a file in a folder, thus on the same file system as its later name there, which it can
    /// take by a rename.
    ///
    /// It is not forced to the disk (fsync): a flag that a power cut loses can be fetched again.
    pub(crate) fn write(&self, folder: &Path, parts: &[&[u8]]) -> io::Result<Temporary> {
        let (mut file, temporary) = self.create(folder)?;
        for part in parts {
            file.write_all(part)?;
        }
        Ok(temporary)
    }

    /// The lock is held while the file is made, so that none is made that nobody knows of. A file
    /// system makes the files of one folder one after the other anyway.
    fn create(&self, folder: &Path) -> io::Result<(fs::File, Temporary)> {
        let mut paths = self.lock();
        let Some(known) = paths.as_mut() else {
            return Err(io::Error::other("the run was stopped"));
        };
        let (file, path) = tempfile::Builder::new()
            .prefix(PREFIX)
            .suffix(SUFFIX)
            // Opened here: the file has the permissions of any new file, not the narrow ones of a temporary
            // file, and an error is the system's own, without the random path that tempfile appends.
            .make_in(folder, |path| fs::File::create_new(path))?
            .into_parts();
        known.insert(path.to_path_buf());
        let entry = Entry {
            all: self.clone(),
            path: path.to_path_buf(),
        };
        let temporary = Temporary {
            path,
            _entry: entry,
        };
        Ok((file, temporary))
    }

    /// Removes all there are, and lets no more be made.
    pub(crate) fn abandon(&self) {
        for path in self.lock().take().unwrap_or_default() {
            // It may have got its final name or been dropped just now; nobody is left to be told of
            // any other reason.
            let _ = fs::remove_file(path);
        }
    }

    /// A panic elsewhere leaves the set whole: nothing in it is ever half done.
    fn lock(&self) -> MutexGuard<'_, Paths> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Temporary {
    /// Gives the file its final name in one step. What has that name already is replaced; a symbolic
    /// link there is replaced too, not followed.
    pub(crate) fn rename(self, to: &Path) -> io::Result<()> {
        let Temporary { path, _entry } = self;
        path.persist(to).map_err(|error| error.error)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let Some(paths) = self.all.lock().as_mut() {
            paths.remove(&self.path);
        }
    }
}

/// Removes files of a run that was killed: nobody else leaves any. One of a run that is under way is hardly
/// older than its timeouts.
pub(crate) fn sweep(folder: &Path, now: SystemTime) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let is_ours = entry.file_name().to_str().is_some_and(is_temporary);
        // Of a link: its own.
        let modified = entry.metadata().and_then(|about| about.modified());
        let age = modified.ok().and_then(|at| now.duration_since(at).ok());
        if is_ours && age.is_some_and(|age| age > LEFT_BEHIND) {
            // What can not be removed does no harm but to be there.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_temporary(name: &str) -> bool {
    let rest = name.strip_prefix(PREFIX);
    rest.is_some_and(|rest| rest.ends_with(SUFFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn a_file_is_removed_and_forgotten_when_dropped_or_renamed() {
        let folder = tempfile::tempdir().unwrap();
        let all = Temporaries::new();
        let dropped = all.write(folder.path(), &[b"a", b"b"]).unwrap();
        let renamed = all.write(folder.path(), &[b"a", b"b"]).unwrap();
        assert_eq!(count(folder.path()), 2);
        drop(dropped);
        renamed.rename(&folder.path().join("x")).unwrap();
        assert_eq!(count(folder.path()), 1);
        assert_eq!(fs::read(folder.path().join("x")).unwrap(), b"ab");
        assert_eq!(all.lock().as_ref().map(HashSet::len), Some(0));
    }

    #[test]
    fn what_a_killed_run_left_behind_is_removed_a_day_later() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".flagpole-x.tmp", ".flagpole-x", "x.tmp", "br.gif"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let now = SystemTime::now();
        sweep(folder.path(), now);
        assert_eq!(count(folder.path()), 4, "it may be another run's");
        sweep(folder.path(), now + 2 * LEFT_BEHIND);
        assert_eq!(count(folder.path()), 3);
        assert!(!folder.path().join(".flagpole-x.tmp").exists());
    }

    #[test]
    fn abandoned_files_are_gone_at_once_and_none_can_be_made() {
        let folder = tempfile::tempdir().unwrap();
        let all = Temporaries::new();
        let held = all.write(folder.path(), &[b"a"]).unwrap();
        all.clone().abandon();
        assert_eq!(count(folder.path()), 0);
        assert!(all.write(folder.path(), &[]).is_err());
        assert!(held.rename(&folder.path().join("x")).is_err());
        assert_eq!(count(folder.path()), 0);
    }
}
