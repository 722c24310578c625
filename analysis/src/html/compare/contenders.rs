//! What sections about all cells share: the contenders with their looks, and whether figures must not be used.

use crate::comparison::{Cell, Comparison};
use crate::html::chart::label::clipped;
use crate::html::chart::palette::Palette;
use crate::human::list;
use crate::validity::Validity;

/// The most contenders that a title names.
const MAX_NAMED: usize = 4;

/// The most characters of a name in a title.
const MAX_NAME: usize = 40;

/// The looks of all strategies.
pub(super) fn palette(comparison: &Comparison) -> Palette {
    Palette::new(names(comparison).into_iter())
}

/// The names of all strategies, each once.
pub(super) fn names(comparison: &Comparison) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for one in comparison.cells.iter().flat_map(|cell| &cell.strategies) {
        if !names.contains(&one.name.as_str()) {
            names.push(&one.name);
        }
    }
    names
}

/// Whether figures of one of these cells must not be used.
pub(super) fn has_invalid<'a>(mut cells: impl Iterator<Item = &'a Cell>) -> bool {
    cells.any(|cell| cell.verdict.validity == Validity::Invalid)
}

/// The title of the page.
pub(super) fn title(comparison: &Comparison) -> String {
    let names = names(comparison)
        .into_iter()
        .map(|name| clipped(name, MAX_NAME));
    let names: Vec<String> = names.collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match names.as_slice() {
        [] => "Comparison without results".to_owned(),
        [only] => format!("Measurement of {only}"),
        few if few.len() <= MAX_NAMED => format!("Comparison of {}", list(few)),
        many => format!("Comparison of {} contenders", many.len()),
    }
}
