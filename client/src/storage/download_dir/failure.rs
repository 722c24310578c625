//! Write errors that concern every further file, after which nothing more is fetched that cannot be saved.

use std::io;

/// Why no further file can be saved in a folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageFailure {
    /// No space is left (ENOSPC).
    #[error("the disk is full")]
    DiskFull,
    /// The user may not use more space (EDQUOT).
    #[error("the disk quota is exceeded")]
    QuotaExceeded,
    /// The file system cannot be written to (EROFS): it may have been remounted after errors.
    #[error("the file system is read-only")]
    ReadOnly,
    /// The device failed (EIO, ESTALE), or the folder was removed, moved or locked; with the message of the system.
    #[error("no file can be written: {0}")]
    Unwritable(String),
}

impl StorageFailure {
    /// The failure that an error from writing to an open file means; `None` if the error concerns this file alone, as
    /// one that is too large for the file system, or may pass.
    pub fn from_write_error(error: &io::Error) -> Option<StorageFailure> {
        match error.kind() {
            io::ErrorKind::StorageFull => Some(StorageFailure::DiskFull),
            io::ErrorKind::QuotaExceeded => Some(StorageFailure::QuotaExceeded),
            io::ErrorKind::ReadOnlyFilesystem => Some(StorageFailure::ReadOnly),
            io::ErrorKind::StaleNetworkFileHandle => Some(unwritable(error)),
            _ => is_device_error(error).then(|| unwritable(error)),
        }
    }

    /// The same for an error from creating a file of a new name in the folder: the folder itself is the problem if it
    /// is not found or may not be written to.
    pub(super) fn from_create_error(error: &io::Error) -> Option<StorageFailure> {
        match error.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::PermissionDenied => Some(unwritable(error)),
            _ => StorageFailure::from_write_error(error),
        }
    }
}

fn unwritable(error: &io::Error) -> StorageFailure {
    StorageFailure::Unwritable(error.to_string())
}

/// EIO, for which the standard library has no kind.
#[cfg(unix)]
fn is_device_error(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
}

#[cfg(not(unix))]
fn is_device_error(_error: &io::Error) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    #[test]
    fn errors_of_one_file_are_no_failure_of_the_folder() {
        for kind in [
            ErrorKind::FileTooLarge,
            ErrorKind::IsADirectory,
            ErrorKind::DirectoryNotEmpty,
            ErrorKind::Interrupted,
            ErrorKind::BrokenPipe,
        ] {
            let error = io::Error::from(kind);
            assert_eq!(StorageFailure::from_write_error(&error), None, "{kind}");
            assert_eq!(StorageFailure::from_create_error(&error), None, "{kind}");
        }
        let missing = io::Error::from(ErrorKind::NotFound);
        assert_eq!(StorageFailure::from_write_error(&missing), None);
        assert!(StorageFailure::from_create_error(&missing).is_some());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn errors_of_the_file_system_are_failures() {
        use rustix::io::Errno;
        for (errno, text) in [
            (Errno::NOSPC, "the disk is full"),
            (Errno::DQUOT, "the disk quota is exceeded"),
            (Errno::ROFS, "the file system is read-only"),
            (
                Errno::IO,
                "no file can be written: Input/output error (os error 5)",
            ),
            (
                Errno::STALE,
                "no file can be written: Stale file handle (os error 116)",
            ),
        ] {
            let failure = StorageFailure::from_write_error(&errno.into());
            assert_eq!(
                failure.map(|failure| failure.to_string()).as_deref(),
                Some(text)
            );
        }
        // No free descriptor now says nothing of later.
        for errno in [Errno::MFILE, Errno::NFILE] {
            assert_eq!(StorageFailure::from_create_error(&errno.into()), None);
        }
    }
}
