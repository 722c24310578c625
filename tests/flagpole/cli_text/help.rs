//! Help, lists, manual pages and completions.

use crate::harness::{Sandbox, flagpole};
use flagpole_client::strategy;
use std::fs;
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
    }
    let page = flagpole("man").stdout;
    let names_all = |command| page.contains(&format!("flagpole\\-{command}(1)"));
    assert!(
        page.contains("\n.TH flagpole 1 ") && COMMANDS.iter().all(names_all),
        "{page}"
    );
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
fn completions_include_commands_and_strategies() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = flagpole(&format!("completions {shell}"));
        assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
        assert!(
            COMMANDS.iter().all(|name| output.stdout.contains(name)),
            "{shell}"
        );
        assert!(
            !output.stdout.contains("trial"),
            "{shell} completes a hidden command"
        );
        let is_complete = strategy::ALL
            .iter()
            .all(|strategy| output.stdout.contains(strategy.name()));
        // elvish and powershell complete no values of options.
        assert!(
            is_complete || ["elvish", "powershell"].contains(&shell),
            "{shell}"
        );
    }
}

#[cfg(unix)]
#[test]
fn bash_accepts_its_completions() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("c"), flagpole("completions bash").stdout).unwrap();
    let script = "source ./c; COMP_WORDS=(flagpole get --strategy seq) COMP_CWORD=3; \
                  _flagpole flagpole seq --strategy; echo ${COMPREPLY[@]}";
    let bash = Command::new("bash")
        .args(["-c", script])
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
