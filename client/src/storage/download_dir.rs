//! Where flags are saved: each appears whole, under its final name, or not at all.

use super::local_copy::{Countries, Resuming};
use super::temporary::{self, Temporaries, Temporary};
use flagpole_protocol::Outcome;
use flagpole_protocol::{CountryCode, Resource};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// A folder in which files can be made. Clones share their temporary files.
#[derive(Clone, Debug)]
pub struct DownloadDir {
    pub(crate) folder: PathBuf,
    pub(crate) temporaries: Temporaries,
    pub(crate) resuming: Option<Resuming>,
    /// `None` where flags go by their codes.
    pub(crate) countries: Option<Arc<Countries>>,
}

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to the folder `{}`: {source}", folder.display())]
pub struct DownloadDirError {
    pub(crate) folder: PathBuf,
    source: io::Error,
}

/// A flag on the disk whose final name is not known yet; removed when dropped.
#[derive(Debug)]
pub struct StagedFile(Temporary);

impl DownloadDir {
    /// Makes the folder, if it is not there, and proves that files can be made in it. What a run that was
    /// killed left half done there a day ago is removed.
    ///
    /// # Errors
    /// If it cannot be made or written to.
    pub fn prepare(folder: &Path) -> Result<DownloadDir, DownloadDirError> {
        let refused = |source| DownloadDirError {
            folder: folder.to_owned(),
            source,
        };
        fs::create_dir_all(folder).map_err(refused)?;
        let destination = DownloadDir {
            folder: folder.to_owned(),
            temporaries: Temporaries::new(),
            resuming: None,
            countries: None,
        };
        destination.temporary(&[]).map_err(refused)?;
        temporary::sweep(folder, SystemTime::now());
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

    /// Where a flag is saved under the name of its country: `Brazil--BR.gif`. Whatever the name,
    /// this is one file of the folder, and of this code alone.
    pub fn path_by_country(&self, country: &str, code: CountryCode) -> PathBuf {
        self.folder.join(super::file_name::file_name(country, code))
    }

    /// Saves a body, in place of an older one.
    ///
    /// # Errors
    /// [`Outcome::WriteFailed`] with the system's reason; nothing is left behind then.
    pub fn save(&self, resource: Resource, body: &[u8]) -> Result<(), Outcome> {
        let saved = self
            .temporary(&[body])
            .and_then(|file| file.rename(&self.path(resource)));
        saved.map_err(|error| failed(&error))?;
        self.remove_partial(resource);
        Ok(())
    }

    /// Writes a flag under a temporary name, until its country is known.
    ///
    /// # Errors
    /// [`Outcome::WriteFailed`] with the system's reason; nothing is left behind then.
    pub fn stage(&self, body: &[u8]) -> Result<StagedFile, Outcome> {
        let file = self.temporary(&[body]);
        file.map(StagedFile).map_err(|error| failed(&error))
    }

    /// Gives a staged flag the name of its country, and returns its
    /// [path](DownloadDir::path_by_country). An older file of this country and code is replaced.
    ///
    /// # Errors
    /// [`Outcome::WriteFailed`] with the system's reason; nothing is left behind then.
    pub fn rename_staged(
        &self,
        staged: StagedFile,
        country: &str,
        code: CountryCode,
    ) -> Result<PathBuf, Outcome> {
        let path = self.path_by_country(country, code);
        staged.0.rename(&path).map_err(|error| failed(&error))?;
        self.remove_partial(Resource::Flag(code));
        Ok(path)
    }

    /// Removes all temporary files of this destination and its clones at once, and lets no more be
    /// made: what is not saved by now fails. For a process that ends without waiting for its
    /// threads.
    pub fn remove_temporaries(&self) {
        self.temporaries.abandon();
    }

    pub(crate) fn temporary(&self, parts: &[&[u8]]) -> io::Result<Temporary> {
        self.temporaries.write(&self.folder, parts)
    }
}

pub(crate) fn failed(error: &io::Error) -> Outcome {
    Outcome::WriteFailed {
        kind: error.kind(),
        message: error.to_string(),
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
        let destination = DownloadDir::prepare(&nested).unwrap();
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
        let destination = DownloadDir::prepare(folder.path()).unwrap();
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
            let error = DownloadDir::prepare(&bad).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("cannot write to the folder `{}`: ", bad.display())),
                "{error}"
            );
        }
    }

    #[test]
    fn a_save_that_fails_says_why_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let destination = DownloadDir::prepare(folder.path()).unwrap();
        fs::create_dir(destination.path(br())).unwrap();
        fs::write(destination.path(br()).join("x"), "").unwrap();
        let error = destination.save(br(), b"GIF").unwrap_err();
        assert!(
            matches!(&error, Outcome::WriteFailed { message, .. } if !message.contains(".flagpole")),
            "{error}"
        );
        assert_eq!(names(folder.path()), ["br.gif"]);
        fs::remove_dir_all(folder.path()).unwrap();
        let gone = destination.save(br(), b"GIF").unwrap_err().to_string();
        assert!(
            gone.starts_with("cannot write file: ") && !gone.contains(".flagpole"),
            "{gone}"
        );
    }

    #[test]
    fn a_staged_flag_gets_its_name_or_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let destination = DownloadDir::prepare(folder.path()).unwrap();
        drop(destination.stage(b"GIF").unwrap());
        assert_eq!(names(folder.path()), [""; 0]);
        for body in [b"old", b"new"] {
            let staged = destination.stage(body).unwrap();
            let path = destination
                .rename_staged(staged, "Brazil", br().code())
                .unwrap();
            assert_eq!(path, folder.path().join("Brazil--BR.gif"));
            assert_eq!(fs::read(path).unwrap(), body);
        }
        assert_eq!(names(folder.path()), ["Brazil--BR.gif"]);
    }

    #[test]
    fn abandoned_work_leaves_what_is_saved_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let destination = DownloadDir::prepare(folder.path()).unwrap();
        destination.save(br(), b"GIF").unwrap();
        let staged = destination.stage(b"GIF").unwrap();
        destination.clone().remove_temporaries();
        assert_eq!(names(folder.path()), ["br.gif"]);
        let kept = destination.rename_staged(staged, "Brazil", br().code());
        assert!(matches!(kept, Err(Outcome::WriteFailed { .. })), "{kept:?}");
        let saved = destination.save(br(), b"new");
        assert_eq!(
            saved.unwrap_err().to_string(),
            "cannot write file: the run was stopped"
        );
        assert_eq!(fs::read(destination.path(br())).unwrap(), b"GIF");
    }
}
