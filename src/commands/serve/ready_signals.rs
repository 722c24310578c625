//! How `serve` says that it is ready: a file of ports, and a line on a file descriptor.

use crate::experiment::output_target::OutputTarget;
use crate::options::value_parsers;
use crate::process::ready::{self, ReadyDocument};
use anyhow::{Context as _, Result};
use clap::Args;
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

/// Options that let a script or a test wait until the server is ready.
#[derive(Args)]
pub(super) struct ReadyOptions {
    /// Write the ports to this file when ready: one a line, in the order of the profile
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,

    /// Write a JSON line to this file descriptor when ready; it must be open for writing
    #[cfg(unix)]
    #[arg(long, value_name = "N", value_parser = value_parsers::file_descriptor)]
    ready_fd: Option<i32>,
}

/// Where the server says that it is ready.
pub(super) struct ReadySignals {
    port_file: Option<OutputTarget>,
    #[cfg(unix)]
    ready_fd: Option<(i32, File)>,
}

impl ReadyOptions {
    /// Checks that all can be written.
    pub(super) fn open(&self) -> Result<ReadySignals> {
        // First, before anything else opens a file that might get this number.
        #[cfg(unix)]
        let ready_fd = self.ready_fd.map(|number| {
            let opened = inherited_file(number);
            let opened = opened.with_context(|| {
                format!("--ready-fd: expected a file descriptor that is open for writing, got `{number}`")
            });
            opened.map(|file| (number, file))
        });
        let port_file = self
            .port_file
            .as_deref()
            .map(|path| OutputTarget::open("--port-file", path));
        Ok(ReadySignals {
            port_file: port_file.transpose()?,
            #[cfg(unix)]
            ready_fd: ready_fd.transpose()?,
        })
    }
}

impl ReadySignals {
    /// Removes the file of an earlier server, so that nothing reads its ports.
    pub(super) fn remove_old_file(&self) -> Result<()> {
        self.port_file
            .as_ref()
            .map_or(Ok(()), OutputTarget::remove_old)
    }

    /// Says that the server is ready.
    pub(super) fn send(self, document: &ReadyDocument) -> Result<()> {
        if let Some(file) = self.port_file {
            let ports = document.listeners.iter().map(|one| one.port.to_string());
            file.write(&(ports.collect::<Vec<_>>().join("\n") + "\n"))?;
        }
        #[cfg(unix)]
        if let Some((number, mut file)) = self.ready_fd {
            let written = file.write_all(ready::line(document)?.as_bytes());
            written.with_context(|| format!("--ready-fd: cannot write to {number}"))?;
        }
        Ok(())
    }
}

/// The file behind a descriptor that the process was started with.
#[cfg(unix)]
#[expect(
    unsafe_code,
    reason = "no library takes over a file descriptor by its number"
)]
fn inherited_file(number: i32) -> std::io::Result<File> {
    use std::io::{Error, ErrorKind};
    use std::os::fd::FromRawFd as _;
    // SAFETY: `F_GETFL` reads the flags of an open file, and fails for a number that is none.
    let flags = unsafe { libc::fcntl(number, libc::F_GETFL) };
    if flags == -1 {
        return Err(Error::last_os_error());
    }
    if flags & libc::O_ACCMODE == libc::O_RDONLY {
        return Err(Error::new(
            ErrorKind::PermissionDenied,
            "it is open for reading only",
        ));
    }
    // SAFETY: the descriptor is open, and nothing in this process owns it: the standard streams have lower numbers, and
    // nothing else was opened before.
    Ok(unsafe { File::from_raw_fd(number) })
}
