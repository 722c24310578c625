//! The files that a comparison writes (`--result`, `--save`). A file is replaced as a whole or stays as it was.

use crate::experiment::spec::experiment::Experiment;
use anyhow::{Context as _, Result};
use flagpole_analysis::comparison::Comparison;
use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The destination of `--result`. Nothing is created or changed before there is a result.
#[derive(Debug)]
pub(crate) enum OutputTarget {
    /// A file in a folder that is writable.
    File(PathBuf),
    /// A pipe or a device, which is written to and not replaced.
    Stream(File, PathBuf),
}

impl OutputTarget {
    /// Checks that the path can be written to.
    pub(crate) fn open(path: &Path) -> Result<OutputTarget> {
        open(path).with_context(|| format!("--result: {}", path.display()))
    }

    /// Writes the result as JSON.
    pub(crate) fn write(self, comparison: &Comparison) -> Result<()> {
        let text = serde_json::to_string_pretty(comparison)? + "\n";
        let (path, written) = match self {
            OutputTarget::File(path) => (path.clone(), replace(&path, text.as_bytes())),
            OutputTarget::Stream(mut file, path) => (path, file.write_all(text.as_bytes())),
        };
        written.with_context(|| format!("--result: cannot write the result to {}", path.display()))
    }
}

/// Writes an experiment as TOML (`--save`).
pub(crate) fn save(experiment: &Experiment, path: &Path) -> Result<()> {
    let text = toml::to_string(experiment).context("--save: cannot write the experiment")?;
    let saved = open(path).and_then(|target| match target {
        OutputTarget::File(path) => replace(&path, text.as_bytes()),
        OutputTarget::Stream(mut file, _) => file.write_all(text.as_bytes()),
    });
    saved.with_context(|| format!("--save: {}", path.display()))
}

fn open(path: &Path) -> io::Result<OutputTarget> {
    if path.file_name().is_none() || path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(io::Error::other("expected the name of a file"));
    }
    if !path.exists() {
        temporary(path)?;
        return Ok(OutputTarget::File(path.to_owned()));
    }
    let file = File::options().write(true).open(path)?;
    if !file.metadata()?.is_file() {
        return Ok(OutputTarget::Stream(file, path.to_owned()));
    }
    // Replaces the target of a link, not the link.
    let path = path.canonicalize()?;
    temporary(&path)?;
    Ok(OutputTarget::File(path))
}

/// Replaces the file at a path; after an error the old file is unchanged.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = temporary(path)?;
    file.write_all(text)?;
    // The content must be on the disk before the new name is.
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// An empty file in the folder of `path`, with the permissions of the file at `path`; removed on drop.
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
    if let Some(permissions) = permissions(path) {
        file.as_file().set_permissions(permissions)?;
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
    fn open_creates_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        fs::write(&old, "old").unwrap();
        for path in [&old, &new] {
            assert!(matches!(open(path).unwrap(), OutputTarget::File(_)));
        }
        assert_eq!(names(folder.path()), ["old"]);
        assert_eq!(fs::read_to_string(&old).unwrap(), "old");
        assert!(open(&folder.path().join("missing/file")).is_err());
        assert!(open(folder.path()).is_err());
        assert!(open(Path::new("")).is_err() && open(&folder.path().join("new/")).is_err());
    }

    #[test]
    fn replaced_file_keeps_its_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.json");
        replace(&path, b"a long text").unwrap();
        assert!(!permissions(&path).unwrap().readonly());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, Permissions::from_mode(0o604)).unwrap();
            replace(&path, b"short").unwrap();
            assert_eq!(permissions(&path).unwrap().mode() & 0o777, 0o604);
        }
        replace(&path, b"short").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "short");
        assert_eq!(names(folder.path()), ["r.json"]);
    }

    #[cfg(unix)]
    #[test]
    fn link_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        let OutputTarget::File(path) = open(&link).unwrap() else {
            panic!("a link to a file is a file");
        };
        replace(&path, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
    }
}
