//! The command on the page of a comparison repeats it.

use super::page;
use crate::compare::assert_code_of_verdict;
use crate::harness::Sandbox;
use serde_json::Value;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What a browser shows of this HTML.
fn unescaped(html: &str) -> String {
    let pairs = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ];
    let replace = |text: String, (escaped, letter): (&str, &str)| text.replace(escaped, letter);
    pairs.into_iter().fold(html.to_owned(), replace)
}

fn experiment(sandbox: &Sandbox, file: &str) -> Value {
    let result = fs::read_to_string(sandbox.path(file)).unwrap();
    let mut result: Value = serde_json::from_str(&result).unwrap();
    result["experiment"].take()
}

#[test]
fn command_on_the_page_repeats_the_comparison() {
    let sandbox = Sandbox::new();
    let line = "compare --latency 1ms --flags 3 --seed 7 --rounds 1 --strategy async --fault 500@20% --retries 1";
    assert_code_of_verdict(
        &sandbox.run(&format!("{line} --result one.json --html r.html")),
        0,
    );
    let html = page(&sandbox, "r.html");
    let (_, rest) = html.split_once("<pre tabindex=\"0\"><code>").unwrap();
    let command = unescaped(rest.split_once("</code>").unwrap().0);
    let folder = Path::new(env!("CARGO_BIN_EXE_flagpole")).parent().unwrap();
    let mut path = OsString::from(folder);
    path.push(":");
    path.push(env::var_os("PATH").unwrap());
    let command = command.trim_end().to_owned() + " --result other.json";
    let mut shell = Command::new("sh");
    let shell = shell.args(["-c", &command]).current_dir(sandbox.path("."));
    let output = shell.env("PATH", path).output().unwrap();
    // A busy machine makes the verdict INVALID.
    let code = output.status.code();
    assert!(
        [Some(0), Some(3)].contains(&code),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(
        experiment(&sandbox, "one.json"),
        experiment(&sandbox, "other.json")
    );
}
