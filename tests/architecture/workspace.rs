//! The crates of this workspace, as Cargo lists them.

use crate::facts::Crate;
use crate::walk::modules;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

static CRATES: LazyLock<Vec<Crate>> = LazyLock::new(|| parse(&["lib", "bin"]));

/// What is built for users. A package with a library and a binary is two crates.
pub(crate) fn crates() -> &'static [Crate] {
    &CRATES
}

/// Integration tests, benchmarks and examples: each target is a crate.
pub(crate) fn test_crates() -> Vec<Crate> {
    parse(&["test", "bench", "example"])
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn parse(kinds: &[&str]) -> Vec<Crate> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let crates: Vec<_> = packages
        .flat_map(|package| targets(package, kinds))
        .collect();
    assert!(crates.len() >= 4, "found only {} crates", crates.len());
    crates
}

fn metadata() -> Value {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ]);
    let output = cargo.current_dir(root()).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata: {error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn targets(package: &Value, kinds: &[&str]) -> Vec<Crate> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let is_wanted = |target: &&Value| kinds.iter().any(|kind| target["kind"][0] == *kind);
    let is_dependency = |dependency: &&Value| dependency["kind"] != "dev";
    let dependencies = package["dependencies"].as_array().unwrap().iter();
    let dependencies: Vec<_> = dependencies
        .filter(is_dependency)
        .map(|dependency| text(&dependency["name"]))
        .collect();
    let targets = package["targets"].as_array().unwrap().iter();
    let roots = targets
        .filter(is_wanted)
        .map(|target| text(&target["src_path"]));
    roots
        .map(|path| Crate {
            name: text(&package["name"]),
            dependencies: dependencies.clone(),
            modules: modules(from_root(&path), &read),
        })
        .collect()
}

/// `/.../flagpole/server/src/lib.rs` is `server/src/lib.rs`.
fn from_root(path: &str) -> &str {
    let path = Path::new(path).strip_prefix(root()).unwrap();
    path.to_str().unwrap()
}

fn read(path: &Path) -> Option<String> {
    fs::read_to_string(root().join(path)).ok()
}
