//! Help, lists, manual pages and completions.

use crate::harness::{Sandbox, flagpole};
use flagpole_client::strategy;
use std::fs;
use std::path::Path;
use std::process::Command;

const COMMANDS: [&str; 7] = [
    "serve",
    "fate",
    "get",
    "compare",
    "strategies",
    "completions",
    "man",
];

#[test]
fn strategies_lists_every_strategy() {
    let output = flagpole("strategies");
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
    for strategy in strategy::ALL {
        let line = format!("\n  {:<20} {} (", strategy.name(), strategy.about());
        output.assert_stdout_contains(&line);
    }
}

#[test]
fn every_command_has_help_examples_and_a_man_page() {
    for command in COMMANDS {
        let help = flagpole(&format!("{command} --help"));
        assert_eq!(
            (help.code, help.stderr.as_str()),
            (Some(0), ""),
            "{command}"
        );
        let example = format!("Examples:\n  flagpole {command}");
        help.assert_stdout_contains(&example);
        let page = flagpole(&format!("man {command}"));
        assert!(!page.stdout.contains(".SH EXTRA"), "{page}");
        let example = format!("\n.SS Examples\n.nf\n  flagpole {command}");
        page.assert_stdout_contains(&example);
        let title = format!("\n.TH flagpole-{command} 1 ");
        assert!(
            page.stdout.contains(&title) && page.stdout.contains("\"flagpole 0."),
            "{page}"
        );
        page.assert_stdout_contains(&format!("\n.SH NAME\nflagpole\\-{command} \\- "));
        page.assert_stdout_contains("\n.SH EXIT STATUS\n");
        page.assert_stdout_contains("\n.SH SEE ALSO\n.BR flagpole (1),\n");
    }
    let page = flagpole("man").stdout;
    let names_all = |command| page.contains(&format!(".BR flagpole\\-{command} (1)"));
    assert!(
        page.contains("\n.TH flagpole 1 ") && COMMANDS.iter().all(names_all),
        "{page}"
    );
}

#[test]
fn synopsis_has_values_and_then_positional_arguments() {
    let page = flagpole("man get");
    page.assert_stdout_contains("[\\fB\\-c\\fR|\\fB\\-\\-concurrency\\fR \\fIN\\fR]\n");
    page.assert_stdout_contains("[\\fICC\\fR]...\n.hy\n");
    assert_eq!(flagpole("man help").stdout, flagpole("man").stdout);
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
        let mut lines = faults.lines().skip_while(|line| !line.starts_with(' '));
        let is_indented =
            |line: &str| line.starts_with("  ") && line.chars().count() <= width.parse().unwrap();
        assert!(lines.all(is_indented), "{width}: {faults}");
    }
}

#[test]
fn policy_heading_lists_only_policy_options() {
    let help = flagpole("get --help").stdout;
    let (others, policy) = help.split_once("\nPolicy:\n").unwrap();
    for option in ["--records", "--format", "--verbose", "--resume"] {
        assert!(
            others.contains(option) && !policy.contains(&format!("      {option}")),
            "{help}"
        );
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
        ("compare --files ", "flags metadata both"),
        ("compare art", "article"),
        ("compare mi", "mine.toml"),
        ("serve --profile fl", "flaky"),
        ("serve --profile mi", "mine.toml"),
        ("serve --listener ", "LOCAL DELAY ERROR"),
        ("fate --format j", "json"),
        ("man st", "strategies"),
    ] {
        assert_eq!(completions(words).join(" "), expected, "{words}");
    }
}

#[cfg(unix)]
#[test]
fn bash_accepts_its_completions() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("c"), flagpole("completions bash").stdout).unwrap();
    let script = "source ./c; COMP_WORDS=(flagpole get --strategy seq) COMP_CWORD=3; \
                  PATH=$BIN:$PATH _clap_complete_flagpole flagpole seq --strategy; echo ${COMPREPLY[@]}";
    let bin = Path::new(env!("CARGO_BIN_EXE_flagpole")).parent().unwrap();
    let bash = Command::new("bash")
        .args(["-c", script])
        .env("BIN", bin)
        .current_dir(sandbox.path(""))
        .output();
    let Ok(output) = bash else {
        println!("skipped: there is no bash");
        return;
    };
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "sequential\n",
        "{output:?}"
    );
    assert!(output.stderr.is_empty(), "{output:?}");
}
