//! Loads experiments by built-in name or from a file.

use super::experiment::Experiment;
use crate::options::builtin_profiles::about;
use crate::options::{help_lists, text_file};
use anyhow::{Context as _, Result, bail};
use std::fs::File;
use std::io::ErrorKind;

macro_rules! built_in {
    ($($name:literal),*) => {
        [$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/experiments/", $name, ".toml")))),*]
    };
}

/// The built-in experiments: name and text.
const BUILT_IN: [(&str, &str); 7] = built_in![
    "article",
    "latency",
    "concurrency",
    "errors",
    "tail",
    "overload",
    "threads-vs-async"
];

/// Loads an experiment by its built-in name or from a file.
pub(crate) fn load(name: &str) -> Result<Experiment> {
    if let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
        return Experiment::parse(text, name);
    }
    let file = match File::open(name) {
        Err(error) if error.kind() == ErrorKind::NotFound && !name.contains(['/', '.', '\\']) => {
            let known: Vec<_> = BUILT_IN.iter().map(|(known, _)| *known).collect();
            let known = known.join(", ");
            bail!("EXPERIMENT: unknown experiment `{name}`; known: {known}, or a file")
        }
        opened => opened.with_context(|| name.to_owned())?,
    };
    let text = text_file::read(file).with_context(|| name.to_owned())?;
    Experiment::parse(&text, name)
}

/// The built-in experiments, for `after_help`.
pub(crate) fn list() -> String {
    let entries = BUILT_IN.map(|(name, source)| help_lists::entry(17, name, about(source)));
    format!("Experiments (docs/experiments.md):\n{}", entries.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn every_built_in_experiment_is_valid_and_survives_a_round_trip() {
        for (name, text) in BUILT_IN {
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
    fn every_file_of_experiments_is_built_in() {
        let folder = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/experiments")).unwrap();
        let mut files: Vec<_> = folder
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let mut known: Vec<_> = BUILT_IN
            .iter()
            .map(|(name, _)| format!("{name}.toml"))
            .collect();
        known.sort();
        assert_eq!(files, known);
    }

    #[test]
    fn file_that_is_too_large_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "# a comment\n".repeat(100_000)).unwrap();
        let error = load(file.path().to_str().unwrap()).err().unwrap();
        let error = format!("{error:#}");
        assert!(
            error.ends_with("expected a file of at most 1048576 bytes"),
            "{error}"
        );
    }

    #[test]
    fn error_has_line_column_and_key() {
        for (text, start) in [
            (
                "sed = 1",
                "x.toml:1:1: sed: unknown key `sed`; did you mean `seed`?",
            ),
            (
                "[grid]\n  lanes = [1]",
                "x.toml:2:3: grid.lanes: unknown key `lanes`; known: ",
            ),
            (
                "[grid]\nstrategies = ['async', 'fast']",
                "x.toml:2:24: grid.strategies[1]: unknown strategy `fast`; known: ",
            ),
            ("rounds = 0", "x.toml:1:10: rounds: "),
            (
                "[policy]\nretris = 3",
                "x.toml:2:1: policy.retris: unknown key `retris`; known: ",
            ),
            ("fail_if = ['fast']", "x.toml:1:12: fail_if[0]: "),
        ] {
            let error = Experiment::parse(text, "x.toml").err().unwrap();
            assert!(error.to_string().starts_with(start), "{error}");
        }
    }

    #[test]
    fn old_name_of_grid_concurrency_is_accepted() {
        let experiment = Experiment::parse("[grid]\nmax_req = [5]", "x.toml").unwrap();
        assert_eq!(
            toml::to_string(&experiment.grid).unwrap(),
            "concurrency = [5]\n"
        );
    }
}
