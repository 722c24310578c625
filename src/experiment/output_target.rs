//! The files that a comparison writes: each whole or not at all, and an older one stays until then.

use crate::experiment::spec::experiment::Experiment;
use anyhow::{Context as _, Result};
use flagpole_analysis::report::Comparison;
use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Where the result is to be written. Nothing is there, or changed, until there is a result.
#[derive(Debug)]
pub(crate) enum Place {
    /// A file; that its folder can be written to has been tried.
    File(PathBuf),
    /// What is not replaced but written to: a pipe, a device.
    Stream(File, PathBuf),
}

impl Place {
    /// Refuses a place that can not be written to, before anything is measured.
    pub(crate) fn checked(path: &Path) -> Result<Place> {
        tried(path).with_context(|| format!("--result: {}", path.display()))
    }

    /// Writes the result to it.
    pub(crate) fn keep(self, comparison: &Comparison) -> Result<()> {
        let text = serde_json::to_string_pretty(comparison)? + "\n";
        let (path, written) = match self {
            Place::File(path) => (path.clone(), replaced(&path, text.as_bytes())),
            Place::Stream(mut file, path) => (path, file.write_all(text.as_bytes())),
        };
        written.with_context(|| format!("--result: cannot write the result to {}", path.display()))
    }
}

/// Writes the experiment, to be run again.
pub(crate) fn save(experiment: &Experiment, path: &Path) -> Result<()> {
    let text = toml::to_string(experiment).context("--save: cannot write the experiment")?;
    let saved = tried(path).and_then(|place| match place {
        Place::File(path) => replaced(&path, text.as_bytes()),
        Place::Stream(mut file, _) => file.write_all(text.as_bytes()),
    });
    saved.with_context(|| format!("--save: {}", path.display()))
}

fn tried(path: &Path) -> io::Result<Place> {
    if path.file_name().is_none() || path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(io::Error::other("expected the name of a file"));
    }
    if !path.exists() {
        temporary(path)?;
        return Ok(Place::File(path.to_owned()));
    }
    let file = File::options().write(true).open(path)?;
    if !file.metadata()?.is_file() {
        return Ok(Place::Stream(file, path.to_owned()));
    }
    // What a link points to is replaced, not the link.
    let path = path.canonicalize()?;
    temporary(&path)?;
    Ok(Place::File(path))
}

/// Replaces the file at a path, or leaves it as it was.
fn replaced(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = temporary(path)?;
    file.write_all(text)?;
    // Of two names for one content the disk must not have the new one first.
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// An empty file beside this one, as readable as this one is; gone when dropped.
fn temporary(path: &Path) -> io::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".flagpole-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder.tempfile_in(folder)?;
    if let Some(old) = permissions(path) {
        file.as_file().set_permissions(old)?;
    }
    Ok(file)
}

fn permissions(path: &Path) -> Option<Permissions> {
    Some(fs::metadata(path).ok()?.permissions())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_only_tried_leaves_nothing_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        fs::write(&old, "old").unwrap();
        for path in [&old, &new] {
            assert!(matches!(tried(path).unwrap(), Place::File(_)));
        }
        assert_eq!(names(folder.path()), ["old"]);
        assert_eq!(fs::read_to_string(&old).unwrap(), "old");
        assert!(tried(&folder.path().join("missing/file")).is_err());
        assert!(tried(folder.path()).is_err());
        assert!(tried(Path::new("")).is_err() && tried(&folder.path().join("new/")).is_err());
    }

    #[test]
    fn a_file_is_replaced_whole_and_stays_as_readable_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.json");
        replaced(&path, b"a long text").unwrap();
        assert!(!permissions(&path).unwrap().readonly());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, Permissions::from_mode(0o604)).unwrap();
            replaced(&path, b"short").unwrap();
            assert_eq!(permissions(&path).unwrap().mode() & 0o777, 0o604);
        }
        replaced(&path, b"short").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "short");
        assert_eq!(names(folder.path()), ["r.json"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        let Place::File(path) = tried(&link).unwrap() else {
            panic!("a link to a file is a file");
        };
        replaced(&path, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
    }
}
