//! How a download is insisted on: timeouts, retries, hedges, on the command line.

use crate::options::value_parsers;
use anyhow::{Result, bail};
use clap::Args;
use flagpole_client::policy::{
    Hedge, HedgeDelay, Policy, RedirectPolicy, Retry, RetryBudgetConfig, Timeouts,
};
use std::time::Duration;

/// How many answers must have been seen before their percentile says when to hedge.
const SAMPLES: u64 = 20;

/// The rules of a run. Without any: wait for ever, retry nothing, hedge nothing, follow five redirects.
#[derive(Args)]
#[command(next_help_heading = "Policy")]
pub(crate) struct PolicyOptions {
    /// Give up on a request after this time, connecting included
    #[arg(long, value_name = "DURATION", value_parser = value_parsers::timeout)]
    timeout: Option<Duration>,

    /// Give up on a connection that is not there after this time
    #[arg(long, value_name = "DURATION", value_parser = value_parsers::timeout)]
    connect_timeout: Option<Duration>,

    /// Give up on a request if no byte of an answer is there after this time
    #[arg(long, value_name = "DURATION", value_parser = value_parsers::timeout)]
    first_byte_timeout: Option<Duration>,

    /// Try again so many times what timed out, broke off, or was answered 408, 429, 500, 502, 503, 504;
    /// never a 404 [default: 0]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = up_to_100)]
    retries: Option<u32>,

    /// Wait at most so long before the first retry, twice as long before the next and so on up to the
    /// longest, on top of what `Retry-HedgeDelay` says; how long exactly is drawn [default: 100ms..10s]
    #[arg(long, value_name = "FIRST..LONGEST", value_parser = backoff)]
    backoff: Option<(Duration, Duration)>,

    /// Wait no longer than this because of a `Retry-HedgeDelay`, whatever it asks for [default: 60s]
    #[arg(long, value_name = "DURATION", value_parser = flagpole_server::config::spec::duration)]
    retry_after_max: Option<Duration>,

    /// Try again after these statuses, and after no others
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = status)]
    retry_status: Vec<u16>,

    /// Retry at most this share of the requests, and ten
    #[arg(long, value_name = "PER CENT", value_parser = share)]
    retry_budget: Option<f64>,

    /// Make a request a second time, where a lane is free, if it takes longer than this: `50ms`, or `p95`
    /// of all so far
    #[arg(long, value_name = "WHEN", value_parser = after)]
    hedge: Option<HedgeDelay>,

    /// Hedge at most this share of the requests [default: 10%]
    #[arg(long, value_name = "PER CENT", value_parser = some_share)]
    hedge_share: Option<f64>,

    /// Follow at most so many redirects one after the other, within the site
    #[arg(long, default_value = "5", value_name = "N", allow_negative_numbers = true, value_parser = up_to_100)]
    max_redirects: u32,

    /// Open a new connection for every request
    #[arg(long)]
    no_reuse: bool,

    /// Draw the waits before retries from this seed: the same seed, the same waits
    #[arg(long, default_value = "0", value_name = "N", allow_negative_numbers = true, value_parser = value_parsers::seed)]
    retry_seed: u64,
}

impl PolicyOptions {
    /// What is said to no effect, and why, if anything is.
    pub(crate) fn lack(&self) -> Option<String> {
        let retries = ("--retries", self.retries.is_some());
        let hedge = ("--hedge", self.hedge.is_some());
        let said = [
            ("--backoff", self.backoff.is_some(), retries),
            ("--retry-after-max", self.retry_after_max.is_some(), retries),
            ("--retry-status", !self.retry_status.is_empty(), retries),
            ("--retry-budget", self.retry_budget.is_some(), retries),
            ("--hedge-share", self.hedge_share.is_some(), hedge),
        ];
        let lacks = said
            .iter()
            .find(|(_, is_said, (_, is_there))| *is_said && !is_there);
        lacks.map(|(option, _, (needed, _))| format!("{option}: needs {needed}"))
    }

    /// The policy for so many lanes.
    pub(crate) fn policy(&self, lanes: usize) -> Result<Policy> {
        if let Some(lack) = self.lack() {
            bail!(lack);
        }
        if self.hedge.is_some() && lanes == 1 {
            bail!("--hedge: a second request needs a second lane; `--max-req` is 1");
        }
        let default = Retry::default();
        let (base, cap) = self.backoff.unwrap_or((default.base, default.cap));
        Ok(Policy {
            timeouts: Timeouts {
                connect: self.connect_timeout,
                first_byte: self.first_byte_timeout,
                whole: self.timeout,
            },
            retry: Retry {
                attempts: self.retries.unwrap_or(0) + 1,
                base,
                cap,
                statuses: if self.retry_status.is_empty() {
                    default.statuses
                } else {
                    self.retry_status.clone()
                },
                retry_after_cap: self.retry_after_max.unwrap_or(default.retry_after_cap),
                seed: self.retry_seed,
            },
            budget: self.retry_budget.map(|ratio| RetryBudgetConfig {
                ratio,
                ..RetryBudgetConfig::default()
            }),
            hedge: self.hedge.map(|after| Hedge {
                after,
                share: self.hedge_share.unwrap_or(Hedge::default().share),
            }),
            redirects: RedirectPolicy {
                most: self.max_redirects,
            },
            reuse: !self.no_reuse,
        })
    }
}

