//! What response times consist of.

use super::cascade::{CascadePart, cascade};
use super::load_context::LoadContext;
use crate::HumanDuration;
use crate::grouped;
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable, mean_millis, millis, or_dash};
use crate::human::visible_percent;
use crate::load::PartFigures;

pub(super) fn figure(context: &LoadContext<'_>) -> Option<Figure> {
    let figures = &context.result.figures;
    let parts = figures.parts.named();
    let total: f64 = parts.iter().map(|(_, part)| part.mean_us).sum();
    if figures.succeeded == 0 || total <= 0.0 {
        return None;
    }
    let bars = parts.map(|(name, part)| CascadePart {
        name: name.to_owned(),
        class: "s0",
        us: part.mean_us,
        text: format!(
            "{} ({})",
            HumanDuration::from_mean(part.mean_us),
            visible_percent(part.share)
        ),
    });
    let (height, drawing) = cascade("mean response time of successes", &bars);
    let largest = parts
        .iter()
        .max_by(|(_, one), (_, other)| one.mean_us.total_cmp(&other.mean_us));
    let (name, largest) = largest.copied().unwrap_or_default();
    Some(Figure {
        conclusion: format!(
            "Of a mean response time of {}, most is {}: {} ({}).",
            HumanDuration::from_mean(total),
            meaning(name),
            HumanDuration::from_mean(largest.mean_us),
            visible_percent(largest.share)
        ),
        reading: "The parts follow each other, and their means add up to the mean response time: the longest bar is where time can be \
                  saved."
            .to_owned(),
        height,
        drawing,
        table: table(&parts),
        ..context.figure("parts", "Parts of the response time")
    })
}

fn meaning(part: &str) -> &str {
    match part {
        "wait" => "the wait for a connection and for earlier attempts",
        "connect" => "opening connections",
        "first byte" => "the wait for the first byte of the response",
        _ => "receiving the body",
    }
}

fn table(parts: &[(&str, PartFigures)]) -> DataTable {
    let columns = ["requests", "mean (ms)", "share", "p50 (ms)", "p99 (ms)"];
    let row = |(name, part): &(&str, PartFigures)| {
        vec![
            (*name).to_owned(),
            grouped(part.count),
            mean_millis(part.mean_us),
            visible_percent(part.share),
            or_dash(part.p50_us.map(millis)),
            or_dash(part.p99_us.map(millis)),
        ]
    };
    DataTable {
        caption: "Parts of the response times of successful requests; percentiles are of the requests that have the part".to_owned(),
        columns: [Column::text("part")].into_iter().chain(columns.map(Column::number)).collect(),
        rows: parts.iter().map(row).collect(),
        ..DataTable::default()
    }
}
