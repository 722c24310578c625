//! Timeouts, retries, hedging, the circuit breaker, redirects and connection reuse: options of the command line and keys of
//! a TOML table.

#[cfg(test)]
mod tests;

use super::comma_lists::CommaList;
use super::policy_values::{
    AnyDuration, Backoff, HedgeAfter, Percentage, PositiveDuration, PositivePercentage,
    RetryStatus, UpTo100, UpTo1000,
};
use super::value_parsers::Seed;
use anyhow::{Result, bail};
use clap::builder::{BoolValueParser, TypedValueParser as _};
use clap::{ArgAction, Args};
use flagpole_client::Policy;
use flagpole_client::policy::{
    CircuitBreakerConfig, Hedge, Retry, RetryBudgetConfig, SpeedLimit, Timeouts,
};
use flagpole_protocol::TextOrNumber;
use flagpole_server::Bandwidth;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_with::{serde_as, skip_serializing_none};
use std::time::Duration;

/// The time over which the speed of a body is measured, as in curl.
const SPEED_TIME: Duration = Duration::from_secs(30);

/// The policy of a run. Default: no timeouts, no retries, no hedging, no circuit breaker, up to 5 redirects. A file has the same keys with
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

    /// Limit the time for opening a connection, for each address
    #[arg(long, value_name = "DURATION")]
    #[serde_as(as = "Option<TextOrNumber>")]
    connect_timeout: Option<PositiveDuration>,

    /// Limit the time until the first byte of the response
    #[arg(long, value_name = "DURATION")]
    #[serde_as(as = "Option<TextOrNumber>")]
    first_byte_timeout: Option<PositiveDuration>,

    /// Limit the time without a byte of the response
    #[arg(long, value_name = "DURATION")]
    #[serde_as(as = "Option<TextOrNumber>")]
    stall_timeout: Option<PositiveDuration>,

    /// Give up on bodies that arrive more slowly than this: `10kB/s`
    #[arg(long, value_name = "RATE")]
    #[serde_as(as = "Option<TextOrNumber>")]
    speed_limit: Option<Bandwidth>,

    /// Measure the speed of a body over this time [default: 30s]
    #[arg(long, value_name = "DURATION")]
    #[serde_as(as = "Option<TextOrNumber>")]
    speed_time: Option<PositiveDuration>,

    /// Retry up to N times: timeouts, broken connections, statuses 408, 429, 500, 502-504 [default: 0]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[serde_as(as = "Option<TextOrNumber>")]
    retries: Option<UpTo100>,

    /// Wait randomly before a retry: up to FIRST, later up to MAX [default: 100ms..10s]
    #[arg(long, value_name = "FIRST..MAX")]
    #[serde_as(as = "Option<TextOrNumber>")]
    backoff: Option<Backoff>,

    /// Accept at most this Retry-After; fail if it is longer [default: 60s]
    #[arg(long, value_name = "DURATION")]
    #[serde_as(as = "Option<TextOrNumber>")]
    retry_after_max: Option<AnyDuration>,

    /// Make no retry later than this after a download's start
    #[arg(long, value_name = "DURATION")]
    #[serde_as(as = "Option<TextOrNumber>")]
    retry_max_time: Option<AnyDuration>,

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

    /// Send nothing for a while after this percentage of failures: `50%`
    #[arg(long, value_name = "PERCENT")]
    #[serde_as(as = "Option<TextOrNumber>")]
    circuit_breaker: Option<PositivePercentage>,

    /// Count the failures among the last N results [default: 20]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[serde_as(as = "Option<TextOrNumber>")]
    circuit_window: Option<UpTo1000>,

    /// Send nothing for this long, then one probe [default: 5s]
    #[arg(long, value_name = "DURATION")]
    #[serde_as(as = "Option<TextOrNumber>")]
    circuit_open: Option<PositiveDuration>,

    /// Follow at most N redirects in a row, within the site [default: 5]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[serde_as(as = "Option<TextOrNumber>")]
    max_redirects: Option<UpTo100>,

    /// Open a new connection for every request
    // The full path, because clap gives an `Option` no default. `false` in a file replaces the `true` of another policy.
    #[arg(long, action = ArgAction::SetTrue, value_parser = BoolValueParser::new().map(|on| on.then_some(true)))]
    no_reuse: std::option::Option<bool>,

    // `compare` has `--retry-stale`, `get` has `--no-retry-stale`: their defaults differ.
    #[arg(skip)]
    retry_stale: std::option::Option<bool>,

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

    /// Repeats requests that died on a reused connection.
    pub(crate) fn set_retry_stale(&mut self) {
        self.retry_stale = Some(true);
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
        let speed = ("--speed-limit", self.speed_limit.is_some());
        let breaker = ("--circuit-breaker", self.circuit_breaker.is_some());
        for (option, is_given, (needed, has_needed)) in [
            ("--backoff", self.backoff.is_some(), retries),
            ("--retry-after-max", self.retry_after_max.is_some(), retries),
            ("--retry-status", !self.retry_status.is_empty(), retries),
            ("--retry-budget", self.retry_budget.is_some(), retries),
            ("--retry-max-time", self.retry_max_time.is_some(), retries),
            ("--hedge-share", self.hedge_share.is_some(), hedge),
            ("--speed-time", self.speed_time.is_some(), speed),
            ("--circuit-window", self.circuit_window.is_some(), breaker),
            ("--circuit-open", self.circuit_open.is_some(), breaker),
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
        let default_share = Hedge::default().max_ratio;
        let share = self
            .hedge_share
            .map_or(default_share, |share| share.0.ratio());
        let mut policy = Policy {
            timeouts: self.timeouts(),
            retry: self.retry(),
            budget: self.retry_budget.map(|percentage| RetryBudgetConfig {
                ratio: percentage.ratio(),
                ..RetryBudgetConfig::default()
            }),
            hedge: self.hedge.map(|after| Hedge {
                delay: after.delay(),
                max_ratio: share,
            }),
            circuit_breaker: self.circuit_breaker(),
            reuse: self.no_reuse != Some(true),
            retry_stale: self.retry_stale == Some(true),
            ..Policy::default()
        };
        if let Some(max) = self.max_redirects {
            policy.max_redirects = max.0;
        }
        Ok(policy)
    }

    fn timeouts(&self) -> Timeouts {
        let over = self.speed_time.map_or(SPEED_TIME, |one| one.0);
        Timeouts {
            connect: self.connect_timeout.map(|one| one.0),
            first_byte: self.first_byte_timeout.map(|one| one.0),
            total: self.timeout.map(|one| one.0),
            stall: self.stall_timeout.map(|one| one.0),
            speed: self.speed_limit.map(|limit| SpeedLimit {
                bytes_per_second: limit.bytes_per_second(),
                over,
            }),
        }
    }

    fn retry(&self) -> Retry {
        let mut retry = Retry {
            max_attempts: self.retries.map_or(0, |one| one.0) + 1,
            max_time: self.retry_max_time.map(|one| one.0),
            seed: self.retry_seed.unwrap_or_default().0,
            ..Retry::default()
        };
        if let Some(backoff) = self.backoff {
            (retry.base_delay, retry.max_delay) = (backoff.first, backoff.max);
        }
        if let Some(max) = self.retry_after_max {
            retry.max_retry_after = max.0;
        }
        if !self.retry_status.is_empty() {
            retry.statuses = self.retry_status.iter().map(|one| one.0).collect();
        }
        retry
    }

    fn circuit_breaker(&self) -> Option<CircuitBreakerConfig> {
        let mut config = CircuitBreakerConfig {
            failure_ratio: self.circuit_breaker?.0.ratio(),
            ..CircuitBreakerConfig::default()
        };
        if let Some(window) = self.circuit_window {
            config.window = window.0;
        }
        if let Some(open) = self.circuit_open {
            config.open_time = open.0;
        }
        Some(config)
    }
}
