//! Every strategy over every transport, measured at the same time.

use flagpole_client::{Concurrency, Run, Strategy, TransportKind, measure, strategy};
use flagpole_fixtures::Catalog;
use flagpole_protocol::MeasuredRun;
use flagpole_protocol::{CountryCode, Resource};
use std::collections::BTreeMap;
use std::fs;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::LazyLock;
use std::thread;

#[derive(Clone, Copy)]
pub(crate) struct Combo {
    pub(crate) strategy: &'static dyn Strategy,
    transport: TransportKind,
}

/// File contents by name, hidden files included.
pub(crate) type FolderContents = BTreeMap<String, Vec<u8>>;

impl Combo {
    pub(crate) fn all() -> Vec<Combo> {
        let all = strategy::ALL.iter().flat_map(|&strategy| {
            let transports = strategy.transports().iter();
            transports.map(move |&transport| Combo {
                strategy,
                transport,
            })
        });
        all.collect()
    }

    /// The name of the strategy and the transport, and of the run.
    pub(crate) fn name(self) -> String {
        format!("{}-over-{}", self.strategy.name(), self.transport)
    }

    /// Options of `get`.
    pub(crate) fn options(self) -> String {
        let (strategy, transport) = (self.strategy.name(), self.transport);
        format!("--strategy {strategy} --transport {transport}")
    }

    pub(crate) fn measure(self, run: Run<'_>) -> MeasuredRun {
        let run = run.name(self.name()).transport(self.transport);
        measure(self.strategy, &run).unwrap()
    }
}

/// Runs `f` for all combos at the same time; results are in the order of [`Combo::all`].
pub(crate) fn with_every_combo<T: Send>(f: impl Fn(Combo) -> T + Sync) -> Vec<T> {
    let f = &f;
    let jobs = Combo::all().into_iter().map(|combo| move || f(combo));
    in_parallel(jobs)
}

/// Runs all jobs at the same time; panics if one of them does.
pub(crate) fn in_parallel<T: Send>(
    jobs: impl Iterator<Item = impl FnOnce() -> T + Send>,
) -> Vec<T> {
    thread::scope(|scope| {
        let threads: Vec<_> = jobs.map(|job| scope.spawn(job)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, T>| {
            thread.join().unwrap_or_else(|panic| resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    })
}

pub(crate) fn concurrency(count: usize) -> Concurrency {
    Concurrency::new(count).unwrap()
}

pub(crate) fn codes(text: &str) -> Vec<CountryCode> {
    let codes = text.split(' ').map(|code| code.parse().unwrap());
    codes.collect()
}

/// Read once: this takes a while in a debug build.
pub(crate) static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);

pub(crate) fn original_body(resource: Resource) -> Vec<u8> {
    CATALOG.get(resource).unwrap().to_vec()
}

/// The flags of these codes as files, `br.gif` for `BR`.
pub(crate) fn expected_flags(text: &str) -> FolderContents {
    let file = |code: CountryCode| {
        (
            format!("{}.gif", code.lower()),
            original_body(Resource::Flag(code)),
        )
    };
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

/// Names and sizes: short enough to be printed when a comparison fails.
pub(crate) fn sizes<'a>(files: &'a FolderContents) -> Vec<(&'a str, usize)> {
    let size = |(name, body): (&'a String, &Vec<u8>)| (name.as_str(), body.len());
    files.iter().map(size).collect()
}
