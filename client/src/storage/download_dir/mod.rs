//! The folder where flags are saved: each file appears complete, under its final name, or not at all.

mod etag_store;
mod failure;
mod file_name;
mod resume;
mod temporary_files;
#[cfg(test)]
mod tests;

pub use self::failure::StorageFailure;
pub use self::temporary_files::StagedFile;
use self::{etag_store::EtagStore, temporary_files::TemporaryFiles};
use flagpole_protocol::{ContentDigest, CountryCode, Outcome, Resource};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::{collections::HashMap, fs, io, io::Write as _, time::SystemTime};

/// A folder for downloads. Clones share one list of temporary files and one [failure](DownloadDir::failure).
#[derive(Clone, Debug)]
pub struct DownloadDir {
    folder: PathBuf,
    temporaries: TemporaryFiles,
    failure: Arc<OnceLock<StorageFailure>>,
    /// `None` unless downloads are resumed.
    resume: Option<ResumeState>,
    /// The flags that are named by country, such as `Brazil--BR.gif`, listed when first needed. `None` unless flags are
    /// named by country.
    countries: Option<Arc<OnceLock<HashMap<CountryCode, PathBuf>>>>,
}

/// The state of a download folder that resumes downloads.
#[derive(Clone, Debug)]
struct ResumeState {
    /// The URL of the site: files of other sites are not resumed.
    source: String,
    /// The maximum length of a file, in bytes.
    limit: usize,
    etags: EtagStore,
}

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to the folder `{}`: {source}", folder.display())]
pub struct DownloadDirError {
    folder: PathBuf,
    source: io::Error,
}

impl DownloadDir {
    /// Creates the folder if it does not exist, and checks that files can be created in it. Removes temporary files
    /// of killed runs that are more than a day old.
    ///
    /// # Errors
    /// If the folder cannot be created or written to.
    pub fn prepare(folder: &Path) -> Result<DownloadDir, DownloadDirError> {
        let to_error = |source| DownloadDirError {
            folder: folder.to_owned(),
            source,
        };
        fs::create_dir_all(folder).map_err(to_error)?;
        let dir = DownloadDir {
            folder: folder.to_owned(),
            temporaries: TemporaryFiles::new(),
            failure: Arc::default(),
            resume: None,
            countries: None,
        };
        dir.temporaries.create(folder).map_err(to_error)?;
        temporary_files::remove_stale(folder, SystemTime::now());
        Ok(dir)
    }

    /// The file of a resource: `br.gif`, `br.json`, or the first 16 hexadecimal digits of the SHA-256 of any other path,
    /// which may have no equivalent in file names, and `.body`. The name comes from the request, never from the network.
    pub fn path(&self, resource: Resource) -> PathBuf {
        self.folder.join(match resource {
            Resource::Flag(code) => format!("{}.gif", code.lower()),
            Resource::Metadata(code) => format!("{}.json", code.lower()),
            Resource::Path(path) => {
                let digest = ContentDigest::from_body(path.as_str().as_bytes());
                format!("{}.body", digest.short())
            }
        })
    }

    /// The file of a flag that is named by its country: `Brazil--BR.gif`. For any `country`, the path is a file of this
    /// folder, and different for every code.
    pub fn path_by_country(&self, country: &str, code: CountryCode) -> PathBuf {
        self.folder.join(file_name::file_name(country, code))
    }

    /// Saves a body; an older file is replaced.
    ///
    /// # Errors
    /// [`Outcome::WriteFailed`]; no file remains then.
    pub fn save(&self, resource: Resource, body: &[u8]) -> Result<(), Outcome> {
        self.write(&[body], &self.path(resource))?;
        self.remove_partial(resource);
        Ok(())
    }

    /// Writes a flag under a temporary name, until its country is known.
    ///
    /// # Errors
    /// [`Outcome::WriteFailed`]; no file remains then.
    pub fn stage(&self, body: &[u8]) -> Result<StagedFile, Outcome> {
        self.write_temporary(&[body])
            .map_err(|error| write_failed(&error))
    }

    /// Renames a staged flag by its country and returns its [path](DownloadDir::path_by_country). An older file of
    /// the same country and code is replaced.
    ///
    /// # Errors
    /// [`Outcome::WriteFailed`]; no file remains then.
    pub fn rename_staged(
        &self,
        staged: StagedFile,
        country: &str,
        code: CountryCode,
    ) -> Result<PathBuf, Outcome> {
        let path = self.path_by_country(country, code);
        self.rename(staged, &path)
            .map_err(|error| write_failed(&error))?;
        self.remove_partial(Resource::Flag(code));
        Ok(path)
    }

    /// The first error of this folder and its clones that concerns every further file. A run that saves in the folder
    /// ends then, because it could not save what it downloads. A folder that has failed must be [prepared](DownloadDir::prepare)
    /// again.
    pub fn failure(&self) -> Option<&StorageFailure> {
        self.failure.get()
    }

    /// Removes all temporary files of this folder and its clones, and prevents new ones, so that every later save fails.
    /// For a process that exits without waiting for its threads.
    pub fn remove_temporaries(&self) {
        self.temporaries.remove_all();
    }

    /// Writes these parts to a file, which appears complete or not at all.
    fn write(&self, parts: &[&[u8]], to: &Path) -> Result<(), Outcome> {
        let file = self.write_temporary(parts);
        let renamed = file.and_then(|file| self.rename(file, to));
        renamed.map_err(|error| write_failed(&error))
    }

    fn write_temporary(&self, parts: &[&[u8]]) -> io::Result<StagedFile> {
        let created = self.temporaries.create(&self.folder);
        let (file, staged) =
            created.inspect_err(|error| self.note(StorageFailure::from_create_error(error)))?;
        self.noting_failure(write_parts(file, parts))?;
        Ok(staged)
    }

    fn rename(&self, staged: StagedFile, to: &Path) -> io::Result<()> {
        self.noting_failure(staged.rename(to))
    }

    /// Keeps the failure of the folder, if the error means one.
    fn noting_failure<T>(&self, written: io::Result<T>) -> io::Result<T> {
        written.inspect_err(|error| self.note(StorageFailure::from_write_error(error)))
    }

    fn note(&self, failure: Option<StorageFailure>) {
        if let Some(failure) = failure {
            self.failure.get_or_init(|| failure);
        }
    }
}

/// Without fsync, because a flag that is lost in a power cut can be downloaded again.
fn write_parts(mut file: fs::File, parts: &[&[u8]]) -> io::Result<()> {
    parts.iter().try_for_each(|part| file.write_all(part))
}

fn write_failed(error: &io::Error) -> Outcome {
    Outcome::WriteFailed {
        message: error.to_string(),
    }
}
