//! What the users of each class request: from a file with a table for each class, or from URLs, which are those of every class.
//! The numbers of users, the length of a run and the base of paths come from the master.

mod file;
mod master_options;

use super::user_load::RunSettings;
use crate::load::spec::LoadSpec;
use crate::load::targets;
use crate::options::names;
use anyhow::{Context as _, Result, anyhow, bail};
use std::collections::BTreeMap;

/// Where paths belong while classes are checked. Where they will belong is not known then, and does not matter.
const ANY_HOST: &str = "http://127.0.0.1";

/// The user classes of a worker.
pub(crate) enum UserClasses {
    /// Those of a file, by name.
    File {
        file: String,
        classes: BTreeMap<String, LoadSpec>,
    },
    /// Every class requests the same.
    Every(Box<LoadSpec>),
}

impl UserClasses {
    /// Reads and checks a file.
    pub(crate) fn load(name: &str) -> Result<UserClasses> {
        let classes = file::read(name)?;
        for (class, spec) in &classes {
            check(spec).with_context(|| format!("{name}: classes.{class}"))?;
        }
        Ok(UserClasses::File {
            file: name.to_owned(),
            classes,
        })
    }

    /// The users of every class request these URLs, or paths of the master's host; `/` if there are none.
    pub(crate) fn from_urls(urls: Vec<String>) -> Result<UserClasses> {
        let spec = LoadSpec {
            urls,
            ..LoadSpec::default()
        };
        check(&spec)?;
        Ok(UserClasses::Every(Box::new(spec)))
    }

    /// What the users of the master's classes request in a run, by class.
    pub(super) fn of_run(&self, settings: &RunSettings) -> Result<BTreeMap<String, LoadSpec>> {
        let mut of_run = BTreeMap::new();
        for name in &settings.user_classes {
            let spec = master_options::apply(self.class(name)?, settings)
                .and_then(|spec| check(&spec).map(|()| spec))
                .with_context(|| format!("class `{name}`"))?;
            of_run.insert(name.clone(), spec);
        }
        Ok(of_run)
    }

    /// The classes that the master does not name, and that therefore have no users.
    pub(super) fn without_users(&self, settings: &RunSettings) -> Vec<String> {
        match self {
            UserClasses::Every(_) => Vec::new(),
            UserClasses::File { classes, .. } => {
                let names = classes.keys();
                let names = names.filter(|name| !settings.user_classes.contains(name));
                names.cloned().collect()
            }
        }
    }

    fn class(&self, name: &str) -> Result<&LoadSpec> {
        match self {
            UserClasses::Every(spec) => Ok(spec),
            UserClasses::File { file, classes } => {
                if let Some(spec) = classes.get(name) {
                    return Ok(spec);
                }
                let known: Vec<_> = classes.keys().map(String::as_str).collect();
                bail!(
                    "{file}: no `[classes.{name}]`, whose users the master spawns; there is {}",
                    known.join(", ")
                )
            }
        }
    }
}

/// Checks the options of a class against each other, and its targets.
fn check(spec: &LoadSpec) -> Result<()> {
    let checked = spec.check();
    checked.map_err(|error| anyhow!("{}", names::with_keys(&format!("{error:#}"))))?;
    let mut located = spec.clone();
    located.base.get_or_insert_with(|| ANY_HOST.to_owned());
    targets::parse(&located, None)?;
    Ok(())
}

#[cfg(test)]
mod tests;
