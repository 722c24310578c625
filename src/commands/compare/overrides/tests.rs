//! What options replace in an experiment.

use super::*;
use crate::options::built_in::EXPERIMENTS;
use clap::{Args as _, Command, FromArgMatches as _};
use std::fs;

fn parse(line: &str) -> CompareArgs {
    let command = CompareArgs::augment_args(Command::new("compare"));
    let words = ["compare"].into_iter().chain(line.split_whitespace());
    CompareArgs::from_arg_matches(&command.get_matches_from(words)).unwrap()
}

/// The experiment as a file, in lines.
fn file(line: &str) -> String {
    let experiment = parse(line).experiment().unwrap();
    experiment.check().unwrap();
    toml::to_string(&experiment).unwrap()
}

/// The conditions of all cells.
fn conditions(experiment: &Experiment) -> Vec<Vec<(String, String)>> {
    let variants = experiment.strategy_variants().unwrap();
    let cells = experiment.cells(&variants, None);
    let conditions = cells.iter().map(|cell| {
        let listener = cell.listener().unwrap();
        cell.as_pairs(listener.as_ref())
    });
    conditions.collect()
}

#[test]
fn options_replace_the_values_of_an_experiment() {
    for (line, expected) in [
        ("article --flags all", "flags = 249"),
        ("article --times 3", "times = 3"),
        ("article --files metadata", "files = \"only-metadata\""),
        ("article --repeat 2", "rounds = 2"),
        ("concurrency -c 4,9", "concurrency = [4, 9]"),
        ("article --strategy per-core", "strategies = [\"per-core\"]"),
        ("tail --seed 9", "seed = 9"),
        ("tail", "seed = 7"),
        ("article --reference async", "reference = \"async\""),
        ("article --measure-overhead", "measure_overhead = true"),
        (
            "article --fail-if async.errors>0",
            "fail_if = [\"async.errors > 0\"]",
        ),
        ("article --latency 7ms", "[server]\nlatency = \"7ms\""),
        ("latency --latency 7ms,9ms", "latency = [\"7ms\", \"9ms\"]"),
        (
            "overload --fault 503@2%",
            "faults = [\"503@2%\"]\nconcurrency_limit = 8",
        ),
        ("article --rate-limit 9/s", "rate_limit = \"9/s\""),
        ("article --bandwidth 9kB/s", "bandwidth = \"9kB/s\""),
        ("article --accept-delay 5ms", "accept_delay = [\"5ms\"]"),
        (
            "overload --backoff 1ms..2ms",
            "[policy]\nretries = 10\nbackoff = \"1ms..2ms\"",
        ),
        ("tail --no-reuse", "[policy]\nno_reuse = true"),
        ("tail --retry-stale", "[policy]\nretry_stale = true"),
        (
            "tail --circuit-breaker 50%",
            "[policy]\ncircuit_breaker = \"50%\"",
        ),
    ] {
        let file = file(line);
        assert!(file.contains(expected), "{line}: {file}");
    }
}

#[test]
fn single_latency_profile_and_url_replace_the_latencies_of_the_grid() {
    for line in [
        "latency --latency 7ms",
        "latency --profile tail",
        "latency --listener DELAY",
        "latency --url http://127.0.0.1:9",
    ] {
        let file = file(line);
        assert!(!file.contains("latency = ["), "{line}: {file}");
    }
    assert!(file("latency --fault 404@1%").contains("latency = ["));
    let url = file("overload --url http://127.0.0.1:9");
    assert!(url.contains("url = \"http://127.0.0.1:9\"\n"), "{url}");
    assert!(
        !url.contains("profile") && !url.contains("[server]"),
        "{url}"
    );
}

#[test]
fn experiment_keeps_its_seed_under_a_profile() {
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("p.toml");
    fs::write(&profile, "seed = 5\n[[listener]]\n").unwrap();
    let profile = format!("--profile {}", profile.display());
    assert!(file(&profile).starts_with("seed = 5\n"));
    assert!(file(&format!("tail {profile}")).contains("\nseed = 7\n"));
    assert!(file(&format!("tail {profile} --seed 6")).contains("\nseed = 6\n"));
}

#[test]
fn profile_that_is_a_file_becomes_a_part_of_the_experiment() {
    let folder = tempfile::tempdir().unwrap();
    let [mine, profile] = ["mine.toml", "p.toml"].map(|name| folder.path().join(name));
    fs::write(&profile, "[[listener]]\nport = 9000\nlatency = '3ms'\n").unwrap();
    fs::write(&mine, format!("profile = '{}'\n", profile.display())).unwrap();
    let file = file(mine.to_str().unwrap());
    assert!(file.contains("[server]\nlatency = \"3ms\""), "{file}");
    assert!(
        !file.contains("profile") && !file.contains("\nport"),
        "{file}"
    );
}

