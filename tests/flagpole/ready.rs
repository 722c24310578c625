//! How programs learn where `flagpole serve` listens and when it has stopped.

use crate::harness::{RunningCommand, Sandbox, flagpole, wait_until};
use crate::servers::RawClient;
use serde_json::Value;
use std::fs;
use std::net::TcpListener;

fn line(process: &mut RunningCommand) -> Value {
    let line = process.stdout_line();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

fn request(url: &str) {
    let mut client = RawClient::connect(url);
    client.send_requests(1);
    client.read_status();
}

#[test]
fn json_has_a_line_when_ready_and_one_at_the_end() {
    let mut process = Sandbox::new().start("serve --profile book --port 0 --seed 7 --format json");
    let ready = line(&mut process);
    assert_eq!(
        (&ready["event"], &ready["seed"]),
        (&"ready".into(), &7.into())
    );
    assert_eq!(
        ready["site"],
        serde_json::json!({"folder": null, "flags": 249, "files": 498})
    );
    let listeners = ready["listeners"].as_array().unwrap();
    let names: Vec<_> = listeners.iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["LOCAL", "DELAY", "ERROR"]);
    let url = listeners[0]["url"].as_str().unwrap();
    assert_eq!(url, format!("http://127.0.0.1:{}/", listeners[0]["port"]));
    request(url);
    let process = stop(process);
    process.assert_code(0);
    let stopped: Value = serde_json::from_str(&process.stdout).unwrap();
    assert_eq!(stopped["event"], "stopped");
    assert_eq!(stopped["listeners"][0]["url"], url);
    assert_eq!(stopped["listeners"][0]["ledger"]["by_status"]["200"], 1);
    assert_eq!(stopped["listeners"][1]["ledger"]["requests"], 0);
}

#[cfg(unix)]
fn stop(process: RunningCommand) -> crate::harness::CommandOutput {
    process.signal(rustix::process::Signal::TERM);
    process.finish()
}

/// The lines of the journal come between those of the server.
#[cfg(unix)]
#[test]
fn journal_and_events_share_standard_output() {
    let mut process = Sandbox::new().start("serve --port 0 --format json --journal -");
    let ready = line(&mut process);
    assert_eq!(ready["event"], "ready");
    request(ready["listeners"][0]["url"].as_str().unwrap());
    let output = stop(process);
    output.assert_code(0);
    let lines = output.stdout.lines();
    let lines: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let (stopped, journal) = lines.split_last().unwrap();
    assert_eq!(stopped["event"], "stopped");
    assert!(
        !journal.is_empty()
            && journal
                .iter()
                .all(|one| one["resource"] == "/flags/br/br.gif")
    );
}

#[test]
fn port_file_appears_whole_and_replaces_that_of_an_earlier_server() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("ports"), "1\n2\n3\n").unwrap();
    let mut process = sandbox.start("serve --profile book --port 0 --port-file ports");
    let mut text = String::new();
    wait_until("the file is new", || {
        text = fs::read_to_string(sandbox.path("ports")).unwrap_or_default();
        !text.is_empty() && !text.starts_with("1\n")
    });
    let ports: Vec<u16> = text.lines().map(|port| port.parse().unwrap()).collect();
    assert_eq!(ports.len(), 3);
    request(&format!("http://127.0.0.1:{}/", ports[0]));
    assert_eq!(process.url(), format!("http://127.0.0.1:{}/", ports[0]));
}

#[test]
fn port_file_of_an_earlier_server_is_gone_when_the_server_cannot_start() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("ports"), "1\n").unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let output = sandbox.run(&format!("serve --port {port} --port-file ports"));
    output.assert_code(2);
    assert!(!sandbox.path("ports").exists());
}

#[cfg(unix)]
#[test]
fn file_descriptor_gets_the_ready_line_and_is_closed() {
    let sandbox = Sandbox::new();
    let mut mkfifo = std::process::Command::new("mkfifo");
    mkfifo.arg(sandbox.path("ready"));
    assert!(mkfifo.status().unwrap().success());
    let _process = sandbox.start_after("exec 7>ready", "serve --port 0 --ready-fd 7");
    // Ends only when the server has closed its end.
    let text = fs::read_to_string(sandbox.path("ready")).unwrap();
    let ready: Value = serde_json::from_str(&text).unwrap();
    assert!(text.ends_with("}\n"), "{text}");
    request(ready["listeners"][0]["url"].as_str().unwrap());
}

