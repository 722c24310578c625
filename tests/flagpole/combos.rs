//! The ways to download: each strategy, over each transport that it takes.

use flagpole_client::{Concurrency, Run, Strategy, Transport, measure, strategy, transport};
use flagpole_fixtures::Catalog;
use flagpole_protocol::MeasuredRun;
use flagpole_protocol::{CountryCode, Resource};
use std::collections::BTreeMap;
use std::fs;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::LazyLock;
use std::thread;

/// A strategy and a transport.
#[derive(Clone, Copy)]
pub(crate) struct Combo {
    pub(crate) strategy: &'static dyn Strategy,
    pub(crate) transport: &'static dyn Transport,
}

/// What is in a folder: contents by name, hidden files too.
pub(crate) type FolderContents = BTreeMap<String, Vec<u8>>;

impl Combo {
    /// All there are; the first transport comes with every strategy.
    pub(crate) fn all() -> Vec<Combo> {
        let ways = strategy::ALL.iter().flat_map(|&strategy| {
            let count = if strategy.takes_any_transport() {
                transport::ALL.len()
            } else {
                1
            };
            let transports = transport::ALL[..count].iter();
            transports.map(move |&transport| Combo {
                strategy,
                transport,
            })
        });
        ways.collect()
    }

    /// `threads-ureq`: also the name of its run.
    pub(crate) fn name(self) -> String {
        format!("{}-{}", self.strategy.name(), self.transport.name())
    }

    /// Carries a run out, under this name.
    pub(crate) fn measure(self, run: Run<'_>) -> MeasuredRun {
        let run = run.name(self.name()).transport(self.transport);
        measure(self.strategy, &run).unwrap()
    }
}

/// Does something in every way, all at once, in the order of [`Combo::all`].
pub(crate) fn in_every_way<T: Send>(what: impl Fn(Combo) -> T + Sync) -> Vec<T> {
    let what = &what;
    let jobs = Combo::all().into_iter().map(|way| move || what(way));
    at_once(jobs)
}

/// Does jobs at once; the first that fails fails here too.
pub(crate) fn at_once<T: Send>(jobs: impl Iterator<Item = impl FnOnce() -> T + Send>) -> Vec<T> {
    thread::scope(|scope| {
        let threads: Vec<_> = jobs.map(|job| scope.spawn(job)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, T>| {
            thread.join().unwrap_or_else(|panic| resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    })
}

pub(crate) fn lanes(count: usize) -> Concurrency {
    Concurrency::new(count).unwrap()
}

pub(crate) fn codes(text: &str) -> Vec<CountryCode> {
    let codes = text.split(' ').map(|code| code.parse().unwrap());
    codes.collect()
}

/// What there is; read once, as that takes a while where nothing is optimised.
pub(crate) static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);

/// The true bytes.
pub(crate) fn truth(resource: Resource) -> Vec<u8> {
    CATALOG.get(resource).unwrap().to_vec()
}

/// The true flags of these codes, under their codes.
pub(crate) fn true_flags(text: &str) -> FolderContents {
    let file = |code: CountryCode| (format!("{}.gif", code.lower()), truth(Resource::Flag(code)));
    codes(text).into_iter().map(file).collect()
}

pub(crate) fn files(folder: &Path) -> FolderContents {
    let file = |entry: fs::DirEntry| {
        let body = fs::read(entry.path()).unwrap();
        (entry.file_name().into_string().unwrap(), body)
    };
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| file(entry.unwrap())).collect()
}

/// FolderContents by name and size: what a failed comparison shows.
pub(crate) fn sizes<'a>(files: &'a FolderContents) -> Vec<(&'a str, usize)> {
    let size = |(name, body): (&'a String, &Vec<u8>)| (name.as_str(), body.len());
    files.iter().map(size).collect()
}
