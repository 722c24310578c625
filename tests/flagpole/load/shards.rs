//! `--shard`: several processes make the load of one.

use super::unix_seconds;
use crate::harness::{CommandOutput, RunningCommand, Sandbox};
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const TARGETS: &str =
    "/flags/br/br.gif\n{\"url\": \"/flags/us/us.gif\", \"weight\": 3}\n/flags/cn/cn.gif\n";

/// What a server was asked for and planned, and the schedule of the clients; both sorted.
#[derive(Debug, PartialEq)]
struct Load {
    /// Resource, request number, planned delay, fault.
    requests: Vec<String>,
    /// Request number in the run, resource, when it was due.
    schedule: Vec<String>,
}

/// Runs processes with these options at the same time against one server; `{url}` is the server.
fn run(processes: &[String]) -> Runs {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("targets"), TARGETS).unwrap();
    let latency = "--latency lognormal:p50=3ms,p99=30ms --fault 404@5% --fault reset@2%";
    let mut server = sandbox.start(&format!(
        "serve --port 0 --seed 7 --journal journal {latency}"
    ));
    let url = server.url();
    let start = |(number, options): (usize, &String)| {
        let options = options.replace("{url}", &url);
        sandbox.start(&format!(
            "load --quiet --format json --records {number}.jsonl --hlog {number}.hlog {options}"
        ))
    };
    let running: Vec<_> = processes.iter().enumerate().map(start).collect();
    let outputs: Vec<_> = running.into_iter().map(RunningCommand::finish).collect();
    server.signal(Signal::TERM);
    server.finish();
    let logs = (0..processes.len()).map(|number| format!("{number}.hlog"));
    let logs = logs.collect::<Vec<_>>().join(" ");
    let merged = sandbox.run(&format!("merge {logs} --format json"));
    let merged = serde_json::from_str(&merged.stdout).unwrap_or_else(|_| panic!("{merged}"));
    let keys = |file: &str, keys: &[&str], is_kept: fn(&Value) -> bool| {
        let text = fs::read_to_string(sandbox.path(file)).unwrap();
        let entries = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let entries = entries.filter(is_kept);
        let texts = entries.map(|entry| {
            let values = keys.iter().map(|key| entry[key].to_string());
            values.collect::<Vec<_>>().join(" ")
        });
        texts.collect::<Vec<_>>()
    };
    let planned = ["resource", "n", "planned_us", "fault"];
    let mut requests = keys("journal", &planned, |entry| entry["event"] == "begin");
    let schedule = (0..processes.len()).flat_map(|number| {
        let due = ["download", "resource", "due_us"];
        keys(&format!("{number}.jsonl"), &due, |_| true)
    });
    let mut schedule: Vec<_> = schedule.collect();
    requests.sort_unstable();
    schedule.sort_unstable();
    Runs {
        load: Load { requests, schedule },
        outputs,
        merged,
    }
}

/// What processes have done, their results, and the result of their logs.
struct Runs {
    load: Load,
    outputs: Vec<CommandOutput>,
    merged: Value,
}

impl Runs {
    fn have_started_together(&self) -> bool {
        let mut processes = self.merged["processes"].as_array().unwrap().iter();
        processes.all(|process| number(&process["starts_at_s"]) == 0)
    }

    /// How many requests the merged log has, and the schedule of its seconds.
    fn merged_schedule(&self) -> (u64, Vec<(u64, u64)>) {
        let seconds = self.merged["seconds"].as_array().unwrap().iter();
        let seconds = seconds.map(|second| (number(&second["start_us"]), number(&second["due"])));
        let due = seconds.filter(|(_, due)| *due > 0).collect();
        (number(&self.merged["figures"]["requests"]), due)
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value}"))
}

fn shards(options: &str, count: usize) -> Vec<String> {
    let options = |index| format!("{options} --shard {index}/{count}");
    (1..=count).map(options).collect()
}

