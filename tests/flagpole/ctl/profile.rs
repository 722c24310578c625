//! `flagpole ctl profile`.

use super::Controlled;
use crate::harness::Sandbox;
use std::fs;

#[test]
fn printed_profile_can_be_set_again() {
    let controlled = Controlled::new("5ms");
    for format in ["toml", "json"] {
        let printed = controlled.ctl(&["profile", "--format", format]);
        printed.assert_code(0);
        printed.assert_stdout_contains("5ms");
        let set = ["profile", "--set", "-", "--format", format];
        let again = controlled.ctl_with_input(&set, &printed.stdout);
        assert_eq!((again.code, again.stdout), (Some(0), printed.stdout));
    }
}

#[test]
fn profile_is_set_by_file_and_by_name() {
    let controlled = Controlled::new("5ms");
    let sandbox = Sandbox::new();
    let path = sandbox.path("mine.toml");
    fs::write(&path, "seed = 3\n[[listener]]\nlatency = \"7ms\"\n").unwrap();
    let output = controlled.ctl(&["profile", "--set", path.to_str().unwrap()]);
    output.assert_code(0);
    assert_eq!(controlled.server.seed(), 3);
    assert_eq!(controlled.server.listener().latency.to_string(), "7ms");
    controlled
        .ctl(&["profile", "--set", "clean"])
        .assert_code(0);
    assert!(controlled.server.listener().latency.is_zero());
}

#[test]
fn patch_changes_the_profile_or_one_listener() {
    let controlled = Controlled::new("5ms");
    let output = controlled.ctl(&["profile", "--patch", r#"{"seed":9}"#]);
    output.assert_stdout_contains("seed = 9\n");
    let port = controlled.server.addr().port().to_string();
    let patch = r#"{"latency":"8ms"}"#;
    let output = controlled.ctl(&["profile", "--patch", patch, "--listener", &port]);
    output.assert_stdout_contains("latency = \"8ms\"\n");
    assert_eq!(controlled.server.seed(), 9);
}

#[test]
fn refused_profile_changes_nothing_and_is_one_line() {
    let controlled = Controlled::new("5ms");
    let before = controlled.ctl(&["profile"]).stdout;
    for (words, line) in [
        (
            ["profile", "--set", "book"],
            "--set: book: expected 1 listener, got 3",
        ),
        (
            ["profile", "--set", "clen"],
            "--set: unknown profile `clen`; did you mean `clean`?",
        ),
        (["profile", "--patch", "{"], "--patch: expected JSON: "),
        (["profile", "--patch", r#"{"sead":1}"#], "--patch: "),
    ] {
        let output = controlled.ctl(&words);
        output.assert_code(2);
        output.assert_stderr_starts_with(&format!("flagpole: {line}"));
        assert_eq!((output.stderr.lines().count(), &*output.stdout), (1, ""));
    }
    assert_eq!(controlled.ctl(&["profile"]).stdout, before);
}
