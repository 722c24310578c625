//! The example programs: what they print and save.

mod downloads;
mod lessons;
mod loads;

use crate::harness::{CommandOutput, wait_until};
use std::collections::BTreeMap;
use std::env::consts::EXE_SUFFIX;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use tempfile::TempDir;

/// The basic downloaders, which differ in one line.
const BASIC: [&str; 3] = ["flags_sequential", "flags_threads", "flags_async"];

struct RunningExample {
    folder: TempDir,
    child: Child,
}

impl RunningExample {
    fn start(name: &str, arguments: &[&str]) -> RunningExample {
        let folder = tempfile::tempdir().unwrap();
        let capture = |name| File::create(folder.path().join(name)).unwrap();
        let mut command = Command::new(binary(name));
        let command = command.args(arguments).current_dir(folder.path());
        let command = command.stdout(capture("out")).stderr(capture("err"));
        let child = command.spawn().unwrap();
        RunningExample { folder, child }
    }

    fn finish(mut self) -> (CommandOutput, BTreeMap<String, Vec<u8>>) {
        let mut status = None;
        wait_until("the example ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let capture = |name| fs::read_to_string(self.folder.path().join(name)).unwrap();
        let output = CommandOutput {
            code: status.unwrap().code(),
            stdout: capture("out"),
            stderr: capture("err"),
        };
        let saved = fs::read_dir(self.folder.path().join("downloaded"));
        let saved = saved.into_iter().flatten().map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        });
        (output, saved.collect())
    }
}

impl Drop for RunningExample {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Cargo builds examples in `examples/` beside the binaries (The Cargo Book, "Build cache").
fn binary(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_flagpole")).with_file_name("examples");
    let path = folder.join(format!("{name}{EXE_SUFFIX}"));
    assert!(
        path.exists(),
        "missing {}; `cargo test` builds it, `cargo test --test flagpole` does not: \
         run `cargo build --examples`",
        path.display()
    );
    path
}

/// Runs an example that must succeed; returns its stdout.
fn run(name: &str, arguments: &[&str]) -> String {
    let (output, _) = RunningExample::start(name, arguments).finish();
    output.assert_code(0);
    output.stdout
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> BTreeMap<String, String> {
    let entries = fs::read_dir(root().join("examples")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let sources = files.map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    });
    sources.collect()
}

/// The lines of a program that are neither empty nor comments.
fn code(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .collect()
}

#[test]
fn bad_arguments_are_refused_with_an_error() {
    for (name, argument, error) in [
        (
            "flags_async",
            "nowhere",
            "expected a URL such as `http://127.0.0.1:8001`",
        ),
        ("flags_with_country", "https://h", "https is not supported"),
        ("spinner_async", "long", "expected a number of seconds"),
        ("spinner_thread", "-1", "negative"),
    ] {
        let (output, saved) = RunningExample::start(name, &[argument]).finish();
        assert_eq!(
            (output.code, output.stdout.as_str()),
            (Some(1), ""),
            "{output}"
        );
        assert!(
            output.stderr.contains(error) && saved.is_empty(),
            "{output}"
        );
    }
}

#[test]
fn basic_downloaders_are_short_and_differ_in_one_line() {
    let sources = sources();
    let [sequential, threads, asynchronous] = BASIC.map(|name| code(&sources[name]));
    assert!(sequential.len() < 40, "{} lines", sequential.len());
    for other in [&threads, &asynchronous] {
        assert_eq!(other.len(), sequential.len());
        let pairs = sequential.iter().zip(other);
        let differing: Vec<_> = pairs.filter(|(left, right)| left != right).collect();
        assert_eq!(differing.len(), 1, "{differing:?}");
        assert!(
            differing[0].0.contains("strategy::by_name"),
            "{differing:?}"
        );
    }
}

#[test]
fn every_example_has_a_header_and_a_row_in_the_articles_map() {
    let article = fs::read_to_string(root().join("docs/article.md")).unwrap();
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
            article.contains(&format!("`{name}`")),
            "docs/article.md lacks `{name}`"
        );
    }
    for path in article
        .split(['(', ')'])
        .filter_map(|link| link.strip_prefix("../"))
    {
        assert!(root().join(path).exists(), "docs/article.md names {path}");
    }
}
