//! Timeouts, retries, hedging, redirects and connection reuse: options of the command line and keys of a TOML table.

use super::comma_lists::CommaList;
use super::policy_values::{
    AnyDuration, Backoff, HedgeAfter, Percentage, PositiveDuration, PositivePercentage,
    RetryStatus, UpTo100,
};
use super::value_parsers::Seed;
use anyhow::{Result, bail};
use clap::builder::{BoolValueParser, TypedValueParser as _};
use clap::{ArgAction, Args};
use flagpole_client::policy::{Hedge, Policy, RetryBudgetConfig};
use flagpole_protocol::TextOrNumber;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_with::{serde_as, skip_serializing_none};

/// The policy of a run. Default: no timeouts, no retries, no hedging, up to 5 redirects. A file has the same keys with
/// `_`, and holds only the options that are given.
#[skip_serializing_none]
#[serde_as]
#[derive(Args, Clone, Default, PartialEq, Serialize, Deserialize)]
#[command(next_help_heading = "Policy")]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PolicyOptions {
    /// Limit the time of a whole request, including connecting
    #[arg(long, value_name = "DURATION")]
    #[serde_as(as = "Option<TextOrNumber>")]
    timeout: Option<PositiveDuration>,

    /// Limit the time for opening a connection
    #[arg(long, value_name = "DURATION")]
    #[serde_as(as = "Option<TextOrNumber>")]
    connect_timeout: Option<PositiveDuration>,

    /// Limit the time until the first byte of the response
    #[arg(long, value_name = "DURATION")]
    #[serde_as(as = "Option<TextOrNumber>")]
    first_byte_timeout: Option<PositiveDuration>,

    /// Retry up to N times: timeouts, broken connections, statuses 408, 429, 500, 502-504 [default: 0]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[serde_as(as = "Option<TextOrNumber>")]
    retries: Option<UpTo100>,

    /// Wait randomly before a retry: up to FIRST, later up to MAX [default: 100ms..10s]
    #[arg(long, value_name = "FIRST..MAX")]
    #[serde_as(as = "Option<TextOrNumber>")]
    backoff: Option<Backoff>,

    /// Wait at most this long for Retry-After [default: 60s]
    #[arg(long, value_name = "DURATION")]
    #[serde_as(as = "Option<TextOrNumber>")]
    retry_after_max: Option<AnyDuration>,

    /// Retry only these statuses (comma-separated)
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    #[serde_as(as = "CommaList")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    retry_status: Vec<RetryStatus>,

    /// Limit retries to this percentage of the requests, plus 10
    #[arg(long, value_name = "PERCENT")]
    #[serde_as(as = "Option<TextOrNumber>")]
    retry_budget: Option<Percentage>,

    /// Duplicate requests that take longer than this: `50ms`, or a percentile: `p95`
    #[arg(long, value_name = "DELAY")]
    #[serde_as(as = "Option<TextOrNumber>")]
    hedge: Option<HedgeAfter>,

    /// Duplicate (hedge) at most this percentage of the requests [default: 10%]
    #[arg(long, value_name = "PERCENT")]
    #[serde_as(as = "Option<TextOrNumber>")]
    hedge_share: Option<PositivePercentage>,

    /// Follow at most N redirects in a row, within the site [default: 5]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[serde_as(as = "Option<TextOrNumber>")]
    max_redirects: Option<UpTo100>,

    /// Open a new connection for every request
    // The full path, because clap gives an `Option` no default. `false` in a file replaces the `true` of another policy.
    #[arg(long, action = ArgAction::SetTrue, value_parser = BoolValueParser::new().map(|on| on.then_some(true)))]
    no_reuse: std::option::Option<bool>,

    /// Draw the backoff jitter from this seed [default: 0]
    #[arg(long, value_name = "SEED", allow_negative_numbers = true)]
    #[serde_as(as = "Option<TextOrNumber>")]
    retry_seed: Option<Seed>,
}

impl PolicyOptions {
    /// Whether no option is given.
    pub(crate) fn is_empty(&self) -> bool {
        *self == PolicyOptions::default()
    }

