//! Help, lists, manual pages and completions.

use crate::harness::{Sandbox, flagpole, snapshot};
use flagpole_client::strategy;
use rstest::rstest;
use std::fs;
use std::process::Command;

#[test]
fn strategies_lists_every_strategy() {
    let output = flagpole("strategies");
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
    for strategy in strategy::ALL {
        let line = format!("\n  {:<20} {} (", strategy.name(), strategy.about());
        output.assert_stdout_contains(&line);
    }
}

/// Standard output of a command that succeeds without a message.
fn text_of(line: &str) -> String {
    let output = flagpole(line);
    assert_eq!((output.code, &*output.stderr), (Some(0), ""), "{line}");
    output.stdout
}

#[test]
fn command_help() {
    snapshot!(text_of("--help"));
}

#[rstest]
fn subcommand_help(
    #[values(
        "serve",
        "fate",
        "get",
        "compare",
        "load",
        "worker",
        "merge",
        "report",
        "ctl",
        "strategies",
        "completions",
        "man"
    )]
    command: &str,
) {
    let help = text_of(&format!("{command} --help"));
    assert!(
        help.contains(&format!("Examples:\n  flagpole {command}")),
        "{help}"
    );
    snapshot!(named command, help);
}

#[rstest]
fn man_page(
    #[values(
        "serve",
        "fate",
        "get",
        "compare",
        "load",
        "worker",
        "merge",
        "report",
        "ctl",
        "strategies",
        "completions",
        "man"
    )]
    command: &str,
) {
    let page = text_of(&format!("man {command}"));
    assert!(
        page.contains(&format!("\n.TH flagpole-{command} 1 ")),
        "{page}"
    );
    assert!(
        page.contains(&format!("\n.SH NAME\nflagpole\\-{command} \\- ")),
        "{page}"
    );
    assert!(page.contains("\n.SH EXIT STATUS\n"), "{page}");
    assert!(
        page.contains("\n.SH SEE ALSO\n.BR flagpole (1),\n"),
        "{page}"
    );
    assert!(text_of("man").contains(&format!(".BR flagpole\\-{command} (1)")));
}

#[test]
fn synopsis_has_values_and_then_positional_arguments() {
    let page = flagpole("man get");
    page.assert_stdout_contains("[\\fB\\-c\\fR|\\fB\\-\\-concurrency\\fR \\fIN\\fR]\n");
    page.assert_stdout_contains("[\\fICC\\fR]...\n.hy\n");
    assert_eq!(text_of("man help"), text_of("man"));
}

#[test]
fn lists_of_the_help_have_a_hanging_indent_at_any_width() {
    for width in ["50", "80", "120"] {
        let output = Command::new(env!("CARGO_BIN_EXE_flagpole"))
            .args(["serve", "--help"])
            .env("COLUMNS", width)
            .output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        let (_, faults) = text.split_once("\nFaults (").unwrap();
        let (faults, _) = faults.split_once("\n\n").unwrap();
        let lines = faults.lines().skip_while(|line| !line.starts_with(' '));
        let lines: Vec<_> = lines.collect();
        let is_indented =
            |line: &str| line.starts_with("  ") && line.chars().count() <= width.parse().unwrap();
        let are_indented = lines.iter().all(|line| is_indented(line));
        assert!(lines.len() > 5 && are_indented, "{width}: {faults}");
    }
}

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = flagpole(&format!("completions {shell}"));
        assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
        output.assert_stdout_contains("FLAGPOLE_COMPLETE");
    }
}

/// The completions of the last word.
fn completions(words: &str) -> Vec<String> {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("mine.toml"), "").unwrap();
    fs::write(sandbox.path("other.json"), "").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_flagpole"))
        .env("FLAGPOLE_COMPLETE", "fish")
        .args(["--", "flagpole"])
        .args(words.split(' '))
        .current_dir(sandbox.path(""))
        .output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    let words = text.lines().map(|line| line.split('\t').next().unwrap());
    words.map(str::to_owned).collect()
}

#[test]
fn names_that_flagpole_knows_are_completed() {
    for (words, expected) in [
        ("se", "serve"),
        ("t", ""),
        ("get --strategy seq", "sequential"),
        (
            "compare --strategy async,thr",
            "async,threads async,thread-per-download",
        ),
        ("compare --format m", "markdown"),
        ("compare --reference seq", "sequential"),
        ("compare --files ", "flags metadata both"),
        ("compare art", "article"),
        ("compare mi", "mine.toml"),
        ("serve --profile fl", "flaky"),
        ("serve --profile mi", "mine.toml"),
        ("serve --listener ", "LOCAL DELAY ERROR"),
        ("fate --format j", "json"),
        ("load --arrivals p", "poisson"),
        ("load --order w", "weighted"),
        ("load --format c", "csv"),
        ("man st", "strategies"),
        ("ctl l", "ledger"),
        ("ctl profile --set fl", "flaky"),
    ] {
        assert_eq!(completions(words).join(" "), expected, "{words}");
    }
}

#[test]
fn missing_command_prints_help() {
    let output = flagpole("");
    assert_eq!((output.code, &*output.stdout), (Some(2), ""));
    output.assert_stderr_contains("Usage: flagpole <COMMAND>");
}
