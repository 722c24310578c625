//! Files that users name: profiles and experiments, by built-in name or by path.

use super::names;
use anyhow::{Context as _, Result, anyhow, bail};
use clap_complete::engine::{CompletionCandidate, PathCompleter, ValueCompleter as _};
use flagpole_protocol::spec::SpecError;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// The maximum size of a file, in bytes.
const MAX_SIZE: u64 = 1 << 20;

macro_rules! built_in {
    ($folder:literal: $($name:literal),*) => {
        &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $folder, "/", $name, ".toml")))),*]
    };
}

pub(crate) const PROFILES: BuiltIn = BuiltIn {
    kind: "profile",
    files: built_in!["profiles": "book", "book-2015", "clean", "flaky", "wan", "mobile", "outage", "overload", "tail"],
};

pub(crate) const EXPERIMENTS: BuiltIn = BuiltIn {
    kind: "experiment",
    files: built_in!["experiments": "article", "latency", "concurrency", "errors", "tail", "circuit-breaker", "overload", "threads-vs-async", "python", "libraries"],
};

/// The built-in files of one kind.
pub(crate) struct BuiltIn {
    kind: &'static str,
    /// Name and text.
    pub(crate) files: &'static [(&'static str, &'static str)],
}

impl BuiltIn {
    /// Whether a file of this name is built in.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.files.iter().any(|(known, _)| *known == name)
    }

    /// The text of a built-in file, or of the file at this path.
    pub(crate) fn text(&self, name: &str) -> Result<String> {
        if let Some((_, text)) = self.files.iter().find(|(known, _)| *known == name) {
            return Ok((*text).to_owned());
        }
        let is_path = name.contains(['/', '.', '\\']);
        match File::open(name) {
            Err(error) if error.kind() == ErrorKind::NotFound && !is_path => {
                let known = self.files.iter().map(|(known, _)| *known);
                let unknown = SpecError::unknown(self.kind, name, known).to_string();
                let is_suggestion = unknown.ends_with('?');
                bail!(
                    "{unknown}{}",
                    if is_suggestion { "" } else { ", or a file" }
                )
            }
            opened => read(opened.context(name.to_owned())?).context(name.to_owned()),
        }
    }

    /// Names and descriptions, for `after_help`.
    pub(crate) fn help(&self) -> String {
        let files = self.files.iter();
        let entries = files.map(|(name, text)| (*name, about(text).to_owned()));
        let kind = self.kind;
        let initial = kind[..1].to_uppercase();
        let heading = format!("{initial}{}s (docs/{kind}s.md)", &kind[1..]);
        names::list(&heading, entries)
    }

    /// Completes a name or a path.
    pub(crate) fn complete(&self, typed: &OsStr) -> Vec<CompletionCandidate> {
        let typed_bytes = typed.as_encoded_bytes();
        let near = self.files.iter();
        let near = near.filter(|(name, _)| name.as_bytes().starts_with(typed_bytes));
        let names =
            near.map(|(name, text)| CompletionCandidate::new(*name).help(Some(about(text).into())));
        let is_toml = |path: &Path| path.extension() == Some(OsStr::new("toml"));
        let files = PathCompleter::file().filter(is_toml);
        names.chain(files.complete(typed)).collect()
    }
}

/// The value of `about` in a built-in file, which is on the first line that is not a comment. The file is not parsed,
/// because every start of the command makes the help of every subcommand.
fn about(text: &str) -> &str {
    let first = text.lines().find(|line| !line.starts_with('#'));
    let quoted = first.and_then(|line| line.strip_prefix("about = \"")?.strip_suffix('"'));
    quoted.unwrap_or_default()
}

/// The text of the file at this path, or of standard input for `-`.
pub(crate) fn read_input(path: &str) -> Result<String> {
    match path {
        "-" => read(io::stdin()).context("standard input"),
        path => read(File::open(path).context(path.to_owned())?).context(path.to_owned()),
    }
}

/// The text of a file. Fails if the file is too large or not UTF-8.
fn read(file: impl Read) -> Result<String> {
    let mut bytes = Vec::new();
    // A pipe or a device does not report its length.
    file.take(MAX_SIZE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_SIZE {
        bail!("expected a file of at most {MAX_SIZE} bytes");
    }
    String::from_utf8(bytes).map_err(|_| anyhow!("expected a text file in UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::spec::experiment::Experiment;
    use flagpole_server::Profile;
    use std::fs;

    #[test]
    fn every_built_in_profile_is_valid_and_has_an_about() {
        for (name, text) in PROFILES.files {
            let profile: Profile = text
                .parse()
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(profile.about.as_deref(), Some(about(text)), "{name}");
        }
    }

    #[test]
    fn every_built_in_experiment_is_valid_and_survives_a_round_trip() {
        for (name, text) in EXPERIMENTS.files {
            let experiment = Experiment::parse(text, name).unwrap();
            experiment
                .check()
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(experiment.about.as_deref(), Some(about(text)));
            let written = toml::to_string(&experiment).unwrap();
            let back = Experiment::parse(&written, name).unwrap();
            assert_eq!(toml::to_string(&back).unwrap(), written);
        }
    }

    #[test]
    fn every_file_of_profiles_and_experiments_is_built_in() {
        for (folder, built_in) in [("profiles", PROFILES), ("experiments", EXPERIMENTS)] {
            let folder = fs::read_dir(format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"))).unwrap();
            let mut files: Vec<_> = folder
                .map(|file| file.unwrap().file_name().into_string().unwrap())
                .collect();
            files.sort();
            let known = built_in.files.iter();
            let mut known: Vec<_> = known.map(|(name, _)| format!("{name}.toml")).collect();
            known.sort();
            assert_eq!(files, known);
        }
    }

    #[test]
    fn file_that_is_too_large_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "# a comment\n".repeat(100_000)).unwrap();
        let error = EXPERIMENTS
            .text(file.path().to_str().unwrap())
            .err()
            .unwrap();
        let error = format!("{error:#}");
        assert!(
            error.ends_with("expected a file of at most 1048576 bytes"),
            "{error}"
        );
    }
}
