//! The article's programs, run as a reader runs them: what they print, and that it is so.

mod downloads;
mod lessons;

use crate::harness::{CommandOutput, wait_until};
use std::collections::BTreeMap;
use std::env::consts::EXE_SUFFIX;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use tempfile::TempDir;

/// The bare downloaders, which differ in one line.
const BARE: [&str; 3] = ["flags_sequential", "flags_threads", "flags_async"];

/// An example under way, in a folder of its own; killed when dropped.
struct RunningExample {
    folder: TempDir,
    child: Child,
}

impl RunningExample {
    fn start(name: &str, arguments: &[&str]) -> RunningExample {
        let folder = tempfile::tempdir().unwrap();
        let said = |name| File::create(folder.path().join(name)).unwrap();
        let mut command = Command::new(binary(name));
        let command = command.args(arguments).current_dir(folder.path());
        let command = command.stdout(said("out")).stderr(said("err"));
        let child = command.spawn().unwrap();
        RunningExample { folder, child }
    }

    /// Waits for its end; with what it said, and what it saved under which names.
    fn finish(mut self) -> (CommandOutput, BTreeMap<String, Vec<u8>>) {
        let mut status = None;
        wait_until("the example ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let said = |name| fs::read_to_string(self.folder.path().join(name)).unwrap();
        let done = CommandOutput {
            code: status.unwrap().code(),
            out: said("out"),
            err: said("err"),
        };
        let saved = fs::read_dir(self.folder.path().join("downloaded"));
        let saved = saved.into_iter().flatten().map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        });
        (done, saved.collect())
    }
}

impl Drop for RunningExample {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where cargo builds an example: in `examples/` beside the binaries (The Cargo Book, "Build cache").
fn binary(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_flagpole")).with_file_name("examples");
    let path = folder.join(format!("{name}{EXE_SUFFIX}"));
    assert!(
        path.exists(),
        "{} is not there; `cargo test` builds it, `cargo test --test flagpole` does not: \
         run `cargo build --examples`",
        path.display()
    );
    path
}

/// Runs an example to a good end; with what it printed.
fn run(name: &str, arguments: &[&str]) -> String {
    let (done, _) = RunningExample::start(name, arguments).finish();
    assert_eq!(done.code, Some(0), "{done}");
    done.out
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names and texts of all examples.
fn sources() -> BTreeMap<String, String> {
    let entries = fs::read_dir(root().join("examples")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.extension().is_some_and(|kind| kind == "rs"));
    let sources = files.map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    });
    sources.collect()
}

/// The lines of a program without those that are empty or a comment.
fn code(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .collect()
}

#[test]
fn bad_words_get_a_clear_error_and_nothing_else_happens() {
    for (name, word, error) in [
        (
            "flags_async",
            "nowhere",
            "expected a URL such as `http://127.0.0.1:8001`",
        ),
        ("flags_with_country", "https://h", "https is not supported"),
        ("spinner_async", "long", "expected a number of seconds"),
        ("spinner_thread", "-1", "negative"),
    ] {
        let (done, saved) = RunningExample::start(name, &[word]).finish();
        assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{done}");
        assert!(done.err.contains(error) && saved.is_empty(), "{done}");
    }
}

#[test]
fn the_bare_downloaders_are_short_and_differ_in_one_line() {
    let sources = sources();
    let [sequential, threads, asynchronous] = BARE.map(|name| code(&sources[name]));
    assert!(sequential.len() < 40, "{} lines", sequential.len());
    for other in [&threads, &asynchronous] {
        assert_eq!(other.len(), sequential.len());
        let pairs = sequential.iter().zip(other);
        let differ: Vec<_> = pairs.filter(|(one, two)| one != two).collect();
        assert_eq!(differ.len(), 1, "{differ:?}");
        assert!(differ[0].0.contains("strategy::by_name"), "{differ:?}");
    }
}

#[test]
fn every_example_begins_with_what_it_is_and_is_named_in_the_map_of_the_article() {
    let map = fs::read_to_string(root().join("docs/article.md")).unwrap();
    let sources = sources();
    for (name, text) in &sources {
        let header = text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .count();
        assert!((1..=10).contains(&header), "{name}: {header} lines");
        assert!(
            text.contains("rticle's"),
            "{name} does not name its program of the article"
        );
        assert!(text.contains("Note "), "{name} does not say what to note");
        assert!(
            map.contains(&format!("`{name}`")),
            "docs/article.md lacks `{name}`"
        );
    }
    // And what the map names is there.
    for path in map
        .split(['(', ')'])
        .filter_map(|link| link.strip_prefix("../"))
    {
        assert!(root().join(path).exists(), "docs/article.md names {path}");
    }
}
