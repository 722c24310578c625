//! Options that contradict each other or have no effect, and bad files: one line each, and nothing else happens.

use crate::harness::snapshot;
use crate::refusals::refusals;

#[test]
fn load() {
    let url = "http://127.0.0.1:1/";
    let with_url = |options: &str| format!("load {url} {options}");
    let lines = [
        "",
        "-m POST",
        "-c 0",
        "-d 10s",
        "-t 4",
        "-q 100",
        "-k",
        "-R 2000",
        "--insecure",
        "--rate 100",
        "--rate 5/s -c 3",
        "--rate 5/s --think 1s",
        "--rate 5/s --stages 5s:1/s",
        "--stages 5s:1/s -n 3",
        "--stages 5s:1..5 -c 3",
        "--stages 5s",
        "--arrivals poisson",
        "--arrivals normal --rate 5/s",
        "--max-in-flight 5",
        "--seed 3",
        "--order shuffled",
        "-T text/plain",
        "-H x",
        "-H Content-Length:3",
        "-X CONNECT",
        "-d x -D file",
        "-D missing",
        "-D /dev/zero",
        "--unix-socket missing",
        "--latency 5ms",
        "--profile flaky",
        "--expect-status 20",
        "--expect-digest x",
        "--fail-if p99",
        "--fail-if p99/baseline>1.1",
        "--abort-if speed<3",
        "--find-rate p99<5ms --rate 5/s",
        "--find-rate p99<5ms --find-concurrency p99<5ms",
        "--find-concurrency p99<5ms -c 3",
        "--find-rate p99<5ms --records r",
        "--prometheus localhost",
        "--baseline empty.json",
        "--baseline other.json",
        "--format xml",
        "--result r --records r",
        "--records -",
        "--save missing/x",
        "--quiet --no-tui",
        "--shard 0/4",
        "--shard 5/4",
        "--shard 4/0",
        "--shard 2",
        "--shard auto",
        "--shard 1/4 -c 3",
        "--shard 1/4 -n 3",
        "--shard 1/4 --rate 5/s --max-in-flight 3",
        "--shard 1/4 --stages 5s:1..3",
        "--shard 1/4 --find-rate p99<5ms",
        "--start-at soon",
        "--print-experiment --save x",
    ];
    let mut lines: Vec<_> = lines
        .iter()
        .skip(1)
        .map(|options| with_url(options))
        .collect();
    for line in [
        "load",
        "load ftp://h/",
        "load https://127.0.0.1:1/",
        "load http://",
        "load nothing.toml",
        "load localhost:8000",
        "load --urls relative.txt",
        "load empty.toml",
        "load key.toml",
        "load per_user.toml",
        "load http://127.0.0.1:1/ nothing.toml",
        "load --urls comments.txt",
        "load --urls missing.txt",
        "load --urls relative.txt http://127.0.0.1:1 http://127.0.0.1:2",
        "load --scenario missing.toml",
        "load --scenario key.toml http://127.0.0.1:1",
        "load --scenario key.toml --urls relative.txt",
        "load --latency 5ms --listener X",
        "load --profile book",
        "load --latency 5ms --unix-socket x",
        "load /flags/br/br.gif",
        "load --shard 1/4 --latency 5ms",
        "load --shard 1/4 --profile flaky",
    ] {
        lines.push(line.to_owned());
    }
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    snapshot!(refusals(&lines));
}