    /// Whether slow requests are duplicated.
    pub(crate) fn hedges(&self) -> bool {
        self.hedge.is_some()
    }

    /// The options given, by their keys in a file.
    pub(crate) fn table(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(table)) => table,
            other => unreachable!("a policy is a table, got {other:?}"),
        }
    }

    /// The options of `base` and of this policy; where both policies have an option, the value of this policy.
    pub(crate) fn merged_over(&self, base: &PolicyOptions) -> serde_json::Result<PolicyOptions> {
        let mut table = base.table();
        table.extend(self.table());
        serde_json::from_value(Value::Object(table))
    }

    /// The options given, such as `retries 3` and `no-reuse`.
    pub(crate) fn describe(&self) -> Vec<String> {
        let describe = |(key, value): (String, Value)| {
            let name = key.replace('_', "-");
            match value {
                Value::Bool(on) => on.then_some(name),
                Value::String(text) => Some(format!("{name} {text}")),
                Value::Array(values) => {
                    let values: Vec<_> = values.iter().map(Value::to_string).collect();
                    Some(format!("{name} {}", values.join(",")))
                }
                other => Some(format!("{name} {other}")),
            }
        };
        self.table().into_iter().filter_map(describe).collect()
    }

    /// An error if an option has no effect because the option that it needs is missing.
    fn check(&self) -> Result<()> {
        let retries = ("--retries", self.retries.is_some());
        let hedge = ("--hedge", self.hedge.is_some());
        for (option, is_given, (needed, has_needed)) in [
            ("--backoff", self.backoff.is_some(), retries),
            ("--retry-after-max", self.retry_after_max.is_some(), retries),
            ("--retry-status", !self.retry_status.is_empty(), retries),
            ("--retry-budget", self.retry_budget.is_some(), retries),
            ("--hedge-share", self.hedge_share.is_some(), hedge),
        ] {
            if is_given && !has_needed {
                bail!("{option}: needs {needed}");
            }
        }
        Ok(())
    }

    /// The policy for this concurrency.
    pub(crate) fn policy(&self, concurrency: usize) -> Result<Policy> {
        self.check()?;
        if self.hedge.is_some() && concurrency < 2 {
            bail!("--hedge: needs a concurrency of at least 2, got {concurrency}");
        }
        let mut policy = Policy::default();
        policy.timeouts.total = self.timeout.map(|one| one.0);
        policy.timeouts.connect = self.connect_timeout.map(|one| one.0);
        policy.timeouts.first_byte = self.first_byte_timeout.map(|one| one.0);
        let retry = &mut policy.retry;
        retry.max_attempts = self.retries.map_or(0, |one| one.0) + 1;
        if let Some(backoff) = self.backoff {
            (retry.base_delay, retry.max_delay) = (backoff.first, backoff.max);
        }
        if let Some(max) = self.retry_after_max {
            retry.max_retry_after = max.0;
        }
        if !self.retry_status.is_empty() {
            retry.statuses = self.retry_status.iter().map(|one| one.0).collect();
        }
        retry.seed = self.retry_seed.unwrap_or_default().0;
        policy.budget = self.retry_budget.map(|percentage| RetryBudgetConfig {
            ratio: percentage.ratio(),
            ..RetryBudgetConfig::default()
        });
        let default_share = Hedge::default().max_ratio;
        policy.hedge = self.hedge.map(|after| Hedge {
            delay: after.delay(),
            max_ratio: self
                .hedge_share
                .map_or(default_share, |share| share.0.ratio()),
        });
        if let Some(max) = self.max_redirects {
            policy.max_redirects = max.0;
        }
        policy.reuse = self.no_reuse != Some(true);
        Ok(policy)
    }
}

#[cfg(test)]
mod tests {
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
             --hedge-share 5% --max-redirects 1 --no-reuse --retry-seed 7",
        )
        .unwrap();
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(policy.timeouts.total, seconds(5));
        assert_eq!(policy.timeouts.connect, seconds(1));
        assert_eq!(policy.timeouts.first_byte, seconds(2));
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
        let back: PolicyOptions =
            serde_json::from_str(&serde_json::to_string(&file).unwrap()).unwrap();
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
}
