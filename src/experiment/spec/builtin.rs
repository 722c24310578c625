//! The experiments that come with flagpole, and those in files.

use crate::experiment::spec::experiment::Experiment;
use crate::options::profile;
use anyhow::{Context as _, Result, bail};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{ErrorKind, Read as _};

/// By name.
const SHIPPED: [(&str, &str); 7] = [
    ("article", include_str!("../../../experiments/article.toml")),
    ("latency", include_str!("../../../experiments/latency.toml")),
    (
        "concurrency",
        include_str!("../../../experiments/concurrency.toml"),
    ),
    ("errors", include_str!("../../../experiments/errors.toml")),
    ("tail", include_str!("../../../experiments/tail.toml")),
    (
        "overload",
        include_str!("../../../experiments/overload.toml"),
    ),
    (
        "threads-vs-async",
        include_str!("../../../experiments/threads-vs-async.toml"),
    ),
];

/// The longest file that is read as an experiment, in bytes.
const LONGEST: u64 = 1 << 20;

/// The experiment of this name, or in this file.
pub(crate) fn named(name: &str) -> Result<Experiment> {
    if let Some((_, text)) = SHIPPED.iter().find(|(known, _)| *known == name) {
        return Experiment::read(text, name);
    }
    let file = match File::open(name) {
        Err(error) if error.kind() == ErrorKind::NotFound && !name.contains(['/', '.', '\\']) => {
            let known: Vec<_> = SHIPPED.iter().map(|(known, _)| *known).collect();
            bail!(
                "EXPERIMENT: unknown experiment `{name}`; known: {}, or a file",
                known.join(", ")
            )
        }
        opened => opened.with_context(|| name.to_owned())?,
    };
    let mut text = String::new();
    file.take(LONGEST)
        .read_to_string(&mut text)
        .with_context(|| name.to_owned())?;
    Experiment::read(&text, name)
}

/// The experiments, for the end of the help.
pub(crate) fn listed() -> String {
    let mut text = String::from("Experiments:\n");
    for (name, source) in SHIPPED {
        // Writing to a String can not fail.
        let _ = writeln!(text, "  {name:<17} {}", profile::about(source));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn every_shipped_experiment_can_be_run_and_says_what_it_shows() {
        for (name, text) in SHIPPED {
            let experiment = Experiment::read(text, name).unwrap();
            experiment
                .check()
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(experiment.about.as_deref(), Some(profile::about(text)));
            let again = toml::to_string(&experiment).unwrap();
            let back = Experiment::read(&again, name).unwrap();
            assert_eq!(toml::to_string(&back).unwrap(), again);
        }
    }

    #[test]
    fn every_file_of_experiments_is_shipped() {
        let folder = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/experiments")).unwrap();
        let mut files: Vec<_> = folder
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let mut known: Vec<_> = SHIPPED
            .iter()
            .map(|(name, _)| format!("{name}.toml"))
            .collect();
        known.sort();
        assert_eq!(files, known);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, told) in [
            (
                "sed = 1",
                "x.toml:1:1: sed: unknown field `sed`, expected one of",
            ),
            (
                "[grid]\n  lanes = [1]",
                "x.toml:2:3: grid.lanes: unknown field `lanes`",
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
            let error = Experiment::read(text, "x.toml").err().unwrap().to_string();
            assert!(error.starts_with(told), "{error}");
        }
    }
}
