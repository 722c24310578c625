//! The folder where flags are saved: each file appears complete, under its final name, or not at all.

mod country_files;
mod etag_store;
mod file_name;
mod lookup;
mod partial_file;
mod resume_state;
mod temporary_files;
#[cfg(test)]
mod tests;

use self::country_files::CountryFiles;
use self::resume_state::ResumeState;
use self::temporary_files::{TemporaryFile, TemporaryFiles};
use flagpole_protocol::{CountryCode, Outcome, Resource};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// A folder for downloads. Clones share one list of temporary files.
#[derive(Clone, Debug)]
pub struct DownloadDir {
    folder: PathBuf,
    temporaries: TemporaryFiles,
    /// `None` unless downloads are resumed.
    resume: Option<ResumeState>,
    /// `None` unless flags are named by country.
    countries: Option<Arc<CountryFiles>>,
}

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to the folder `{}`: {source}", folder.display())]
pub struct DownloadDirError {
    folder: PathBuf,
    source: io::Error,
}

/// A flag on disk whose final name is not known yet; removed when dropped.
#[derive(Debug)]
pub struct StagedFile(TemporaryFile);

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
            resume: None,
            countries: None,
        };
        dir.write_temporary(&[]).map_err(to_error)?;
        temporary_files::remove_stale(folder, SystemTime::now());
        Ok(dir)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of a resource: `br.gif`, `br.json`. The name comes from the requested code, never from the network.
    pub fn path(&self, resource: Resource) -> PathBuf {
        let extension = match resource {
            Resource::Flag(_) => "gif",
            Resource::Metadata(_) => "json",
        };
        self.folder
            .join(format!("{}.{extension}", resource.code().lower()))
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
        let saved = self
            .write_temporary(&[body])
            .and_then(|file| file.rename(&self.path(resource)));
        saved.map_err(|error| write_failed(&error))?;
        self.remove_partial(resource);
        Ok(())
    }

    /// Writes a flag under a temporary name, until its country is known.
    ///
    /// # Errors
    /// [`Outcome::WriteFailed`]; no file remains then.
    pub fn stage(&self, body: &[u8]) -> Result<StagedFile, Outcome> {
        let file = self.write_temporary(&[body]);
        file.map(StagedFile).map_err(|error| write_failed(&error))
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
        let renamed = staged.0.rename(&path);
        renamed.map_err(|error| write_failed(&error))?;
        self.remove_partial(Resource::Flag(code));
        Ok(path)
    }

    /// Removes all temporary files of this folder and its clones, and prevents new ones, so that every later save fails.
    /// For a process that exits without waiting for its threads.
    pub fn remove_temporaries(&self) {
        self.temporaries.remove_all();
    }

    fn write_temporary(&self, parts: &[&[u8]]) -> io::Result<TemporaryFile> {
        self.temporaries.write(&self.folder, parts)
    }
}

fn write_failed(error: &io::Error) -> Outcome {
    Outcome::WriteFailed {
        message: error.to_string(),
    }
}
