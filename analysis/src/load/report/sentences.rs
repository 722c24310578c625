//! The sentences of a report, one line each, before they are wrapped.

use crate::human::{HumanDuration, grouped, grouped_rate, ratio_texts, visible_percent};
use crate::load::asked::{ArrivalKind, AskedLoad, AskedUserClass, LoadModel};
use crate::load::condition::ConditionStatus;
use crate::load::figures::LoadFigures;
use crate::load::iterations::LoadIterations;
use crate::load::latency_figures::{LatencyFigures, LoadPercentile};
use crate::load::result::LoadResult;

/// The settings that other parts of the report say.
pub(crate) const ASKED: [&str; 14] = [
    "abort_if",
    "arrivals",
    "concurrency",
    "duration",
    "fail_if",
    "grace",
    "max_in_flight",
    "rate",
    "requests",
    "seed",
    "stages",
    "think",
    "urls",
    "warm_up",
];

/// What was requested and asked for: `GET http://127.0.0.1:8000/; closed model, 50 connections, 10.0 s; timeout 2s`.
pub(super) fn conditions(result: &LoadResult) -> String {
    let targets = match result.targets.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        [first, others @ ..] => Some(format!("{first} and {} more", others.len())),
    };
    let settings = result.settings.iter();
    let settings = settings.filter(|(name, _)| !ASKED.contains(&&name[..]));
    let settings = settings.map(|(name, value)| format!("{name} {value}"));
    let settings = settings.collect::<Vec<_>>().join(", ");
    let settings = Some(settings).filter(|settings| !settings.is_empty());
    let parts = targets
        .into_iter()
        .chain([asked(&result.asked)])
        .chain(settings);
    parts.collect::<Vec<_>>().join("; ")
}

/// `open model, Poisson arrivals of seed 7 at 2,000/s, 30.0 s`; of a shard `... at 500/s of 2,000/s (shard 2 of 4), 30.0 s`.
pub(crate) fn asked(asked: &AskedLoad) -> String {
    let mut parts = match &asked.model {
        LoadModel::Closed {
            connections,
            think_us,
            stages,
        } => {
            let load = stages.as_ref().map(|stages| format!("stages {stages}"));
            let connections = || part_of(asked, *connections, "connection");
            let think = HumanDuration::from_micros(*think_us);
            let think = (*think_us > 0).then(|| format!("think time {think}"));
            let load = load.unwrap_or_else(connections) + &shard(asked);
            ["closed model".to_owned(), load]
                .into_iter()
                .chain(think)
                .collect()
        }
        LoadModel::Open {
            arrivals,
            rate_per_s,
            stages,
            seed,
            ..
        } => {
            let arrivals = match arrivals {
                ArrivalKind::Constant => "constant arrivals".to_owned(),
                ArrivalKind::Poisson => format!("Poisson arrivals of seed {seed}"),
            };
            let rate = rate_per_s.map(|rate| format!("at {}", rate_of(asked, rate)));
            let stages = stages.as_ref().map(|stages| format!("in stages {stages}"));
            let load = rate.or(stages).unwrap_or_default() + &shard(asked);
            vec!["open model".to_owned(), format!("{arrivals} {load}")]
        }
        LoadModel::Users { classes } => ["users by a Locust master".to_owned()]
            .into_iter()
            .chain(classes.iter().map(user_class))
            .collect(),
        LoadModel::Unknown => {
            vec!["load of another program, which its log does not say".to_owned()]
        }
    };
    let requests = asked.requests.map(|count| part_of(asked, count, "request"));
    let time = |us: u64| HumanDuration::from_micros(us).to_string();
    parts.extend(requests.into_iter().chain(asked.duration_us.map(time)));
    if asked.warm_up_us > 0 {
        parts.push(format!("the first {} left out", time(asked.warm_up_us)));
    }
    parts.join(", ")
}

/// `Search: 2 requests/s by each, Poisson`.
fn user_class(class: &AskedUserClass) -> String {
    let behaviour = match (class.rate_per_user_per_s, class.arrivals) {
        (Some(rate), ArrivalKind::Constant) => format!("{} requests/s by each", grouped_rate(rate)),
        (Some(rate), ArrivalKind::Poisson) => {
            format!(
                "{} requests/s by each, Poisson arrivals",
                grouped_rate(rate)
            )
        }
        (None, _) if class.think_us > 0 => {
            let think = HumanDuration::from_micros(class.think_us);
            format!("one request after the other, think time {think}")
        }
        (None, _) => "one request after the other".to_owned(),
    };
    format!("{}: {behaviour}", class.name)
}

