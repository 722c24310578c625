//! Whether a command can be started, without starting it.

use std::env;
use std::path::{Path, PathBuf};

/// The file that a command starts; `None` if there is none: a path as it is, a name in the folders of `PATH`.
pub(crate) fn find(command: &str) -> Option<PathBuf> {
    let path = Path::new(command);
    if path.components().count() > 1 || path.is_absolute() {
        return is_executable(path).then(|| path.to_owned());
    }
    let folders = env::var_os("PATH")?;
    let mut files = env::split_paths(&folders).map(|folder| folder.join(command));
    files.find(|file| is_executable(file))
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = file.metadata();
    metadata.is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file() || file.with_extension("exe").is_file()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn names_are_looked_up_and_paths_are_taken_as_they_are() {
        assert!(find("sh").is_some_and(|file| file.is_absolute()));
        assert!(find("/bin/sh").is_some());
        assert_eq!(find("no-such-program-of-flagpole"), None);
        assert_eq!(find("./no-such-program"), None);
        let text = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        assert_eq!(find(text), None, "not executable");
        assert_eq!(find("/etc"), None, "a folder");
    }
}