#[test]
fn four_shards_make_the_schedule_and_the_requests_of_one_run() {
    for options in [
        "--urls targets {url} --rate 150/s -z 2s --arrivals poisson --order weighted --seed 9 --grace 20s --max-in-flight 400",
        "--urls targets {url} --stages 1s:0..200/s,500ms:100/s --order shuffled --seed 9 --grace 20s --max-in-flight 400",
        "--urls targets {url} --rate 300/s -n 203 --grace 20s --max-in-flight 400",
    ] {
        let whole = run(&[options.to_owned()]);
        let shards = run(&shards(options, 4));
        assert!(whole.load.requests.len() > 100, "{options}");
        assert_eq!(shards.load, whole.load, "{options}");
        assert_eq!(shards.merged["asked"], whole.merged["asked"]);
        assert_eq!(shards.merged["processes"].as_array().unwrap().len(), 4);
        let (requests, seconds) = shards.merged_schedule();
        let (of_whole, whole_seconds) = whole.merged_schedule();
        assert_eq!(requests, of_whole);
        // On a busy machine shards may start in different seconds.
        if shards.have_started_together() {
            assert_eq!(seconds, whole_seconds);
        }
        for output in shards.outputs {
            let document: Value = serde_json::from_str(&output.stdout).unwrap();
            assert_eq!(document["asked"]["shard"]["of"], 4, "{output}");
            let requests = number(&document["figures"]["requests"]);
            let due = whole.load.schedule.len() as u64;
            assert!(requests == due / 4 || requests == due / 4 + 1, "{output}");
        }
    }
}

/// Who of them makes a request depends on nothing else, but when it is due depends on earlier responses.
#[test]
fn closed_shards_divide_the_requests_without_a_rest() {
    let options = "--urls targets {url} -c 6 -n 203 --order weighted --seed 9";
    let whole = run(&[options.to_owned()]);
    let shards = run(&shards(options, 4));
    assert_eq!(whole.load.requests.len(), 203);
    assert_eq!(shards.load.requests, whole.load.requests);
    assert_eq!(shards.merged["figures"]["requests"], 203);
    let counts = shards.outputs.iter().map(|output| {
        let document: Value = serde_json::from_str(&output.stdout).unwrap();
        number(&document["figures"]["requests"])
    });
    assert_eq!(counts.collect::<Vec<_>>(), [51, 51, 51, 50]);
}

#[test]
fn environment_gives_the_shard_and_the_result_says_which() {
    let sandbox = Sandbox::new();
    let index = [("JOB_COMPLETION_INDEX", "1".as_ref())];
    // Nothing listens there, so that the run ends at once.
    let line = "load http://127.0.0.1:1/ -c 4 -n 4 --shard auto/4 --quiet --save saved.toml";
    let output = sandbox.start_with(line, &index).finish();
    let words: Vec<_> = output.stdout.split_whitespace().collect();
    let text = words.join(" ");
    assert!(text.contains("(shard 2 of 4), 1 of 4 requests"), "{output}");
    let saved = fs::read_to_string(sandbox.path("saved.toml")).unwrap();
    assert!(saved.contains("shard = \"auto/4\""), "{saved}");
}

#[test]
fn report_refuses_results_of_different_shards() {
    let sandbox = Sandbox::new();
    for shard in [1, 2] {
        sandbox.run(&format!(
            "load http://127.0.0.1:1/ -c 4 -n 4 --quiet --shard {shard}/2 --result {shard}.json"
        ));
    }
    let refused = sandbox.run("report 1.json 2.json");
    refused.assert_code(2);
    refused.assert_stderr_contains(
        "got 1.json of shard 1 of 2 and 2.json of shard 2 of 2; `flagpole report` adds up the interval logs",
    );
    sandbox.run("report 1.json 1.json").assert_code(0);
}

#[test]
fn run_starts_at_the_time_that_was_given_and_not_if_it_has_passed() {
    let sandbox = Sandbox::new();
    let start = unix_seconds() + 2;
    let run = |start| {
        sandbox.run(&format!(
            "load http://127.0.0.1:1/ -c 1 -n 1 --quiet --format json --start-at {start}"
        ))
    };
    let started = run(start);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    assert!(now >= Duration::from_secs(start), "{started}");
    let refused = run(start);
    refused.assert_code(2);
    refused.assert_stderr_starts_with("flagpole: --start-at: that time was ");
}
