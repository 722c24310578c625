//! The commands of docs/distributed.md and examples/locust have options that exist, and the file of user classes can be read.

use crate::harness::flagpole;
use std::fs;
use std::path::{Path, PathBuf};

const SUBCOMMANDS: [&str; 4] = ["load", "worker", "merge", "serve"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The page and all files of the folder, with their texts.
fn files() -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(root().join("examples/locust")).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.is_file());
    let page = root().join("docs/distributed.md");
    let with_text = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text)
    };
    files.chain([page]).map(with_text).collect()
}

/// The commands of a file, as lines: continued lines, and those of a text of YAML (`>-`), are joined.
fn command_lines(path: &Path, text: &str) -> Vec<String> {
    let is_yaml = path
        .extension()
        .is_some_and(|extension| extension == "yaml");
    let text = text.replace("\\\n", " ");
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = line.trim_start_matches("# ");
        let continues = is_yaml && line.trim_start().starts_with("--") && !lines.is_empty();
        match lines.last_mut() {
            Some(last) if continues => last.extend([" ", line.trim()]),
            _ => lines.push(line.to_owned()),
        }
    }
    lines.retain(|line| !line.trim_start().starts_with("#SBATCH"));
    let commands = lines.iter().flat_map(|line| commands(line));
    commands.collect()
}

/// What follows `flagpole` in a line, up to the end of the command.
fn commands(line: &str) -> Vec<String> {
    let starts = line
        .match_indices("flagpole ")
        .map(|(start, name)| start + name.len());
    let rests = starts.map(|start| &line[start..]);
    let rests = rests.filter(|rest| {
        SUBCOMMANDS
            .iter()
            .any(|name| rest.starts_with(&format!("{name} ")))
    });
    let command = |rest: &str| {
        let end = rest
            .find(['`', '|', '&', '>', ';', '#'])
            .unwrap_or(rest.len());
        // The end of a text that a shell gets.
        let end = rest
            .find("' shard")
            .or(rest.find("\" \"$"))
            .unwrap_or(end)
            .min(end);
        rest[..end].trim().to_owned()
    };
    rests.map(command).collect()
}

/// The words of a command, with values where variables and placeholders are.
fn words(command: &str) -> Vec<String> {
    let words = command.split_whitespace();
    let mut words: Vec<_> = words
        .map(|word| word.replace(['"', '\'', '\\'], ""))
        .collect();
    words.retain(|word| {
        word != "URL..." && !word.starts_with("${") && word != "N" && !word.is_empty()
    });
    for index in 1..words.len() {
        let is_placeholder = words[index].contains('$') || words[index] == "I/N";
        let value = match words[index - 1].as_str() {
            "--start-at" => "4102444800",
            "--shard" if is_placeholder => "1/4",
            _ => continue,
        };
        value.clone_into(&mut words[index]);
    }
    words
}

#[test]
fn commands_have_options_that_exist() {
    let mut count = 0;
    for (path, text) in files() {
        for command in command_lines(&path, &text) {
            // Help is shown where all words before it are understood.
            let output = flagpole(&format!("{} --help", words(&command).join(" ")));
            assert_eq!(
                output.code,
                Some(0),
                "{}: {command}: {output}",
                path.display()
            );
            count += 1;
        }
    }
    assert!(count >= 15, "only {count} commands were found");
}
