//! The rules of who may import whom, checked, so that they hold without anyone remembering them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The open sets: where their members are, and what makes a file a member.
const FAMILIES: [(&str, &str); 5] = [
    ("server/src/latency", "impl Distribution for"),
    ("server/src/fault", "impl Fault for"),
    ("client/src/strategy", "impl Strategy for"),
    ("client/src/transport", "impl Transport for"),
    ("client/src/report", "impl Report for"),
];

/// Where the client only thinks: files, and folders with all that is in them.
const PURE: [&str; 17] = [
    "agenda",
    "bound.rs",
    "comparison",
    "lanes.rs",
    "latencies.rs",
    "limit.rs",
    "metadata.rs",
    "outcome.rs",
    "plan.rs",
    "policy",
    "record.rs",
    "report",
    "resume",
    "save/name.rs",
    "save/part.rs",
    "tally.rs",
    "units.rs",
];

/// Folders that hold no source of ours.
const NO_SOURCE: [&str; 2] = ["target", "flags"];

const LONGEST: usize = 400;

struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    fn read(path: PathBuf) -> Source {
        let text = fs::read_to_string(&path).unwrap();
        Source { path, text }
    }

    fn stem(&self) -> &str {
        self.path.file_stem().unwrap().to_str().unwrap()
    }

    /// The text without comments: to speak of something is not to use it.
    fn code(&self) -> String {
        let lines = self.text.lines();
        let code = lines.map(|line| line.split("//").next().unwrap_or_default());
        code.collect::<Vec<_>>().join("\n")
    }

    /// Those of `words` that stand in the code, as whole words.
    fn mentions<'a>(&self, words: &[&'a str]) -> Vec<&'a str> {
        let code = self.code();
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        let stands = |word: &&&str| {
            code.match_indices(**word).any(|(start, _)| {
                !code[..start].ends_with(is_part)
                    && !code[start + word.len()..].starts_with(is_part)
            })
        };
        words.iter().filter(stands).copied().collect()
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files at a path of the repository, or below it.
fn sources(path: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join(path), &mut found);
    assert!(!found.is_empty(), "no source at `{path}`");
    found
}

fn collect(path: &Path, found: &mut Vec<Source>) {
    let name = path.file_name().unwrap().to_str().unwrap();
    if path.is_dir() {
        let entries = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let is_source = !name.starts_with('.') && !NO_SOURCE.contains(&name);
        if is_source || path == root() {
            entries.for_each(|entry| collect(&entry, found));
        }
    } else if Path::new(name).extension().is_some_and(|kind| kind == "rs") {
        found.push(Source::read(path.to_owned()));
    }
}

/// The members of a family: its mod.rs is none, nor are the files of which a member is made, which are in
/// a folder of its own.
fn members(folder: &str, mark: &str) -> Vec<Source> {
    let mut members = sources(folder);
    let is_direct = |source: &Source| source.path.parent() == Some(&root().join(folder));
    members.retain(|source| source.stem() != "mod" && is_direct(source));
    members.retain(|source| source.code().contains(mark));
    assert!(!members.is_empty(), "no members in `{folder}`");
    members
}

/// The crates of this workspace that a crate of it depends on, in whatever way.
fn dependencies(of: &str) -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    let cargo = cargo.args([
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ]);
    let output = cargo.current_dir(root()).output().unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages
        .iter()
        .find(|package| package["name"] == of)
        .unwrap();
    let names = package["dependencies"].as_array().unwrap().iter();
    names
        .filter_map(|dependency| dependency["name"].as_str())
        .filter(|name| name.starts_with("flagpole"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn server_and_client_share_the_fixtures_and_nothing_else() {
    let fixtures = BTreeSet::from(["flagpole-fixtures".to_owned()]);
    assert_eq!(dependencies("flagpole-server"), fixtures);
    assert_eq!(dependencies("flagpole-client"), fixtures);
    assert_eq!(dependencies("flagpole-fixtures"), BTreeSet::new());
    assert_eq!(dependencies("flagpole").len(), 3);
}

#[test]
fn latencies_and_faults_see_neither_the_network_nor_the_clock() {
    let forbidden = ["tokio", "hyper", "net", "Instant", "SystemTime"];
    for source in ["server/src/latency", "server/src/fault"]
        .map(sources)
        .iter()
        .flatten()
    {
        assert_eq!(
            source.mentions(&forbidden),
            [""; 0],
            "{}",
            source.path.display()
        );
    }
}

#[test]
fn the_client_thinks_without_network_files_and_clock() {
    let forbidden = ["tokio", "hyper", "net", "fs", "Instant", "SystemTime"];
    for source in PURE
        .iter()
        .flat_map(|name| sources(&format!("client/src/{name}")))
    {
        assert_eq!(
            source.mentions(&forbidden),
            [""; 0],
            "{}",
            source.path.display()
        );
    }
}

#[test]
fn members_of_a_family_never_import_each_other() {
    for (folder, mark) in FAMILIES {
        let members = members(folder, mark);
        let family = Path::new(folder).file_name().unwrap().to_str().unwrap();
        for (member, other) in members
            .iter()
            .flat_map(|m| members.iter().map(move |o| (m, o)))
        {
            let paths = [
                format!("super::{}", other.stem()),
                format!("{family}::{}", other.stem()),
            ];
            let found = member.mentions(&paths.each_ref().map(String::as_str));
            let is_itself = member.path == other.path;
            assert!(
                is_itself || found.is_empty(),
                "{}: {found:?}",
                member.path.display()
            );
        }
    }
}

#[test]
fn every_member_is_named_in_the_list_of_its_family() {
    for (folder, mark) in FAMILIES {
        let list = Source::read(root().join(folder).join("mod.rs")).code();
        let list = list
            .split("= &[")
            .nth(1)
            .and_then(|rest| rest.split("];").next());
        for member in members(folder, mark) {
            let name = format!("{}::", member.stem());
            assert!(
                list.unwrap().contains(&name),
                "{folder} does not list `{name}`"
            );
        }
    }
}

#[test]
fn every_file_says_first_what_it_is_for() {
    for source in sources("") {
        assert!(source.text.starts_with("//! "), "{}", source.path.display());
    }
}

#[test]
fn no_file_is_too_long_to_read() {
    for source in sources("") {
        let lines = source.text.lines().count();
        assert!(lines <= LONGEST, "{}: {lines} lines", source.path.display());
    }
}

#[test]
fn the_search_sees_whole_words_of_code_only() {
    let source = |text: &str| Source {
        path: PathBuf::from("x.rs"),
        text: text.to_owned(),
    };
    let words = ["tokio", "net", "super::other"];
    let uses = source("use std::net::TcpStream;\nuse tokio::time;\nuse super::other::Thing;");
    assert_eq!(uses.mentions(&words), words);
    let speaks = source("//! tokio\nlet internet = magnet; // super::other\nuse super::others;");
    assert_eq!(speaks.mentions(&words), [""; 0]);
}
