//! The report of a load run: what it says first, then a chart a file.

mod cascade;
mod count_axis;
mod histogram;
mod in_flight;
mod iterations;
mod latency;
mod load_context;
mod loops;
mod opening;
mod outcomes;
mod parts;
mod percentiles;
mod process_grid;
mod processes;
mod processors;
mod rate;
mod search;
mod tables;
mod time_chart;
mod time_points;

use self::load_context::LoadContext;
use super::chart::label::clipped;
use super::figure::Figure;
use super::page::{page, section};
use super::prose::prose;
use super::trend::trend_of_loads;
use crate::load::LoadResult;
use crate::load::report::sentences::below_table;
use maud::{Markup, html};

/// A chart; `None` without figures.
type LoadChart = fn(&LoadContext<'_>) -> Option<Figure>;

/// The sections with their charts, in the order of display.
const SECTIONS: [(&str, &str, &[LoadChart]); 5] = [
    ("search-section", "Search", &[search::figure]),
    ("processes-section", "Processes", &[processes::figure]),
    (
        "time",
        "Over time",
        &[
            rate::figure,
            latency::figure,
            outcomes::figure,
            in_flight::figure,
        ],
    ),
    (
        "times",
        "Response times",
        &[percentiles::figure, histogram::figure, parts::figure],
    ),
    (
        "client",
        "Client and machine",
        &[iterations::figure, loops::figure, processors::figure],
    ),
];

/// The most characters of a target in the title.
const MAX_TITLE: usize = 80;

/// The page of this result, and of its trend, if it is the last of several.
pub(super) fn report(result: &LoadResult, all: &[LoadResult]) -> String {
    let context = LoadContext::new(result);
    let sections = html! {
        (opening::opening(result).markup())
        (trend_of_loads(all))
        (figures(&context))
        @for (id, title, charts) in SECTIONS { (charts_section(&context, id, title, charts)) }
    };
    page(&title(result), &sections, &result.environment.flagpole)
}

/// The figures in words and in tables.
fn figures(context: &LoadContext<'_>) -> Markup {
    section(
        "figures",
        "Figures",
        &html! {
            @if context.is_invalid() { p.note { "INVALID: these figures must not be used." } }
        @if context.has_gaps {
            p.note { "The processes ran at times that are far apart, which one axis cannot show: there are no charts over time." }
        }
        @if context.result.search.is_some() {
            p.note { "All figures but those of the search itself are of its last run." }
        }
        ul.facts { @for line in below_table(context.result) { li { bdi { (prose(&clipped(&line, 600))) } } } }
            (tables::latencies(context))
            (tables::conditions(context))
            (tables::baseline(context))
            (tables::outcomes(context))
            (processes::seen_table(context))
        },
    )
}

fn charts_section(
    context: &LoadContext<'_>,
    id: &str,
    title: &str,
    charts: &[LoadChart],
) -> Markup {
    let figures: Vec<_> = charts.iter().filter_map(|chart| chart(context)).collect();
    html! {
        @if !figures.is_empty() {
            (section(id, title, &html! { @for figure in &figures { (figure.markup()) } }))
        }
    }
}

fn title(result: &LoadResult) -> String {
    match result.targets.as_slice() {
        [] => "Load run".to_owned(),
        [only] => format!("Load run of {}", clipped(only, MAX_TITLE)),
        [first, others @ ..] => format!(
            "Load run of {} and {} more",
            clipped(first, MAX_TITLE),
            others.len()
        ),
    }
}
