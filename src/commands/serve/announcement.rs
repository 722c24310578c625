//! What `serve` prints when it is ready and when it has stopped: text for people, or JSON lines for programs.

use crate::commands::serve::greeting::greeting;
use crate::commands::serve::listeners::{RunningListener, StoppedServer};
use crate::output;
use crate::process::ready::{
    self, ReadyDocument, ReadyListener, ServedSite, StoppedDocument, StoppedListener,
};
use anyhow::Result;
use clap::ValueEnum;
use flagpole_server::{Catalog, ControlPlane, Resource, Site};
use std::path::Path;
use std::process;

/// The output formats of `serve`.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(super) enum ServeFormat {
    Text,
    Json,
}

/// Prints to standard output, or to standard error what is no line of JSON while the journal has standard output.
#[derive(Clone, Copy)]
pub(super) struct Announcer {
    pub(super) format: ServeFormat,
    pub(super) is_journal_on_stdout: bool,
}

impl Announcer {
    pub(super) fn ready(
        self,
        running: &[RunningListener],
        ready: &ReadyDocument,
        site: &Site,
    ) -> Result<()> {
        match self.format {
            ServeFormat::Text => self.text(&greeting(running, ready, &example(site.catalog()))),
            ServeFormat::Json => output::result(&ready::line(ready)?),
        }
    }

    /// `is_journal_whole` says whether the journal has written its last line: nothing follows half a line.
    pub(super) fn stopped(self, stopped: &[StoppedServer], is_journal_whole: bool) -> Result<()> {
        if self.format == ServeFormat::Text {
            let ledgers = stopped.iter().map(|StoppedServer { name, url, ledger }| {
                let name = name
                    .as_ref()
                    .map_or(String::new(), |name| format!("{name} "));
                format!("\n{name}{url}\n{ledger}\n")
            });
            return self.text(&ledgers.collect::<String>());
        }
        if self.is_journal_on_stdout && !is_journal_whole {
            return Ok(());
        }
        let listeners = stopped.iter().map(|one| StoppedListener {
            name: one.name.clone(),
            url: one.url.clone(),
            ledger: (&one.ledger).into(),
        });
        let listeners = listeners.collect();
        output::result(&ready::line(&StoppedDocument { listeners })?)
    }

    fn text(self, text: &str) -> Result<()> {
        if self.is_journal_on_stdout {
            output::note(text.trim_end());
            return Ok(());
        }
        output::result(text)
    }
}

/// The document of servers that accept connections.
pub(super) fn ready_document(
    running: &[RunningListener],
    seed: u64,
    site: &Site,
    folder: Option<&Path>,
    control: Option<&ControlPlane>,
) -> ReadyDocument {
    let listeners = running
        .iter()
        .map(|RunningListener { server, .. }| ReadyListener {
            name: server.name(),
            url: server.url(),
            urls: server.urls(),
            port: server.addr().port(),
        });
    let catalog = site.catalog();
    ReadyDocument {
        pid: process::id(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        seed,
        site: ServedSite {
            folder: folder.map(|folder| folder.display().to_string()),
            flags: catalog.codes().count(),
            files: catalog.iter().count(),
        },
        listeners: listeners.collect(),
        control: control.map(ControlPlane::url),
        live: control.map(ControlPlane::url),
    }
}

/// The path of a flag that the site has, without a slash before it; that of Brazil, if it has it.
fn example(catalog: &Catalog) -> String {
    let codes = catalog.codes();
    let code = codes.min_by_key(|code| (code.to_string() != "BR", *code));
    let path = code.map_or("/flags/".to_owned(), |code| {
        Resource::Flag(code).to_string()
    });
    path.trim_start_matches('/').to_owned()
}
