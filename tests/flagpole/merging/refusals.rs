//! Files that are no logs, or damaged, are refused in one line with the file and the line.

use super::{text, two_logs};
use crate::harness::Sandbox;
use rstest::rstest;
use std::fs;

#[rstest]
#[case("missing.hlog", "missing.hlog: No such file")]
#[case(
    ".",
    ".: expected an interval log, got a folder; its logs are ./*.hlog"
)]
#[case(
    "a.json",
    "a.json:1: expected an interval log, got JSON; `flagpole report` reads results"
)]
#[case("empty", "empty: expected an interval log, got an empty file")]
#[case(
    "comments",
    "comments: expected an interval log, got one without any interval"
)]
#[case("page", "page:1: expected an interval log, got HTML or XML")]
#[case(
    "gzip",
    "gzip:1: expected an interval log, got a file that is compressed with gzip"
)]
#[case(
    "a.hlog -o a.hlog",
    "-o: expected another file than a.hlog, which it would replace"
)]
#[case(
    "a.hlog --result a.hlog",
    "--result: expected another file than a.hlog, which it would replace"
)]
#[case(
    "a.hlog -o x --html x",
    "--html: expected another file than that of --output"
)]
#[case(
    "a.hlog --fail-if p50/baseline>2",
    "--fail-if: `p50/baseline > 2`: needs --baseline"
)]
fn input_that_is_no_log_is_refused(#[case] arguments: &str, #[case] error: &str) {
    let sandbox = two_logs();
    for (name, content) in [
        ("empty", &b""[..]),
        ("comments", b"# nothing\n"),
        ("page", b"<html></html>\n"),
        ("gzip", b"\x1f\x8b\x08\0\0"),
    ] {
        fs::write(sandbox.path(name), content).unwrap();
    }
    let before = text(&sandbox, "a.hlog");
    let output = sandbox.run(&format!("merge {arguments}"));
    output.assert_code(2);
    output.assert_stderr_starts_with(&format!("flagpole: {error}"));
    assert_eq!((output.stderr.lines().count(), &*output.stdout), (1, ""));
    assert_eq!(text(&sandbox, "a.hlog"), before);
}

#[test]
fn damaged_line_is_named() {
    let sandbox = two_logs();
    let log = text(&sandbox, "a.hlog");
    let lines = log
        .lines()
        .filter(|line| !line.starts_with("Tag=lateness,"));
    let shorter = lines.collect::<Vec<_>>().join("\n") + "\n";
    fs::write(sandbox.path("a.hlog"), &shorter).unwrap();
    let at = 1 + shorter
        .lines()
        .position(|line| line.contains("flagpole interval"))
        .unwrap();
    let output = sandbox.run("merge a.hlog b.hlog");
    output.assert_code(2);
    output.assert_stderr_starts_with(&format!(
        "flagpole: a.hlog:{at}: the interval counts a histogram with the tag `lateness`"
    ));
}

#[rstest]
#[case("logs", "a folder; its logs are logs/*.hlog, its results logs/*.json")]
#[case("empty", "an empty file")]
#[case("program", "a binary file")]
#[case("result.json.gz", "a file that is compressed with gzip")]
fn report_says_what_it_got_in_place_of_a_result(#[case] file: &str, #[case] found: &str) {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("logs")).unwrap();
    for (name, content) in [
        ("empty", &b""[..]),
        ("program", b"\x7fELF\0\xff"),
        ("result.json.gz", b"\x1f\x8b\x08\0\0"),
    ] {
        fs::write(sandbox.path(name), content).unwrap();
    }
    let output = sandbox.run(&format!("report {file}"));
    output.assert_code(2);
    output.assert_stderr_starts_with(&format!(
        "flagpole: RESULT: {file}: expected a result that `--result` wrote, or an interval log (`--hlog`), got {found}"
    ));
    assert_eq!(output.stderr.lines().count(), 1, "{output}");
}

#[test]
fn report_names_the_log_that_it_cannot_read() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("a.hlog"), "hello\n").unwrap();
    let output = sandbox.run("report a.hlog");
    output.assert_code(2);
    output.assert_stderr_starts_with("flagpole: RESULT: a.hlog:1: expected a comment or");
}