/// ` (shard 2 of 4)`; nothing if the process has all of the load.
fn shard(asked: &AskedLoad) -> String {
    (asked.shard).map_or_else(String::new, |shard| format!(" ({shard})"))
}

/// `50 connections`; of a shard `13 of 50 connections`.
fn part_of(asked: &AskedLoad, total: u64, noun: &str) -> String {
    let part = (asked.shard).map(|shard| format!("{} of ", grouped(shard.part_of(total))));
    part.unwrap_or_default() + &counted(total, noun)
}

/// `1,000/s`; of a shard `250/s of 1,000/s`.
fn rate_of(asked: &AskedLoad, rate: f64) -> String {
    let part = (asked.shard).map(|shard| format!("{}/s of ", grouped_rate(rate / shard.of as f64)));
    part.unwrap_or_default() + &format!("{}/s", grouped_rate(rate))
}

/// What stands below the table: counts, rates, failures, the judged conditions and what limited the run.
pub(crate) fn below_table(result: &LoadResult) -> Vec<String> {
    let mut lines = vec![counts(result), rates(result)];
    let iterations = result.iterations.as_ref();
    lines.extend(iterations.map_or_else(Vec::new, LoadIterations::sentences));
    lines.extend(attempts(&result.figures));
    lines.extend(failures(&result.figures));
    lines.extend(baseline(result));
    lines.extend(judged(result));
    lines.extend(result.notes.iter().cloned());
    lines.extend(client_limit(result));
    lines
}

fn counts(result: &LoadResult) -> String {
    let figures = &result.figures;
    let unfinished = match figures.unfinished {
        0 => String::new(),
        count => format!(", {} unfinished", grouped(count)),
    };
    let unstarted = match result.unstarted {
        0 => String::new(),
        count => format!(" ({} of them never started)", grouped(count)),
    };
    let requests = format!(
        "{} in {}",
        counted(figures.requests, "request"),
        HumanDuration::from_micros(result.elapsed_us)
    );
    if !result.asked.model.is_known() && figures.failed == 0 {
        // Other programs do not always log what failed.
        return requests;
    }
    format!(
        "{requests}: {} succeeded, {} failed{unfinished}{unstarted}",
        grouped(figures.succeeded),
        grouped(figures.failed)
    )
}

fn rates(result: &LoadResult) -> String {
    let figures = &result.figures;
    // Rates are of the window in which requests start, counts of the whole run.
    let is_shorter = figures.window_us < result.elapsed_us - result.elapsed_us / 50;
    let window = match figures.window_us {
        us @ 1.. if is_shorter => format!(" in the first {}", HumanDuration::from_micros(us)),
        _ => String::new(),
    };
    let rate = grouped_rate(figures.requests_per_s);
    let mut parts = vec![format!("{rate} requests/s{window}")];
    if figures.failed > 0 {
        parts.push(format!("goodput {}/s", grouped_rate(figures.goodput_per_s)));
    }
    let is_known = result.asked.model.is_known();
    if is_known || figures.bytes > 0 {
        parts.push(format!("{}/s", size(figures.bytes_per_s)));
    }
    if let Some(mean) = result.in_flight.mean {
        parts.push(format!("{} in flight on average", grouped_rate(mean)));
    }
    if is_known || figures.connections > 0 {
        parts.push(format!(
            "{} opened",
            counted(figures.connections, "connection")
        ));
    }
    parts.join(", ")
}

/// Only if requests had more than one attempt.
fn attempts(figures: &LoadFigures) -> Option<String> {
    let kinds = [
        ("retries", figures.retries),
        ("hedges", figures.hedges),
        ("redirects", figures.redirects),
    ];
    let kinds = kinds.into_iter().filter(|(_, count)| *count > 0);
    let kinds: Vec<_> = kinds
        .map(|(name, count)| format!("{} {name}", grouped(count)))
        .collect();
    let attempts = grouped(figures.attempts);
    (!kinds.is_empty()).then(|| format!("{attempts} attempts, of which {}", kinds.join(", ")))
}

