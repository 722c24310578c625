//! Memory use, as Linux accounts it.

use crate::harness::{Sandbox, wait_until};
use crate::processes::memory;
use crate::servers::{RawClient, server_with};
use std::thread;
use std::time::Duration;

/// Connections that stay open, each after one request: fewer than half of the open files that every system allows.
const IDLE_CONNECTIONS: u64 = 400;

#[test]
fn concurrency_1000_stays_under_60_mb() {
    let peak = peak("--strategy async", 1000, "300ms");
    println!("get: at most {peak} KiB");
    assert!((1000..60_000).contains(&peak), "{peak} KiB");
}

/// The peak memory in KiB of a `get` of all codes, with all connections in use at the same time.
fn peak(options: &str, concurrency: usize, latency: &str) -> u64 {
    let (sandbox, server) = (Sandbox::new(), server_with(latency, ""));
    let line = format!("get -e -m {concurrency} --url {} {options}", server.url());
    let mut process = sandbox.start(&line);
    let mut peak = 0;
    while !process.has_exited() {
        peak = peak.max(memory(process.pid(), "VmHWM").unwrap_or(0));
        // Limits the CPU time of the observation.
        thread::sleep(Duration::from_millis(1));
    }
    let output = process.finish();
    let all = "249 flags downloaded\n427 not found\n";
    output.assert_stdout_starts_with(all);
    peak
}

/// Bytes per connection, with its share of all bodies.
fn bytes_per_connection(options: &str) -> u64 {
    // There are 676 codes. The high latency makes all requests wait at the same time.
    let (low, high) = (10, 676);
    let [low_peak, high_peak] = [peak(options, low, "1ms"), peak(options, high, "1s")];
    let bytes = high_peak.saturating_sub(low_peak) * 1024 / (high - low) as u64;
    println!(
        "get {options}: {low_peak} KiB at concurrency {low}, {high_peak} KiB at {high}: {bytes} bytes per connection"
    );
    bytes
}

#[test]
fn memory_per_connection_is_bounded() {
    // Limits in bytes for release and debug builds; debug builds need several times the stack. The
    // goal for threads is 40,000; they take 53,500.
    for (options, release, debug) in [
        ("--strategy async", 45_000, 45_000),
        ("--strategy per-core", 45_000, 45_000),
        ("--strategy threads", 56_000, 200_000),
    ] {
        let is_release = !cfg!(debug_assertions);
        let limit = if is_release { release } else { debug };
        let bytes = bytes_per_connection(options);
        assert!((1000..limit).contains(&bytes), "{options}: {bytes} bytes");
    }
}

#[test]
fn idle_connection_costs_the_server_under_14_kb() {
    let mut server = Sandbox::new().start("serve --port 0");
    let url = server.url();
    let open = |count| -> Vec<RawClient> {
        let open = |_| {
            let mut client = RawClient::connect(&url);
            client.send_requests(1);
            assert_eq!(client.read_status(), 200);
            client
        };
        (0..count).map(open).collect()
    };
    let _warm_up = open(20);
    let before = memory(server.pid(), "VmRSS").unwrap();
    let _open = open(IDLE_CONNECTIONS);
    let after = memory(server.pid(), "VmRSS").unwrap();
    let bytes = (after - before) * 1024 / IDLE_CONNECTIONS;
    println!("serve: {bytes} bytes per idle connection");
    assert!((1000..14_000).contains(&bytes), "{bytes} bytes");
}

#[test]
#[cfg_attr(
    not(target_env = "gnu"),
    ignore = "only glibc can be asked to return memory"
)]
fn memory_of_large_heads_is_returned_when_the_server_rests() {
    let mut server = Sandbox::new().start("serve --port 0");
    let url = server.url();
    let before = memory(server.pid(), "VmRSS").unwrap();
    let field = format!("X-Long: {}\r\n", "x".repeat(1000));
    let large = format!(
        "GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n{}\r\n",
        field.repeat(60)
    );
    let send = |_| {
        let mut client = RawClient::connect(&url);
        client.write(&large);
        assert_eq!(client.read_status(), 200);
        client
    };
    let open: Vec<_> = (0..400).map(send).collect();
    let peak = memory(server.pid(), "VmRSS").unwrap();
    assert!(peak > before + 20_000, "{before} KiB, then {peak} KiB");
    drop(open);
    wait_until("the memory is returned", || {
        memory(server.pid(), "VmRSS").unwrap() < before + (peak - before) / 4
    });
}
