//! `flagpole get` to a small file system of its own (tmpfs in a mount namespace), which fills up.

use crate::harness::{CommandOutput, FLAGPOLE, Sandbox};
use crate::servers::server_with;
use flagpole_client::strategy;
use flagpole_fixtures::Catalog;
use flagpole_protocol::Resource;
use flagpole_server::BlockingServer;
use std::fs;
use std::path::PathBuf;

/// Runs `get --all` in a namespace in which the folder `small` is a file system of this size. Afterwards its files are in
/// `copy`. `None` if the system does not let this user mount a file system.
fn get(size: &str, server: &BlockingServer, options: &str) -> Option<(Sandbox, CommandOutput)> {
    let sandbox = Sandbox::new();
    let script = format!(
        "mkdir small copy; unshare -m true 2>/dev/null && as=-m || as=-rm
        unshare $as sh -c 'mount -t tmpfs -o size={size} none small || exit 77
        {FLAGPOLE} get --all --url {} {options}; code=$?
        cp -r small/. copy; exit $code'",
        server.url()
    );
    let output = sandbox.start_shell(&script).finish();
    if matches!(output.code, Some(77 | 127)) || output.stderr.contains("unshare failed") {
        println!("skipped: no file system can be mounted here: {output}");
        return None;
    }
    Some((sandbox, output))
}

/// The files that were saved, each of which must be the whole flag of its code.
fn saved(sandbox: &Sandbox) -> usize {
    let entries = fs::read_dir(sandbox.path("copy")).unwrap();
    let catalog = Catalog::embedded();
    let paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    for path in &paths {
        let name = path.file_name().unwrap().to_str().unwrap();
        let code = name
            .strip_suffix(".gif")
            .unwrap_or_else(|| panic!("{name} is no flag"));
        let flag = catalog.get(Resource::Flag(code.parse().unwrap()));
        assert_eq!(fs::read(path).unwrap(), *flag.unwrap(), "{name}");
    }
    paths.len()
}

#[test]
fn full_disk_ends_the_run_and_leaves_whole_files_only() {
    for strategy in strategy::ALL {
        let (name, server) = (strategy.name(), server_with("0", ""));
        let options = format!("--dest small --strategy {name}");
        let Some((sandbox, output)) = get("200k", &server, &options) else {
            return;
        };
        output.assert_code(1);
        let saved = saved(&sandbox);
        output.assert_stderr_ends_with(&format!(
            "\nflagpole: --dest: the disk is full: stopped after {saved} of 249 flags; free space and repeat with --resume\n"
        ));
        let requests = server.ledger().requests;
        assert!(saved > 0 && requests < 249, "{name}: {saved} of {requests}");
    }
}

#[test]
fn full_disk_leaves_no_unnamed_and_no_partial_file() {
    let cut = "cut:50%@40%";
    for (fault, options) in [
        ("", "--metadata"),
        (cut, "--resume"),
        (cut, "--resume --retries 3"),
    ] {
        let server = server_with("0", fault);
        let Some((sandbox, output)) = get("100k", &server, &format!("--dest small {options}"))
        else {
            return;
        };
        output.assert_code(1);
        output.assert_stderr_contains("\nflagpole: --dest: the disk is full: stopped after ");
        let entries = fs::read_dir(sandbox.path("copy")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let temporary: Vec<_> = names
            .filter(|name| name.starts_with(".flagpole-"))
            .collect();
        assert!(temporary.is_empty(), "{options}: {temporary:?}");
    }
}

#[test]
fn run_stops_when_no_record_can_be_written() {
    let server = server_with("5ms", "");
    let options = "-m 2 --records small/records.jsonl";
    let Some((sandbox, output)) = get("12k", &server, options) else {
        return;
    };
    output.assert_code(1);
    let saved = sandbox.saved().len();
    output.assert_stderr_ends_with(&format!(
        "\nflagpole: --records: `small/records.jsonl` is incomplete: the disk is full; stopped after {saved} of 249 flags\n"
    ));
    let records = fs::read_to_string(sandbox.path("copy/records.jsonl")).unwrap();
    assert!(records.ends_with('\n') && server.ledger().requests < 249);
    for line in records.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}
