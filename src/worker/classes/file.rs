//! The file of user classes: a table `[classes.NAME]` for each, with the keys of a load file.

use crate::load::scenario_file;
use crate::load::spec::LoadSpec;
use crate::options::built_in;
use anyhow::{Result, anyhow, bail};
use flagpole_server::config::location::describe_toml_error;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use toml::Spanned;

/// Keys of a load file that a class does not have, and why.
const DECIDED: [(&[&str], &str); 5] = [
    (
        &["concurrency", "stages", "rate"],
        "the master says how many users there are; `rate_per_user` is the rate of each",
    ),
    (
        &["requests", "duration", "warm_up", "grace"],
        "the master says when a run ends",
    ),
    (
        &["find_rate", "find_concurrency"],
        "a search decides the load itself; use `flagpole load`",
    ),
    (
        &["abort_if", "fail_if"],
        "a worker has only a part of the load; `flagpole merge --fail-if` judges the whole",
    ),
    (
        &["server", "profile"],
        "a worker starts no server; run `flagpole serve`",
    ),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassesFile {
    classes: BTreeMap<String, LoadSpec>,
}

/// Keys and values with their positions.
#[derive(Deserialize)]
struct Keys {
    classes: BTreeMap<String, BTreeMap<Spanned<String>, Spanned<toml::Value>>>,
}

/// Reads a file. Errors name file, line and column.
pub(super) fn read(name: &str) -> Result<BTreeMap<String, LoadSpec>> {
    let text = built_in::read_input(name).map_err(|error| anyhow!("URL|FILE: {error:#}"))?;
    let (mut classes, scenarios) = parse(&text).map_err(|error| anyhow!("{name}:{error}"))?;
    let folder = Path::new(name).parent().unwrap_or(Path::new(""));
    for spec in classes.values_mut() {
        spec.body_file = spec.body_file.take().map(|file| folder.join(file));
    }
    for (class, file) in scenarios {
        if let Some(spec) = classes.get_mut(&class) {
            // The base of paths is not known.
            let set = scenario_file::set_scenario(spec, &folder.join(file), true);
            set.map_err(|error| anyhow!("{name}: classes.{class}: scenario: {error:#}"))?;
        }
    }
    Ok(classes)
}

/// The names of classes, each with the path of its scenario.
type ScenarioPaths = Vec<(String, String)>;

/// The classes, and of those whose `scenario` is a path, the path: their scenarios are empty.
fn parse(text: &str) -> Result<(BTreeMap<String, LoadSpec>, ScenarioPaths)> {
    let described = |error: toml::de::Error| {
        anyhow!(
            "{}",
            describe_toml_error(text, error.span(), error.message())
        )
    };
    let keys: Result<Keys> = toml::from_str(text).map_err(described);
    let (without_paths, scenarios) = keys.as_ref().map_or_else(
        |_| (text.to_owned(), Vec::new()),
        |keys| take_paths(text, keys),
    );
    let file: ClassesFile = toml::from_str(&without_paths).map_err(described)?;
    for key in keys?.classes.values().flat_map(BTreeMap::keys) {
        let decided = DECIDED
            .iter()
            .find(|(keys, _)| keys.contains(&key.get_ref().as_str()));
        if let Some((_, why)) = decided {
            let message = format!("`{}` is no key of a user class: {why}", key.get_ref());
            bail!("{}", describe_toml_error(text, Some(key.span()), &message));
        }
    }
    if file.classes.is_empty() {
        bail!("1:1: expected a table such as `[classes.Reader]` for each user class, got none");
    }
    Ok((file.classes, scenarios))
}

/// Takes the paths of scenarios out of a text: empty tables of the same length, for the positions of what follows.
fn take_paths(text: &str, keys: &Keys) -> (String, ScenarioPaths) {
    let (mut text, mut paths) = (text.to_owned(), Vec::new());
    for (class, values) in &keys.classes {
        let scenario = values.iter().find(|(key, _)| key.get_ref() == "scenario");
        if let Some((_, value)) = scenario
            && let toml::Value::String(path) = value.get_ref()
        {
            let span = value.span();
            text.replace_range(span.clone(), &format!("{:<1$}", "{}", span.len()));
            paths.push((class.clone(), path.clone()));
        }
    }
    (text, paths)
}
