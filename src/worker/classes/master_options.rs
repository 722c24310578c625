//! What the master says about the requests of all classes: its host, and the custom arguments of the locustfile.

use crate::load::spec::LoadSpec;
use crate::options::policy::PolicyOptions;
use crate::worker::user_load::RunSettings;
use anyhow::{Context as _, Result, anyhow, bail};
use flagpole_client::{ArrivalProcess, ArrivalRate, Target, ThinkTime};
use flagpole_protocol::SpecError;
use flagpole_protocol::spec::{self, DurationDisplay};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// The arguments, without their prefix.
const NAMES: [&str; 5] = ["rate_per_user", "think", "arrivals", "paths", "timeout"];

/// What is requested unless the class or the master says something else.
const DEFAULT_PATH: &str = "/";

/// The load of a class with what the master says, which counts more than the file.
pub(super) fn apply(class: &LoadSpec, settings: &RunSettings) -> Result<LoadSpec> {
    let mut spec = class.clone();
    let options = given(&settings.options)?;
    for (name, text) in &options {
        let set = set(&mut spec, name, text);
        set.map_err(|error| anyhow!("flagpole_{name}: {error:#}"))?;
    }
    let is_given = |option| options.iter().any(|(name, _)| *name == option);
    if is_given("think") && is_given("rate_per_user") {
        bail!(
            "flagpole_think: has no effect with flagpole_rate_per_user, as arrivals do not wait for responses"
        );
    }
    if spec.urls.is_empty() && spec.scenario.is_none() {
        spec.urls.push(DEFAULT_PATH.to_owned());
    }
    if let Some(host) = &settings.host {
        set_host(&mut spec, host).with_context(|| format!("host of the master: `{host}`"))?;
    }
    Ok(spec)
}

/// The arguments that are given, in the order of their effect. Fields of the web page that hold a number cannot be empty, so that
/// 0 is none.
fn given(options: &BTreeMap<String, String>) -> Result<Vec<(&'static str, &str)>> {
    let is_known = |name: &&String| NAMES.contains(&name.as_str());
    if let Some(name) = options.keys().find(|name| !is_known(name)) {
        let error = SpecError::unknown("argument", name, NAMES);
        bail!("flagpole_{name}: {error}");
    }
    let given = NAMES
        .into_iter()
        .filter_map(|name| Some((name, options.get(name)?.as_str())));
    Ok(given.filter(|(_, text)| !is_zero(text)).collect())
}

fn set(spec: &mut LoadSpec, name: &str, text: &str) -> Result<()> {
    match name {
        "rate_per_user" => {
            spec.rate_per_user = Some(rate(text)?);
            spec.think = None;
        }
        "think" if spec.rate_per_user.is_none() && spec.scenario.is_none() => {
            spec.think = Some(think(text)?);
        }
        "think" => drop(think(text)?),
        "arrivals" => {
            let arrivals: ArrivalProcess = text.parse()?;
            if spec.is_open() {
                spec.arrivals = Some(arrivals);
            }
        }
        "paths" if spec.scenario.is_none() => {
            spec.urls = paths(text);
            // Of one path there is no order.
            spec.order = spec.order.filter(|_| spec.urls.len() > 1);
        }
        "paths" => {}
        "timeout" => {
            let timeout = DurationDisplay(duration(text)?).to_string();
            let policy: PolicyOptions = serde_json::from_value(json!({ "timeout": timeout }))?;
            spec.policy = policy.merged_over(&spec.policy)?;
        }
        _ => unreachable!("`given` has no other arguments"),
    }
    Ok(())
}

/// Whether a text is the number 0.
fn is_zero(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(|number| number == 0.0)
}

/// A rate, or a number per second.
fn rate(text: &str) -> Result<ArrivalRate> {
    let number = text.parse().ok().and_then(ArrivalRate::from_per_second);
    Ok(number.map_or_else(|| text.parse(), Ok)?)
}

/// A duration, or a number of seconds.
fn duration(text: &str) -> Result<Duration> {
    let seconds = text.parse().ok();
    let seconds = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    Ok(seconds.map_or_else(|| spec::duration(text), Ok)?)
}

/// A think time, or a number of seconds.
fn think(text: &str) -> Result<ThinkTime> {
    if text.contains("..") {
        return Ok(text.parse()?);
    }
    duration(text).map(ThinkTime::from)
}

/// Paths and URLs with spaces or commas between; a comma that is followed by neither belongs to a path.
fn paths(text: &str) -> Vec<String> {
    let text = text.replace(",/", " /").replace(",http", " http");
    let paths = text
        .split_whitespace()
        .map(|path| path.trim_end_matches(','));
    paths
        .filter(|path| !path.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Makes paths those of a host, and of its path if it has one.
fn set_host(spec: &mut LoadSpec, host: &str) -> Result<()> {
    host.parse::<Target>()?;
    let path = host
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'));
    let path = path.map_or("", |(_, path)| path.trim_end_matches('/'));
    if !path.is_empty() {
        if spec.scenario.is_some() || spec.urls.iter().any(|url| url.starts_with('{')) {
            bail!(
                "expected a host without a path, as steps of scenarios and objects have whole paths"
            );
        }
        let is_path = |url: &&mut String| url.starts_with('/');
        for url in spec.urls.iter_mut().filter(is_path) {
            *url = format!("/{path}{url}");
        }
    }
    spec.base = Some(host.to_owned());
    Ok(())
}
