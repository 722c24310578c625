//! Policy options on the command line and in files.

use super::*;
use clap::Parser;
use flagpole_client::policy::HedgeDelay;
use std::time::Duration;

#[derive(Parser)]
struct PolicyCli {
    #[command(flatten)]
    policy: PolicyOptions,
}

fn options(line: &str) -> Result<PolicyOptions> {
    let words = ["get"].into_iter().chain(line.split_whitespace());
    Ok(PolicyCli::try_parse_from(words)?.policy)
}

fn parse(line: &str) -> Result<Policy> {
    options(line)?.policy(5)
}

fn read(text: &str) -> Result<PolicyOptions, toml::de::Error> {
    toml::from_str(text)
}

#[test]
fn no_options_make_the_default_policy() {
    assert_eq!(parse("").unwrap(), Policy::default());
}

#[test]
fn every_option_sets_its_field() {
    let policy = parse(
        "--timeout 5s --connect-timeout 1s --first-byte-timeout 2s --retries 3 \
         --backoff 10ms..1s --retry-after-max 7s --retry-status 500,503 --retry-budget 20% --hedge p95 \
         --hedge-share 5% --max-redirects 1 --no-reuse --retry-seed 7 --stall-timeout 3s --speed-limit 10kB/s \
         --speed-time 4s --retry-max-time 6s --circuit-breaker 50% --circuit-window 8 --circuit-open 9s",
    )
    .unwrap();
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!(policy.timeouts.total, seconds(5));
    assert_eq!(policy.timeouts.connect, seconds(1));
    assert_eq!(policy.timeouts.first_byte, seconds(2));
    assert_eq!(policy.timeouts.stall, seconds(3));
    let speed = SpeedLimit {
        bytes_per_second: 10_000,
        over: Duration::from_secs(4),
    };
    assert_eq!(policy.timeouts.speed, Some(speed));
    assert_eq!(policy.retry.max_time, seconds(6));
    let breaker = CircuitBreakerConfig {
        failure_ratio: 0.5,
        window: 8,
        open_time: Duration::from_secs(9),
    };
    assert_eq!(policy.circuit_breaker, Some(breaker));
    assert_eq!(policy.retry.max_attempts(), 4);
    assert_eq!(policy.retry.base_delay, Duration::from_millis(10));
    assert_eq!(policy.retry.max_delay, Duration::from_secs(1));
    assert_eq!(policy.retry.max_retry_after, Duration::from_secs(7));
    assert_eq!(
        (policy.retry.statuses, policy.retry.seed),
        (vec![500, 503], 7)
    );
    assert_eq!(policy.budget.unwrap().ratio.to_string(), "0.2");
    let hedge = policy.hedge.unwrap();
    let p95 = HedgeDelay::Quantile {
        quantile: 0.95,
        min_samples: 20,
    };
    assert_eq!(
        (hedge.max_ratio.to_string(), hedge.delay),
        ("0.05".to_owned(), p95)
    );
    assert_eq!((policy.max_redirects, policy.reuse), (1, false));
}

#[test]
fn invalid_options_are_rejected_with_the_reason() {
    for (line, part) in [
        ("--backoff 1s --retries 1", "such as `100ms..10s`"),
        ("--backoff 2s..1s --retries 1", "must not exceed the second"),
        ("--retries 101", "expected 0 to 100, got `101`"),
        ("--retries -1", "expected 0 to 100, got `-1`"),
        ("--max-redirects 1e9", "expected 0 to 100, got `1e9`"),
        ("--retry-budget 20 --retries 1", "expected 0% to 100%"),
        ("--hedge p100", "such as `p95`"),
        ("--hedge 0", "above 0"),
        ("--hedge-share 5%", "--hedge-share: needs --hedge"),
        ("--hedge p95 --hedge-share 0%", "expected more than 0%"),
        ("--retry-status 200 --retries 1", "of 400 to 599, got `200`"),
        ("--retry-status 404 --retries 1", "404 is not retried"),
        ("--retry-status 500", "--retry-status: needs --retries"),
        ("--backoff 1s..2s", "--backoff: needs --retries"),
        ("--retry-budget 0%", "--retry-budget: needs --retries"),
        ("--retry-after-max 0s", "--retry-after-max: needs --retries"),
        ("--retry-max-time 1s", "--retry-max-time: needs --retries"),
        ("--stall-timeout 0", "above 0"),
        (
            "--speed-limit 10",
            "such as `500kB/s` or `64KiB/s`, got `10`",
        ),
        ("--speed-time 1s", "--speed-time: needs --speed-limit"),
        ("--circuit-breaker 0%", "expected more than 0%"),
        (
            "--circuit-breaker 50% --circuit-window 0",
            "expected 1 to 1000, got `0`",
        ),
        (
            "--circuit-window 5",
            "--circuit-window: needs --circuit-breaker",
        ),
        (
            "--circuit-open 5s",
            "--circuit-open: needs --circuit-breaker",
        ),
    ] {
        let error = parse(line).unwrap_err().to_string();
        assert!(error.contains(part), "{line}: {error}");
    }
}

