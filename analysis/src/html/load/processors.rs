//! Who used the processors of the machine, and the memory of the client.

use super::cascade::{CascadePart, cascade};
use super::load_context::LoadContext;
use crate::HumanDuration;
use crate::grouped;
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable, millis};
use crate::human::{percent, visible_percent};
use crate::load::LoadResult;

pub(super) fn figure(context: &LoadContext<'_>) -> Option<Figure> {
    let result = context.result;
    let uses = uses(result);
    let capacity = result.lost.capacity_us.filter(|us| *us > 0);
    let total = capacity.unwrap_or_else(|| uses.iter().map(|(_, us)| us).sum());
    if total == 0 {
        return None;
    }
    let share = |us: u64| us as f64 / total as f64;
    let idle = capacity.map(|all| {
        (
            "idle",
            all.saturating_sub(uses.iter().map(|(_, us)| us).sum()),
        )
    });
    let bars = uses
        .iter()
        .copied()
        .chain(idle)
        .map(|(name, us)| CascadePart {
            name: name.to_owned(),
            class: class(name),
            us: us as f64,
            text: format!(
                "{} ({})",
                HumanDuration::from_micros(us),
                visible_percent(share(us))
            ),
        });
    let (height, drawing) = cascade("processor time during the run", &bars.collect::<Vec<_>>());
    Some(Figure {
        conclusion: conclusion(result, idle.map(|(_, us)| share(us))),
        reading: "The bars follow each other and add up to the time of all processors: without idle time, client and server take it from \
                  each other."
            .to_owned(),
        height,
        drawing,
        table: table(result, &uses, idle),
        ..context.figure("processors", "Processors and memory")
    })
}

/// Who used the processors, and for how long; what is not known is left out.
fn uses(result: &LoadResult) -> Vec<(&'static str, u64)> {
    let lost = &result.lost;
    let uses = [
        (
            "client",
            Some(result.resource_usage.cpu_us()).filter(|us| *us > 0),
        ),
        ("server", result.server_cpu_us),
        ("other programs", lost.other_cpu_us),
        ("other machines", lost.steal_us.filter(|us| *us > 0)),
    ];
    uses.into_iter()
        .filter_map(|(name, us)| Some((name, us?)))
        .collect()
}

fn class(name: &str) -> &'static str {
    match name {
        "client" => "s0",
        "server" => "s2",
        "idle" => "band",
        _ => "s1",
    }
}

fn conclusion(result: &LoadResult, idle: Option<f64>) -> String {
    let usage = &result.resource_usage;
    let idle = idle.map(|share| {
        format!(
            "; the processors were idle for {} of their time",
            percent(share)
        )
    });
    let server = match (result.server_cpu_us, result.is_server_local) {
        (Some(us), _) => format!(", the server {}", HumanDuration::from_micros(us)),
        (None, true) => ", and that of the server on this machine is not known".to_owned(),
        (None, false) => String::new(),
    };
    format!(
        "The client took {} of processor time{server}{}. The client had {} MiB of memory at most.",
        HumanDuration::from_micros(usage.cpu_us()),
        idle.unwrap_or_default(),
        grouped(usage.peak_memory_kib.div_ceil(1024))
    )
}

fn table(result: &LoadResult, uses: &[(&str, u64)], idle: Option<(&str, u64)>) -> DataTable {
    let usage = &result.resource_usage;
    let times = uses.iter().copied().chain(idle);
    let mut rows: Vec<_> = times
        .map(|(name, us)| vec![format!("{name} (ms)"), millis(us)])
        .collect();
    let optional = [
        (
            "wait of the client for a processor (ms)",
            result.lost.run_queue_us,
        ),
        ("stop of the client (ms)", result.lost.stopped_us),
        ("throttling by a quota (ms)", result.lost.throttled_us),
    ];
    let known = optional
        .into_iter()
        .filter_map(|(name, us)| Some(vec![name.to_owned(), millis(us?)]));
    rows.extend(known);
    let counts = [
        ("client in user mode (ms)", millis(usage.cpu_user_us)),
        ("client in the kernel (ms)", millis(usage.cpu_system_us)),
        (
            "peak memory of the client (KiB)",
            grouped(usage.peak_memory_kib),
        ),
        ("threads of the client", grouped(usage.peak_threads)),
        (
            "context switches by waiting",
            grouped(usage.voluntary_context_switches),
        ),
        (
            "context switches by preemption",
            grouped(usage.involuntary_context_switches),
        ),
    ];
    rows.extend(counts.map(|(name, figure)| vec![name.to_owned(), figure]));
    DataTable {
        caption: "Processor time, memory and context switches".to_owned(),
        columns: vec![Column::text("figure"), Column::number("value")],
        rows,
        ..DataTable::default()
    }
}
