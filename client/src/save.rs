//! Where flags are saved: each appears whole, under its final name, or not at all.

use crate::outcome::Outcome;
use flagpole_fixtures::Resource;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A folder in which files can be made.
#[derive(Clone, Debug)]
pub struct Destination {
    folder: PathBuf,
}

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to the folder `{}`: {reason}", folder.display())]
pub struct DestinationError {
    folder: PathBuf,
    reason: String,
}

impl Destination {
    /// Makes the folder, if it is not there, and proves that files can be made in it.
    ///
    /// # Errors
    /// If it cannot be made or written to.
    pub fn prepare(folder: &Path) -> Result<Destination, DestinationError> {
        let refused = |error: io::Error| DestinationError {
            folder: folder.to_owned(),
            reason: reason(&error),
        };
        fs::create_dir_all(folder).map_err(refused)?;
        let destination = Destination {
            folder: folder.to_owned(),
        };
        destination
            .temporary()
            .and_then(NamedTempFile::close)
            .map_err(refused)?;
        Ok(destination)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a resource is saved: `br.gif`, `br.json`. The name comes from the code that was asked
    /// for, never from the network.
    pub fn path(&self, resource: Resource) -> PathBuf {
        let kind = match resource {
            Resource::Flag(_) => "gif",
            Resource::Metadata(_) => "json",
        };
        self.folder
            .join(format!("{}.{kind}", resource.code().lower()))
    }

    /// Saves a body, in place of an older one.
    ///
    /// It is not forced to the disk (fsync): a flag that a power cut loses can be fetched again.
    ///
    /// # Errors
    /// [`Outcome::Save`] with the system's reason; nothing is left behind then.
    pub fn save(&self, resource: Resource, body: &[u8]) -> Result<(), Outcome> {
        self.write(resource, body)
            .map_err(|error| Outcome::Save(reason(&error)))
    }

    fn write(&self, resource: Resource, body: &[u8]) -> io::Result<()> {
        let mut file = self.temporary()?;
        file.write_all(body)?;
        file.persist(self.path(resource))
            .map_err(|error| error.error)?;
        Ok(())
    }

    /// A file in the same folder, thus on the same file system, so that it can be renamed; removed
    /// when dropped. Its permissions are those of any new file, not a temporary file's narrow ones.
    fn temporary(&self) -> io::Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".flagpole-").suffix(".part");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        builder.tempfile_in(&self.folder)
    }
}

/// The system's reason, without the random name of a temporary file that tempfile puts behind it.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" at path ") {
        Some((reason, _)) => reason.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn br() -> Resource {
        Resource::Flag("BR".parse().unwrap())
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_flag_is_saved_under_its_code_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let nested = folder.path().join("a/b");
        let destination = Destination::prepare(&nested).unwrap();
        destination.save(br(), b"old").unwrap();
        destination.save(br(), b"new").unwrap();
        assert_eq!(names(&nested), ["br.gif"]);
        assert_eq!(fs::read(nested.join("br.gif")).unwrap(), b"new");
    }

    #[cfg(unix)]
    #[test]
    fn a_saved_file_has_the_permissions_of_any_new_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let ordinary = folder.path().join("ordinary");
        fs::write(&ordinary, "").unwrap();
        let destination = Destination::prepare(folder.path()).unwrap();
        destination.save(br(), b"GIF").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&destination.path(br())), mode(&ordinary));
    }

    #[test]
    fn a_place_that_is_no_folder_is_refused_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        for bad in [file.clone(), file.join("below")] {
            let error = Destination::prepare(&bad).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("cannot write to the folder `{}`: ", bad.display())),
                "{error}"
            );
        }
    }

    #[test]
    fn a_save_that_fails_says_why_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let destination = Destination::prepare(folder.path()).unwrap();
        fs::create_dir(destination.path(br())).unwrap();
        fs::write(destination.path(br()).join("x"), "").unwrap();
        let error = destination.save(br(), b"GIF").unwrap_err();
        assert!(
            matches!(&error, Outcome::Save(reason) if !reason.contains(".flagpole")),
            "{error}"
        );
        assert_eq!(names(folder.path()), ["br.gif"]);
        fs::remove_dir_all(folder.path()).unwrap();
        let gone = destination.save(br(), b"GIF").unwrap_err().to_string();
        assert!(
            gone.starts_with("cannot save: ") && !gone.contains(".flagpole"),
            "{gone}"
        );
    }
}
