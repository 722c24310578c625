//! Invalid input is refused before anything else happens.

use crate::harness::Sandbox;
use std::fs;

/// Asserts that the command is refused with one line that starts with `sentence`, and changes no
/// file.
fn refused(line: &str, sentence: &str) {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("file"), "old").unwrap();
    let output = sandbox.run(line);
    let is_one_line = output.stderr.ends_with('\n') && output.stderr.lines().count() == 1;
    let expected = format!("flagpole: {sentence}");
    assert!(
        is_one_line && output.stderr.starts_with(&expected),
        "{line}: {output}"
    );
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (Some(2), ""),
        "{line}"
    );
    let count = fs::read_dir(sandbox.path("")).unwrap().count();
    assert_eq!(count, 1, "{line}: a file was created");
    assert_eq!(fs::read(sandbox.path("file")).unwrap(), b"old", "{line}");
}

#[test]
fn invalid_input_is_refused_without_side_effects() {
    for (line, sentence) in [
        (
            "get --dest file",
            "--dest: cannot write to the folder `file`: ",
        ),
        (
            "get --dest file --records file",
            "--dest: cannot write to the folder `file`: ",
        ),
        (
            "get --dest file --records new",
            "--dest: cannot write to the folder `file`: ",
        ),
        (
            "get --records missing/x",
            "--records: cannot write `missing/x`: ",
        ),
        ("get --records .", "--records: cannot write `.`: "),
        ("get --records file/x", "--records: cannot write `file/x`: "),
        (
            "get --url http://nowhere.invalid",
            "--url: cannot look up the host `nowhere.invalid`",
        ),
        ("get --retries -1", "--retries: expected 0 to 100, got `-1`"),
        (
            "get --max-redirects 101",
            "--max-redirects: expected 0 to 100, got `101`",
        ),
        (
            "get --retry-status 404 --retries 1",
            "--retry-status: 404 is not retried",
        ),
        (
            "get --hedge p95 -m 1",
            "--hedge: needs a concurrency of at least 2, got 1",
        ),
        (
            "get --hedge p95 --strategy sequential",
            "--hedge: needs a concurrency of at least 2, got 1",
        ),
        ("get --backoff 1s..2s", "--backoff: needs --retries"),
        ("get --hedge-share 5%", "--hedge-share: needs --hedge"),
        (
            "get --timeout 25h",
            "--timeout: a duration is at most 24h, got `25h`",
        ),
        (
            "get --max-body 0",
            "--max-body: expected a whole number from 1, got `0`",
        ),
        (
            "get -a -e",
            "`-a` cannot be used with `-e`; see `flagpole get --help`",
        ),
        (
            "get --format xml",
            "--format: unknown value `xml`; known: text, json, csv",
        ),
        (
            "get --records -",
            "--records: expected a file (standard output carries the result), got `-`; for a file of that name use `./-`",
        ),
        (
            "completions tcsh",
            "SHELL: unknown value `tcsh`; known: bash, ",
        ),
        (
            "man frob",
            "TOPIC: unknown value `frob`; known: serve, fate, get, compare, ",
        ),
    ] {
        refused(line, sentence);
    }
}
