//! Profiles: built in, or read from files.

use super::help_lists;
use anyhow::{Context as _, Result, anyhow, bail};
use flagpole_server::Profile;
use std::fs::File;
use std::io::{ErrorKind, Read as _};

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

/// The maximum size of a profile file, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// The built-in profiles, for `after_help`.
pub(crate) fn list() -> String {
    let entries = BUILT_IN.map(|(name, source)| help_lists::entry(12, name, about(source)));
    format!("Profiles (docs/profiles.md):\n{}", entries.concat())
}

/// The value of `about` in a built-in file: its first line that is not a comment. Every start of the command makes the
/// help of every subcommand, so nothing is parsed here.
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
    let text = file.and_then(read).context(format!("--profile: {name}"))?;
    text.parse()
        .map_err(|error| anyhow!("--profile: {name}:{error}"))
}

fn read(file: File) -> Result<String> {
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