#[test]
fn printed_experiment_has_the_same_cells_and_strategies() {
    for (name, _) in EXPERIMENTS.files {
        for options in [
            "",
            " --latency 7ms",
            " --fault 404@1% --flags 3 --retries 1",
        ] {
            let line = format!("{name}{options}");
            let experiment = parse(&line).experiment().unwrap();
            let text = toml::to_string(&experiment).unwrap();
            let back = Experiment::parse(&text, "mine.toml").unwrap();
            assert_eq!(conditions(&back), conditions(&experiment), "{line}");
            assert_eq!(back.concurrencies(), experiment.concurrencies(), "{line}");
            let variants = |experiment: &Experiment| -> Vec<_> {
                let variants = experiment.strategy_variants().unwrap().into_iter();
                variants
                    .map(|one| (one.name, one.policy.describe()))
                    .collect()
            };
            assert_eq!(variants(&back), variants(&experiment), "{line}");
            assert_eq!(toml::to_string(&back).unwrap(), text, "{line}");
        }
    }
}

#[test]
fn error_names_the_option_or_the_key_that_caused_it() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine.toml");
    let text =
        "times = 100\nurl = 'http://127.0.0.1:9'\n[grid]\nconcurrency = [5, 5]\n[policies.one]\n";
    fs::write(&mine, text).unwrap();
    let mine = mine.to_str().unwrap();
    let error = |options: &str| {
        let args = parse(&format!("{mine} {options}"));
        let checked = args
            .experiment()
            .and_then(|experiment| experiment.check().map_err(|error| args.name_cause(error)));
        checked.unwrap_err().to_string().replace(mine, "mine.toml")
    };
    let server = "needs flagpole's own server, but the experiment has a `url`; add `--profile`";
    for (options, expected) in [
        ("", "mine.toml: concurrency: duplicate `5`"),
        ("-c 4,4", "--concurrency: duplicate `4`"),
        ("--latency 5ms", &format!("--latency: {server}")),
        ("--latency 5ms,6ms", &format!("--latency: {server}")),
        ("--fault 404", &format!("--fault: {server}")),
        (
            "-c 4 --backoff 1ms..2ms",
            "--backoff: needs --retries (policy of sequential+one)",
        ),
        (
            "--flags all --files both --times 999",
            "--times: a run has at most 100000 downloads, got 497502",
        ),
        (
            "--profile clean --fault LOCAL=404",
            "--fault: the listener of profile `clean` has no name, got `LOCAL`",
        ),
        (
            "-c 4 --reference asink",
            "--reference: unknown strategy `asink`; known: async+one, sequential+one, threads+one",
        ),
    ] {
        assert_eq!(error(options), expected, "{options}");
    }
    fs::write(
        mine,
        "[policies.one]\nretries = 1\n[policies.two]\nretries = 2\n",
    )
    .unwrap();
    assert_eq!(
        error("--retries 3"),
        "--retries: every policy of the experiment has its own `retries`"
    );
    let args = parse("article --fault WEST=404");
    let error = args.experiment().err().unwrap().to_string();
    assert_eq!(
        error,
        "--fault: the server of the experiment is not named `WEST`; remove `WEST=`"
    );
}

#[test]
fn a_list_of_paths_and_flags_replace_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let [list, saved] = ["list.txt", "saved.toml"].map(|name| folder.path().join(name));
    fs::write(&list, "/a\n/b\n").unwrap();
    let (list, saved) = (list.display(), saved.display());
    let url = "--url http://127.0.0.1:1";
    let text = file(&format!("article {url} --urls {list}"));
    assert!(text.contains("\nurls = [\"/a\", \"/b\"]\n"), "{text}");
    assert!(
        !text.contains("flags = ") && !text.contains("files = "),
        "{text}"
    );
    fs::write(saved.to_string(), text).unwrap();
    assert!(
        file(&format!("{saved} --urls {list}")).contains("\nurls = "),
        "it has a `url`"
    );
    for (option, expected) in [
        ("--flags 3", "flags = 3"),
        ("--files both", "files = \"both\""),
    ] {
        let text = file(&format!("{saved} {option}"));
        assert!(
            text.contains(expected) && !text.contains("urls = "),
            "{text}"
        );
        assert!(
            text.contains("flags = ") && text.contains("files = "),
            "{text}"
        );
    }
    let error = parse(&format!("article --urls {list}"))
        .experiment()
        .err()
        .unwrap();
    let expected = "--urls: needs `--url`, the server to download from";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn error_names_the_threshold_that_caused_it() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine.toml");
    fs::write(
        &mine,
        "fail_if = ['async.errors > 0']\n[server]\nlatency = '5ms'\n",
    )
    .unwrap();
    let mine = mine.to_str().unwrap();
    for (options, expected) in [
        (
            "--fail-if fast.errors>0",
            "--fail-if: `fast.errors > 0`: unknown strategy `fast`; known: async, sequential, threads",
        ),
        (
            "--strategy threads --fail-if threads.errors>0",
            "mine.toml: fail_if: `async.errors > 0`: unknown strategy `async`; known: threads; `--strategy` replaced \
             the others",
        ),
    ] {
        let args = parse(&format!("{mine} {options}"));
        let error = args.experiment().unwrap().check().unwrap_err();
        let error = args.name_cause(error).to_string();
        assert_eq!(error.replace(mine, "mine.toml"), expected);
    }
}
