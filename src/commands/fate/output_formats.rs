//! Writes fates (all that will happen to each response) as text, CSV or JSON.

use crate::output;
use anyhow::Result;
use clap::ValueEnum;
use flagpole_analysis::HumanDuration;
use flagpole_analysis::bound::Bound;
use flagpole_client::Concurrency;
use flagpole_server::FatePreview;
use serde_json::json;
use std::fmt::Write as _;

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum FateFormat {
    Text,
    Csv,
    Json,
}

/// The fates of one listener.
pub(super) struct ListenerFates {
    pub(super) name: String,
    pub(super) fates: Vec<FatePreview>,
    /// The lower bound of the wall time; `None` if some responses never end.
    pub(super) bound: Option<Bound>,
}

impl FateFormat {
    pub(super) fn write(
        self,
        listeners: &[ListenerFates],
        seed: u64,
        concurrency: Concurrency,
    ) -> Result<String> {
        match self {
            FateFormat::Text => Ok(text(listeners, seed, concurrency)),
            FateFormat::Csv => csv(listeners),
            FateFormat::Json => json(listeners, seed, concurrency),
        }
    }
}

// Writing to a String cannot fail.
fn text(listeners: &[ListenerFates], seed: u64, concurrency: Concurrency) -> String {
    let mut text = String::new();
    for ListenerFates { name, fates, bound } in listeners {
        let separator = if name.is_empty() { "" } else { ", " };
        let _ = writeln!(text, "{name}{separator}seed {seed}\n");
        let _ = writeln!(
            text,
            "{:<24} {:>3}  {:<10} {:>12}  {:<22} ending",
            "resource", "n", "rule", "delay ms", "fault"
        );
        for fate in fates {
            let delay = fate.planned.as_secs_f64() * 1e3;
            let fault = fate.fault.as_deref().unwrap_or("-");
            let resource = fate.resource.to_string();
            let _ = writeln!(
                text,
                "{resource:<24} {:>3}  {:<10} {delay:>12.3}  {fault:<22} {}",
                fate.request_number, fate.rule, fate.ending
            );
        }
        let _ = match bound {
            Some(bound) => writeln!(
                text,
                "\nLower bound: {} for {} request{} at concurrency {concurrency}\n",
                HumanDuration(bound.total()),
                fates.len(),
                if fates.len() == 1 { "" } else { "s" }
            ),
            None => writeln!(
                text,
                "\nNo lower bound: some responses never end; set `--timeout`\n"
            ),
        };
    }
    text.truncate(text.trim_end().len() + 1);
    text
}

fn json(listeners: &[ListenerFates], seed: u64, concurrency: Concurrency) -> Result<String> {
    let listener = |listener: &ListenerFates| {
        let bound = listener.bound.map(|bound| bound.total());
        json!({
            "listener": listener.name,
            "fates": listener.fates,
            "concurrency": concurrency.get(),
            "bound_us": bound.map(|bound| bound.as_nanos() as f64 / 1e3),
        })
    };
    let listeners: Vec<_> = listeners.iter().map(listener).collect();
    let document = json!({ "schema": "flagpole.fates/2", "seed": seed, "listeners": listeners });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn csv(listeners: &[ListenerFates]) -> Result<String> {
    let rows = listeners
        .iter()
        .flat_map(|ListenerFates { name, fates, .. }| {
            fates.iter().map(move |fate| {
                (
                    name,
                    fate.resource.to_string(),
                    fate.request_number,
                    &fate.rule,
                    fate.planned.as_micros(),
                    &fate.fault,
                    &fate.ending,
                )
            })
        });
    output::csv("listener,resource,n,rule,planned_us,fault,ending", rows)
}