#[test]
fn localhost_is_served_on_both_families() {
    let mut process = Sandbox::new().start("serve --port 0 --addr localhost --format json");
    let ready = line(&mut process);
    let urls = ready["listeners"][0]["urls"].as_array().unwrap();
    let families = 1 + usize::from(TcpListener::bind("[::1]:0").is_ok());
    assert_eq!(urls.len(), families);
    for url in urls {
        request(url.as_str().unwrap());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn greeting_has_urls_that_work() {
    for (options, url, listening) in [
        (
            "--addr 0.0.0.0",
            "http://127.0.0.1:",
            "all IPv4 addresses of this machine",
        ),
        (
            "--addr 127.0.0.2,127.0.0.3",
            "http://127.0.0.2:",
            "127.0.0.2 and 127.0.0.3",
        ),
    ] {
        let mut process = Sandbox::new().start(&format!("serve --port 0 {options}"));
        let found = process.url();
        assert!(found.starts_with(url), "{found}");
        request(&found);
        let mut text = String::new();
        while !text.contains("flagpole get") {
            text += &process.stdout_line();
        }
        assert!(
            text.contains(&format!("Listening on {listening}\n")),
            "{text}"
        );
        assert!(
            text.contains(&format!("curl -i {found}flags/br/br.gif\n")),
            "{text}"
        );
    }
}

#[test]
fn greeting_suggests_the_first_listener_without_delay_and_faults() {
    let sandbox = Sandbox::new();
    let slow = "[[listener]]\nname = 'SLOW'\nlatency = '5s'\n[[listener]]\nname = 'QUICK'\n";
    fs::write(sandbox.path("p.toml"), slow).unwrap();
    fs::create_dir_all(sandbox.path("site/de")).unwrap();
    fs::write(sandbox.path("site/de/de.gif"), "GIF89a").unwrap();
    let mut process = sandbox.start("serve --port 0 --profile ./p.toml --site site");
    let mut text = String::new();
    while !text.contains("flagpole get") {
        text += &process.stdout_line();
    }
    assert!(
        text.starts_with("Serving site: 1 flag, 1 file (seed 0; "),
        "{text}"
    );
    let quick = text.lines().find_map(|line| line.strip_prefix("  QUICK  "));
    let quick = quick
        .and_then(|line| line.strip_suffix("flags/  clean"))
        .unwrap();
    assert!(
        text.contains(&format!("\n  curl -i {quick}flags/de/de.gif\n")),
        "{text}"
    );
}

#[cfg(unix)]
mod parent {
    use super::*;

    /// Starts a server from a shell that writes its process id, and returns it with the id of the shell.
    fn server_of_shell(sandbox: &Sandbox, setup: &str) -> RunningCommand {
        let line = "serve --port 0 --format json --exit-with-parent";
        sandbox.start_shell(&format!(
            "{setup} {} {line} & wait",
            crate::harness::FLAGPOLE
        ))
    }

    #[test]
    fn server_stops_when_its_parent_is_killed() {
        let sandbox = Sandbox::new();
        let mut shell = server_of_shell(&sandbox, "");
        assert_eq!(line(&mut shell)["event"], "ready");
        shell.kill();
        // The server has the other end of this pipe.
        assert_eq!(line(&mut shell)["event"], "stopped");
        assert_eq!(shell.stderr_line(), "The parent process has ended\n");
    }

    #[test]
    fn server_goes_on_while_its_parent_lives() {
        let sandbox = Sandbox::new();
        let mut shell = server_of_shell(&sandbox, "");
        let ready = line(&mut shell);
        std::thread::sleep(std::time::Duration::from_millis(300));
        request(ready["listeners"][0]["url"].as_str().unwrap());
    }
}

#[test]
fn bad_values_are_refused_with_one_line() {
    for (options, error) in [
        (
            "--addr localhost:80",
            "--addr: expected an IP address or a host name, such as ",
        ),
        (
            "--addr 127.0.0.1,",
            "--addr: expected an IP address or a host name, such as ",
        ),
        (
            "--port-file none/x",
            "--port-file: none/x: No such file or directory",
        ),
        (
            "--port-file -",
            "--port-file: expected a file (standard output carries the result), got `-`",
        ),
        (
            "--ready-fd 1",
            "--ready-fd: expected a file descriptor from 3, got `1`; ",
        ),
        (
            "--ready-fd 99",
            "--ready-fd: expected a file descriptor that is open for writing, got `99`",
        ),
    ] {
        let output = flagpole(&format!("serve --port 0 {options}"));
        output.assert_code(2);
        output.assert_stderr_starts_with(&format!("flagpole: {error}"));
        assert_eq!((output.stderr.lines().count(), &*output.stdout), (1, ""));
    }
}
