//! The conditions of cells, as text.

use crate::comparison::{Cell, Comparison};

/// The names of the conditions in which cells differ.
pub(super) fn varying(comparison: &Comparison) -> Vec<String> {
    let Some((first, others)) = comparison.cells.split_first() else {
        return Vec::new();
    };
    let differs = |name: &&String| {
        let value = first.condition(name);
        others.iter().any(|cell| cell.condition(name) != value)
    };
    let names = first.conditions.iter().map(|(name, _)| name);
    names.filter(differs).cloned().collect()
}

/// The selected conditions of a cell: `latency 50ms, seed 0`.
pub(super) fn heading(cell: &Cell, is_selected: impl Fn(&String) -> bool) -> String {
    let selected = cell.conditions.iter().filter(|(name, _)| is_selected(name));
    let parts = selected.map(|(name, value)| format!("{name} {value}"));
    parts.collect::<Vec<_>>().join(", ")
}

/// The conditions in which the cell differs from others, as the start of a line; empty without any.
pub(super) fn prefix(comparison: &Comparison, cell: &Cell) -> String {
    let varying = varying(comparison);
    match heading(cell, |name| varying.contains(name)) {
        empty if empty.is_empty() => empty,
        heading => format!("{heading}: "),
    }
}
