//! Loads profiles (TOML files that say what a server does) by built-in name or from a file.

use super::{help_lists, text_file};
use anyhow::{Context as _, Result, anyhow, bail};
use flagpole_server::Profile;
use std::fs::File;
use std::io::ErrorKind;

macro_rules! built_in {
    ($($name:literal),*) => {
        [$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/profiles/", $name, ".toml")))),*]
    };
}

/// The built-in profiles: name and text.
const BUILT_IN: [(&str, &str); 9] = built_in![
    "book",
    "book-2015",
    "clean",
    "flaky",
    "wan",
    "mobile",
    "outage",
    "overload",
    "tail"
];

/// The built-in profiles, for `after_help`.
pub(crate) fn list() -> String {
    let entries = BUILT_IN.map(|(name, source)| help_lists::entry(12, name, about(source)));
    format!("Profiles (docs/profiles.md):\n{}", entries.concat())
}

/// The value of `about` in a built-in file, which is on the first line that is not a comment. The file is not parsed,
/// because every start of the command makes the help of every subcommand.
pub(crate) fn about(source: &str) -> &str {
    let first = source.lines().find(|line| !line.starts_with('#'));
    let quoted = first.and_then(|line| line.strip_prefix("about = \"")?.strip_suffix('"'));
    quoted.unwrap_or_default()
}

/// Loads a profile by its built-in name or from a file.
pub(crate) fn load(name: &str) -> Result<Profile> {
    if let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
        return Ok(text.parse().expect("a built-in profile is well formed"));
    }
    let is_path = name.contains(['/', '.', '\\']);
    let file = match File::open(name) {
        Err(error) if error.kind() == ErrorKind::NotFound && !is_path => {
            let known: Vec<_> = BUILT_IN.iter().map(|(known, _)| *known).collect();
            let known = known.join(", ");
            bail!("--profile: unknown profile `{name}`; known: {known}, or a file")
        }
        opened => opened.map_err(anyhow::Error::from),
    };
    let text = file
        .and_then(text_file::read)
        .context(format!("--profile: {name}"))?;
    text.parse()
        .map_err(|error| anyhow!("--profile: {name}:{error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn every_built_in_profile_is_valid_and_has_an_about() {
        for (name, text) in BUILT_IN {
            let profile: Profile = text
                .parse()
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(profile.about.as_deref(), Some(about(text)), "{name}");
        }
    }

    #[test]
    fn every_file_of_profiles_is_built_in() {
        let folder = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/profiles")).unwrap();
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
}
