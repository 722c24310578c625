//! Options for timeouts, retries, hedging, redirects and connection reuse.

use crate::options::{policy_values, value_parsers};
use anyhow::{Result, bail};
use clap::Args;
use flagpole_client::policy::{
    Hedge, HedgeDelay, Policy, RedirectPolicy, Retry, RetryBudgetConfig, Timeouts,
};
use std::time::Duration;

/// The policy of a run. Default: no timeouts, no retries, no hedging, up to 5 redirects.
#[derive(Args)]
#[command(next_help_heading = "Policy")]
pub(crate) struct PolicyOptions {
    /// Limit the time of a whole request, including connecting
    #[arg(long, value_name = "DURATION", value_parser = value_parsers::positive_duration)]
    timeout: Option<Duration>,

    /// Limit the time for opening a connection
    #[arg(long, value_name = "DURATION", value_parser = value_parsers::positive_duration)]
    connect_timeout: Option<Duration>,

    /// Limit the time until the first byte of the response
    #[arg(long, value_name = "DURATION", value_parser = value_parsers::positive_duration)]
    first_byte_timeout: Option<Duration>,

    /// Retry up to N times on timeouts, dropped connections and statuses 408, 429, 500, 502-504 [default: 0]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = policy_values::up_to_100)]
    retries: Option<u32>,

    /// Wait a random time before a retry, at most FIRST, doubling up to MAX, plus Retry-After [default: 100ms..10s]
    #[arg(long, value_name = "FIRST..MAX", value_parser = policy_values::backoff)]
    backoff: Option<(Duration, Duration)>,

    /// Wait at most this long for Retry-After [default: 60s]
    #[arg(long, value_name = "DURATION", value_parser = flagpole_protocol::spec::duration)]
    retry_after_max: Option<Duration>,

    /// Retry only these statuses (comma-separated)
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = policy_values::retryable_status)]
    retry_status: Vec<u16>,

    /// Limit the retries of the run to this percentage of its requests, plus 10 retries
    #[arg(long, value_name = "PERCENT", value_parser = policy_values::percentage)]
    retry_budget: Option<f64>,

    /// Duplicate a request that takes longer than this (`50ms`, or percentile `p95`) if a connection is free
    #[arg(long, value_name = "DELAY", value_parser = policy_values::hedge_delay)]
    hedge: Option<HedgeDelay>,

    /// Hedge (duplicate) at most this percentage of the requests [default: 10%]
    #[arg(long, value_name = "PERCENT", value_parser = policy_values::positive_percentage)]
    hedge_share: Option<f64>,

    /// Follow at most N redirects in a row, within the site
    #[arg(long, default_value = "5", value_name = "N", allow_negative_numbers = true, value_parser = policy_values::up_to_100)]
    max_redirects: u32,

    /// Open a new connection for every request
    #[arg(long)]
    no_reuse: bool,

    /// Draw the backoff jitter from this seed
    #[arg(long, default_value = "0", value_name = "SEED", allow_negative_numbers = true, value_parser = value_parsers::seed)]
    retry_seed: u64,
}

impl PolicyOptions {
    /// An error if an option has no effect because the option that it needs is missing.
    pub(crate) fn missing_dependency(&self) -> Option<String> {
        let retries = ("--retries", self.retries.is_some());
        let hedge = ("--hedge", self.hedge.is_some());
        let given = [
            ("--backoff", self.backoff.is_some(), retries),
            ("--retry-after-max", self.retry_after_max.is_some(), retries),
            ("--retry-status", !self.retry_status.is_empty(), retries),
            ("--retry-budget", self.retry_budget.is_some(), retries),
            ("--hedge-share", self.hedge_share.is_some(), hedge),
        ];
        let missing = given
            .iter()
            .find(|(_, is_given, (_, has_needed))| *is_given && !has_needed);
        missing.map(|(option, _, (needed, _))| format!("{option}: needs {needed}"))
    }

    /// The policy for this concurrency.
    pub(crate) fn policy(&self, concurrency: usize) -> Result<Policy> {
        if let Some(missing) = self.missing_dependency() {
            bail!(missing);
        }
        if self.hedge.is_some() && concurrency < 2 {
            bail!("--hedge: needs a concurrency of at least 2, got {concurrency}");
        }
        Ok(Policy {
            timeouts: Timeouts {
                connect: self.connect_timeout,
                first_byte: self.first_byte_timeout,
                total: self.timeout,
            },
            retry: self.retry(),
            budget: self.retry_budget.map(|ratio| RetryBudgetConfig {
                ratio,
                ..RetryBudgetConfig::default()
            }),
            hedge: self.hedge.map(|delay| Hedge {
                delay,
                max_ratio: self.hedge_share.unwrap_or(Hedge::default().max_ratio),
            }),
            redirects: RedirectPolicy {
                max: self.max_redirects,
            },
            reuse: !self.no_reuse,
        })
    }

    fn retry(&self) -> Retry {
        let default = Retry::default();
        let (base_delay, max_delay) = self
            .backoff
            .unwrap_or((default.base_delay, default.max_delay));
        Retry {
            max_attempts: self.retries.unwrap_or(0) + 1,
            base_delay,
            max_delay,
            statuses: if self.retry_status.is_empty() {
                default.statuses
            } else {
                self.retry_status.clone()
            },
            max_retry_after: self.retry_after_max.unwrap_or(default.max_retry_after),
            seed: self.retry_seed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct PolicyCli {
        #[command(flatten)]
        policy: PolicyOptions,
    }

    fn parse(line: &str) -> Result<Policy> {
        let words = ["get"].into_iter().chain(line.split_whitespace());
        PolicyCli::try_parse_from(words)?.policy.policy(5)
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
        assert_eq!((policy.redirects.max, policy.reuse), (1, false));
    }

    #[test]
    fn invalid_options_are_rejected_with_the_reason() {
        for (line, part) in [
            ("--backoff 1s --retries 1", "such as `100ms..10s`"),
            ("--backoff 2s..1s --retries 1", "such as `100ms..10s`"),
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
}