fn up_to_100(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| *number <= 100);
    number.ok_or_else(|| format!("expected 0 to 100, got `{text}`"))
}

/// One that is worth another try.
fn status(text: &str) -> Result<u16, String> {
    let status = text.parse().ok();
    match status.filter(|status| (400..=599).contains(status)) {
        Some(404) => Err("404 is an answer, and never tried again".to_owned()),
        Some(status) => Ok(status),
        None => Err(format!("expected a status of 400 to 599, got `{text}`")),
    }
}

fn backoff(text: &str) -> Result<(Duration, Duration), String> {
    let expected = || format!("expected two durations such as `100ms..10s`, got `{text}`");
    let (first, longest) = text.split_once("..").ok_or_else(expected)?;
    let read =
        |text| flagpole_server::config::spec::duration(text).map_err(|error| error.to_string());
    let (first, longest) = (read(first)?, read(longest)?);
    if longest < first {
        return Err(expected());
    }
    Ok((first, longest))
}

fn share(text: &str) -> Result<f64, String> {
    let number = text
        .strip_suffix('%')
        .and_then(|number| number.parse().ok());
    let share = number.filter(|share: &f64| (0.0..=100.0).contains(share));
    share
        .map(|share| share / 100.0)
        .ok_or_else(|| format!("expected 0% to 100%, got `{text}`"))
}

/// One that allows anything.
fn some_share(text: &str) -> Result<f64, String> {
    let share = share(text).ok().filter(|share| *share > 0.0);
    share.ok_or_else(|| format!("expected more than 0%, up to 100%, got `{text}`"))
}

fn after(text: &str) -> Result<HedgeDelay, String> {
    let Some(percent) = text.strip_prefix('p') else {
        return value_parsers::timeout(text).map(HedgeDelay::Time);
    };
    let percent = percent.parse().ok();
    let percent = percent.filter(|percent: &f64| *percent > 0.0 && *percent < 100.0);
    percent
        .map(|percent| HedgeDelay::Quantile {
            share: percent / 100.0,
            samples: SAMPLES,
        })
        .ok_or_else(|| format!("expected a duration or a percentile such as `p95`, got `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        policy: PolicyOptions,
    }

    fn policy(line: &str) -> Policy {
        let words = ["get"].into_iter().chain(line.split_whitespace());
        Line::try_parse_from(words)
            .unwrap()
            .policy
            .policy(5)
            .unwrap()
    }

    #[test]
    fn without_words_it_is_the_default() {
        assert_eq!(policy(""), Policy::default());
    }

    #[test]
    fn every_word_finds_its_place() {
        let policy = policy(
            "--timeout 5s --connect-timeout 1s --first-byte-timeout 2s --retries 3 \
             --backoff 10ms..1s --retry-after-max 7s --retry-status 500,503 --retry-budget 20% --hedge p95 \
             --hedge-share 5% --max-redirects 1 --no-reuse --retry-seed 7",
        );
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(policy.timeouts.whole, seconds(5));
        assert_eq!(policy.timeouts.connect, seconds(1));
        assert_eq!(policy.timeouts.first_byte, seconds(2));
        assert_eq!(policy.retry.attempts(), 4);
        assert_eq!(policy.retry.base, Duration::from_millis(10));
        assert_eq!(policy.retry.cap, Duration::from_secs(1));
        assert_eq!(policy.retry.retry_after_cap, Duration::from_secs(7));
        assert_eq!(
            (policy.retry.statuses, policy.retry.seed),
            (vec![500, 503], 7)
        );
        assert_eq!(policy.budget.unwrap().ratio.to_string(), "0.2");
        let hedge = policy.hedge.unwrap();
        assert_eq!(
            (hedge.share.to_string(), hedge.after),
            (
                "0.05".to_owned(),
                HedgeDelay::Quantile {
                    share: 0.95,
                    samples: 20
                }
            )
        );
        assert_eq!((policy.redirects.most, policy.reuse), (1, false));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
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
            ("--retry-status 404 --retries 1", "404 is an answer"),
            ("--retry-status 500", "--retry-status: needs --retries"),
            ("--backoff 1s..2s", "--backoff: needs --retries"),
            ("--retry-budget 0%", "--retry-budget: needs --retries"),
            ("--retry-after-max 0s", "--retry-after-max: needs --retries"),
        ] {
            let words = ["get"].into_iter().chain(line.split_whitespace());
            let error = match Line::try_parse_from(words) {
                Ok(line) => line.policy.policy(5).unwrap_err().to_string(),
                Err(error) => error.to_string(),
            };
            assert!(error.contains(part), "{line}: {error}");
        }
    }
}