fn failures(figures: &LoadFigures) -> Option<String> {
    let failures = figures
        .outcomes
        .iter()
        .filter(|one| !one.is_success && !one.is_unfinished);
    let failures = failures.map(|one| {
        format!(
            "{} x {} ({})",
            grouped(one.count),
            one.reason,
            visible_percent(one.share)
        )
    });
    let failures: Vec<_> = failures.collect();
    (!failures.is_empty()).then(|| format!("failed: {}", failures.join(", ")))
}

/// What changed since the earlier result. Single runs have no confidence interval.
fn baseline(result: &LoadResult) -> Option<String> {
    let ratios = result.baseline.iter().filter(|one| one.baseline > 0.0);
    let ratios = ratios.map(|one| {
        let (ratio, _) = ratio_texts(one.now / one.baseline, None);
        format!("{} {ratio}", one.metric)
    });
    let ratios: Vec<_> = ratios.collect();
    (!ratios.is_empty()).then(|| {
        format!(
            "relative to the baseline, one run each: {}",
            ratios.join(", ")
        )
    })
}

/// The conditions that hold, which is a failure, and those that are not judged.
fn judged(result: &LoadResult) -> Vec<String> {
    let conditions = result.conditions.iter();
    let shown = conditions.filter(|one| one.status != ConditionStatus::DoesNotHold);
    shown
        .map(|one| format!("condition {}: {}", one.status, one.message))
        .collect()
}

fn client_limit(result: &LoadResult) -> Option<String> {
    let reason = result.search.as_ref()?.client_limit.as_ref()?;
    Some(format!(
        "at higher loads the client was the limit, and the server may bear more: {reason}"
    ))
}

/// What was not checked, and why.
pub(crate) fn unchecked(result: &LoadResult) -> Vec<String> {
    let sentences = result.verdict.unchecked.iter();
    sentences
        .map(|sentence| format!("not checked: {sentence}"))
        .collect()
}

/// `no errors`, `0.12% errors`.
pub(crate) fn errors(figures: &LoadFigures) -> String {
    match figures.failed {
        0 => "no errors".to_owned(),
        1 => "1 error".to_owned(),
        count => format!(
            "{} errors ({})",
            grouped(count),
            visible_percent(figures.error_share())
        ),
    }
}

/// p99 of the response time; with too few requests for it, the highest percentile that they support, or the maximum.
pub(crate) fn highest_percentile(figures: &LoadFigures) -> Option<String> {
    let latencies = &figures.response_time;
    let percentiles = latencies.percentiles();
    let up_to_p99 = percentiles
        .iter()
        .rev()
        .filter(|(name, _)| !name.starts_with("p99."));
    let highest =
        up_to_p99.filter_map(|(name, one)| Some(format!("{name} {}", percentile((*one)?))));
    let max = || Some(format!("max {}", maximum(latencies)?));
    highest.take(1).next().or_else(max)
}

/// `2.31 ms`, `≥ 2.31 ms`.
pub(crate) fn percentile(percentile: LoadPercentile) -> String {
    bounded(
        HumanDuration::from_micros(percentile.us),
        percentile.is_lower_bound,
    )
}

pub(crate) fn maximum(latencies: &LatencyFigures) -> Option<String> {
    let max = HumanDuration::from_micros(latencies.max_us?);
    Some(bounded(max, latencies.has_unfinished))
}

pub(crate) fn mean(latencies: &LatencyFigures) -> Option<String> {
    let mean = HumanDuration::from_mean(latencies.mean_us?);
    Some(bounded(mean, latencies.has_unfinished))
}

fn bounded(time: HumanDuration, is_lower_bound: bool) -> String {
    let sign = if is_lower_bound { "≥ " } else { "" };
    format!("{sign}{time}")
}

/// `1 request`, `100,000 requests`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{} {noun}{s}", grouped(count))
}

/// Bytes with a unit and 3 digits: `62.1 MiB`.
fn size(bytes: f64) -> String {
    let units = [
        (1_073_741_824.0, "GiB"),
        (1_048_576.0, "MiB"),
        (1024.0, "KiB"),
    ];
    let unit = units.into_iter().find(|(unit, _)| bytes >= *unit);
    match unit {
        Some((unit, name)) => format!("{} {name}", crate::human::rate(bytes / unit)),
        None => format!("{bytes:.0} B"),
    }
}
