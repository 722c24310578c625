//! A file whose content is the body of a fault's response.
//!
//! The file is named when a specification is parsed, and read later, because only the reader of a profile knows the
//! folder to which names are relative.

use bytes::Bytes;
use flagpole_protocol::SpecError;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The maximum size of a file in bytes: 8 MiB.
const MAX_BYTES: u64 = 8 << 20;

/// The name of a file, and whether it has been read.
#[derive(Clone, Debug)]
pub(super) struct BodyFile {
    /// As given, and after reading relative to the working directory.
    pub(super) path: PathBuf,
    pub(super) is_read: bool,
}

impl BodyFile {
    pub(super) fn new(path: &str) -> BodyFile {
        BodyFile {
            path: path.into(),
            is_read: false,
        }
    }

    /// The media type for the ending of the name.
    pub(super) fn content_type(&self) -> &'static str {
        let ending = self.path.extension().unwrap_or_default();
        match ending.to_ascii_lowercase().to_str() {
            Some("html" | "htm") => "text/html; charset=utf-8",
            Some("json") => "application/json",
            Some("txt") => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        }
    }

    /// Reads the file, whose name is relative to `folder`.
    pub(super) fn read(&self, folder: &Path) -> Result<(BodyFile, Bytes), SpecError> {
        let path = folder.join(&self.path);
        let name = path.display();
        let unreadable =
            |error: io::Error| SpecError::rule(format!("cannot read `{name}`: {error}"));
        let mut content = Vec::new();
        // One byte above the limit shows that the file is longer; a device does not report its length.
        let mut file = File::open(&path).map_err(unreadable)?.take(MAX_BYTES + 1);
        file.read_to_end(&mut content).map_err(unreadable)?;
        if content.len() as u64 > MAX_BYTES {
            let rule = format!("expected a file of at most 8 MiB, `{name}` is longer");
            return Err(SpecError::rule(rule));
        }
        let is_read = true;
        Ok((BodyFile { path, is_read }, content.into()))
    }
}
