//! The files that a comparison writes. Those of `--result` and `--save` are replaced as a whole or stay as they were;
//! that of `--records` is written little by little.

use crate::output;
use anyhow::{Context as _, Result, anyhow, bail};
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{self, Path, PathBuf};
use tempfile::NamedTempFile;

/// The file that an option names. Nothing is created or changed before there is something to write.
pub(crate) struct OutputTarget {
    option: &'static str,
    path: PathBuf,
    /// A pipe, a device or a standard stream, which is written to and not replaced.
    stream: Option<Stream>,
}

type Stream = Box<dyn Write + Send>;

/// Checks that the files of these options can be written, and that they are different ones. The targets are in the order of the
/// options; `None` without a path.
pub(crate) fn open_all<const N: usize>(
    files: [(&'static str, &Option<PathBuf>); N],
) -> Result<[Option<OutputTarget>; N]> {
    let mut targets: Vec<Option<OutputTarget>> = Vec::new();
    for (option, path) in files {
        let path = path.as_deref();
        let target = path
            .map(|path| OutputTarget::open(option, path))
            .transpose()?;
        let mut earlier = targets.iter().flatten();
        if let Some(target) = &target
            && let Some(same) = earlier.find(|earlier| target.is_same_file(earlier))
        {
            bail!(
                "{option}: expected another file than that of {}",
                same.option
            );
        }
        targets.push(target);
    }
    let targets = targets.try_into();
    Ok(targets.unwrap_or_else(|_| unreachable!("there is a target for each option")))
}

/// Refuses to replace one of the files that are read.
pub(crate) fn check_replaces_none(option: &str, output: &Path, read: &[PathBuf]) -> Result<()> {
    // Without links and `..`. What does not exist cannot be replaced.
    let output = fs::canonicalize(output).ok();
    let is_output = |path: &&PathBuf| output.is_some() && fs::canonicalize(path).ok() == output;
    if let Some(file) = read.iter().find(is_output) {
        bail!(
            "{option}: expected another file than {}, which it would replace",
            file.display()
        );
    }
    Ok(())
}

impl OutputTarget {
    /// Checks that the path can be written to.
    pub(crate) fn open(option: &'static str, path: &Path) -> Result<OutputTarget> {
        output::check_is_no_dash(option, path)?;
        let opened = open(path).with_context(|| format!("{option}: {}", path.display()));
        let (path, stream) = opened?;
        Ok(OutputTarget {
            option,
            path,
            stream,
        })
    }

    /// Whether the other target is the same file, so that one would replace the other.
    fn is_same_file(&self, other: &OutputTarget) -> bool {
        let absolute = |target: &OutputTarget| path::absolute(&target.path).ok();
        self.stream.is_none() && other.stream.is_none() && absolute(self) == absolute(other)
    }

    /// A stream into the file, for what is written little by little. A file at the path is truncated.
    pub(crate) fn into_stream(self) -> Result<OutputStream> {
        let stream: io::Result<Stream> = match self.stream {
            Some(stream) => Ok(stream),
            None => File::create(&self.path).map(|file| Box::new(file) as Stream),
        };
        let (option, path) = (self.option, self.path);
        let stream =
            stream.with_context(|| format!("{option}: cannot write {}", path.display()))?;
        Ok(OutputStream {
            option,
            path,
            out: BufWriter::new(stream),
            error: None,
        })
    }

    /// Removes the file, if there is one, so that nothing reads it before the new one is written.
    pub(crate) fn remove_old(&self) -> Result<()> {
        if self.stream.is_some() {
            return Ok(());
        }
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                let path = self.path.display();
                Err(error).with_context(|| format!("{}: cannot remove {path}", self.option))
            }
            _ => Ok(()),
        }
    }

    /// Writes the content of the file.
    pub(crate) fn write(self, text: &str) -> Result<()> {
        let written = match self.stream {
            Some(mut stream) => stream
                .write_all(text.as_bytes())
                .and_then(|()| stream.flush()),
            None => replace(&self.path, text.as_bytes()),
        };
        written.with_context(|| format!("{}: cannot write {}", self.option, self.path.display()))
    }
}

/// A file that is written little by little. After an error nothing more is written.
pub(crate) struct OutputStream {
    option: &'static str,
    path: PathBuf,
    out: BufWriter<Stream>,
    error: Option<io::Error>,
}

impl OutputStream {
    /// Writes with `write`, and all of it to the file; an error is returned by [`OutputStream::finish`].
    pub(crate) fn write(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        if self.error.is_none() {
            let written = write(&mut self.out).and_then(|()| self.out.flush());
            self.error = written.err();
        }
    }

    /// Whether an error occurred, after which nothing more is written.
    pub(crate) fn has_failed(&self) -> bool {
        self.error.is_some()
    }

    /// The first error.
    pub(crate) fn finish(self) -> Result<()> {
        let path = self.path.display();
        match self.error {
            Some(error) => Err(anyhow!("{}: `{path}` is incomplete: {error}", self.option)),
            None => Ok(()),
        }
    }
}

/// The path of the file, without links, or the open stream.
fn open(path: &Path) -> io::Result<(PathBuf, Option<Stream>)> {
    if path.file_name().is_none() || path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(io::Error::other("expected the name of a file"));
    }
    let mut path = path.to_owned();
    if path.exists() {
        let file = File::options().write(true).open(&path)?;
        // `/dev/stdout`, even if it is a regular file: replacing that would lose what else is printed.
        let metadata = file.metadata()?;
        if let Some((stream, _)) = output::standard_stream(&metadata) {
            return Ok((path, Some(stream)));
        }
        if !metadata.is_file() {
            return Ok((path, Some(Box::new(file))));
        }
        // Replaces the target of a link, not the link.
        path = path.canonicalize()?;
    }
    temporary(&path)?;
    Ok((path, None))
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
    // Opened here, because the errors of `tempfile` name the temporary file.
    let create = |path: &Path| File::create_new(path);
    let file = builder.prefix(".flagpole-").make_in(folder, create)?;
    if let Ok(replaced) = fs::metadata(path) {
        file.as_file().set_permissions(replaced.permissions())?;
    }
    Ok(file)
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
            assert!(open(path).unwrap().1.is_none());
        }
        assert_eq!(names(folder.path()), ["old"]);
        assert_eq!(fs::read_to_string(&old).unwrap(), "old");
        let missing = OutputTarget::open("--save", &folder.path().join("missing/file"));
        let missing = format!("{:#}", missing.err().unwrap());
        let end = "/missing/file: No such file or directory (os error 2)";
        assert!(
            missing.starts_with("--save: ") && missing.ends_with(end),
            "{missing}"
        );
        assert!(open(folder.path()).is_err());
        let dash = OutputTarget::open("--result", Path::new("-")).err();
        assert!(dash.unwrap().to_string().ends_with("use `./-`"));
        assert!(open(Path::new("")).is_err() && open(&folder.path().join("new/")).is_err());
    }

    #[test]
    fn replaced_file_keeps_its_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.json");
        replace(&path, b"a long text").unwrap();
        let permissions = || fs::metadata(&path).unwrap().permissions();
        assert!(!permissions().readonly());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
            replace(&path, b"short").unwrap();
            assert_eq!(permissions().mode() & 0o777, 0o604);
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
        let target = OutputTarget::open("--result", &link).unwrap();
        target.write("new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
    }
}