#[test]
fn hedging_needs_a_concurrency_of_two() {
    let cli = PolicyCli::parse_from(["get", "--hedge", "p95"]);
    let error = cli.policy.policy(1).unwrap_err().to_string();
    assert_eq!(error, "--hedge: needs a concurrency of at least 2, got 1");
}

#[test]
fn policy_of_command_line_survives_round_trip_through_file() {
    let line = options(
        "--timeout 1500ms --backoff 10ms..1s --retries 3 --retry-status 500,503 --retry-budget 2.5% --hedge p95 \
         --hedge-share 7% --no-reuse --retry-seed 18446744073709551615",
    );
    let line = line.unwrap();
    let text = toml::to_string(&line).unwrap();
    let expected = "timeout = \"1500ms\"\nretries = 3\nbackoff = \"10ms..1s\"\nretry_status = [500, 503]\n\
                    retry_budget = \"2.5%\"\nhedge = \"p95\"\nhedge_share = \"7%\"\nno_reuse = true\n\
                    retry_seed = \"18446744073709551615\"\n";
    assert_eq!(text, expected);
    let file = read(&text).unwrap();
    assert_eq!(file.policy(5).unwrap(), line.policy(5).unwrap());
    let back: PolicyOptions = serde_json::from_str(&serde_json::to_string(&file).unwrap()).unwrap();
    assert_eq!(back.policy(5).unwrap(), line.policy(5).unwrap());
}

#[test]
fn values_in_files_are_those_of_the_command_line() {
    for status in ["[500, '503']", "'500,503'"] {
        let file = read(&format!("retries = '3'\nretry_status = {status}")).unwrap();
        assert_eq!(file.describe(), ["retries 3", "retry-status 500,503"]);
    }
    let file = read("retries = 1\nretry_status = 500").unwrap();
    assert_eq!(file.describe(), ["retries 1", "retry-status 500"]);
}

#[test]
fn errors_in_files_are_those_of_the_command_line() {
    for (text, part) in [
        ("hedge = 'p100'", "such as `p95`"),
        (
            "timeout = 5",
            "expected a duration such as `50ms` or `1.5s`, got `5`",
        ),
        (
            "retris = 1",
            "unknown field `retris`, expected one of `timeout`, ",
        ),
        (
            "retries = 1\nretry_status = [200]",
            "of 400 to 599, got `200`",
        ),
    ] {
        let error = read(text).err().unwrap().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
}

#[test]
fn merged_policy_replaces_the_options_of_its_base() {
    let merged = |policy, base| read(policy).unwrap().merged_over(&read(base).unwrap());
    let merged_over = |policy, base| merged(policy, base).unwrap().describe();
    let base = "retries = 2\nno_reuse = true";
    assert_eq!(
        merged_over("hedge = '5ms'\nretries = 1", base),
        ["hedge 5ms", "no-reuse", "retries 1"]
    );
    assert_eq!(merged_over("no_reuse = false", base), ["retries 2"]);
}

#[test]
fn stale_connections_are_a_key_of_files_and_no_option_of_policies() {
    assert!(
        read("retry_stale = true")
            .unwrap()
            .policy(1)
            .unwrap()
            .retry_stale
    );
    assert!(options("--retry-stale").is_err());
}
