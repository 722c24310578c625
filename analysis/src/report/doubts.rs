//! The reasons to doubt figures, each once for all cells that have it.

use crate::comparison::{Cell, Comparison, condition_label};
use crate::validity::{Validity, ValidityIssue};
use std::cmp::Reverse;
use std::ptr;

/// A reason to doubt the figures of some cells.
pub(super) struct Doubt<'a> {
    issue: &'a ValidityIssue,
    cells: Vec<&'a Cell>,
    /// The number of reasons of the same kind that it stands for, without itself.
    similar: usize,
}

impl<'a> Doubt<'a> {
    /// All reasons, the most severe first, and before them why the comparison was aborted. With `is_brief`, one stands for all of its kind.
    pub(super) fn all(comparison: &'a Comparison, is_brief: bool) -> Vec<Doubt<'a>> {
        let mut doubts: Vec<Doubt<'a>> = Vec::new();
        for cell in &comparison.cells {
            for issue in &cell.verdict.reasons {
                match doubts.iter_mut().find(|one| one.includes(issue, is_brief)) {
                    Some(doubt) => doubt.add(cell, issue),
                    None => doubts.push(Doubt {
                        issue,
                        cells: vec![cell],
                        similar: 0,
                    }),
                }
            }
        }
        doubts.sort_by_key(|doubt| (!doubt.issue.is_aborted(), Reverse(doubt.severity())));
        doubts
    }

    pub(super) fn severity(&self) -> Validity {
        self.issue.severity
    }

    /// The reason, after the cells that have it, if there are several.
    pub(super) fn text(&self, comparison: &Comparison) -> String {
        let cells = match comparison.cells.len() {
            1 => String::new(),
            _ => format!("{}: ", cell_names(comparison, &self.cells)),
        };
        let similar = match self.similar {
            0 => String::new(),
            count => format!(" (and {count} similar)"),
        };
        format!("{cells}{}{similar}", self.issue.message)
    }

    fn includes(&self, issue: &ValidityIssue, by_kind: bool) -> bool {
        let is_alike = (self.issue.severity, &self.issue.label) == (issue.severity, &issue.label);
        is_alike && (by_kind || self.issue.message == issue.message)
    }

    fn add(&mut self, cell: &'a Cell, issue: &ValidityIssue) {
        self.similar += usize::from(self.issue.message != issue.message);
        if !self.cells.iter().any(|known| ptr::eq(*known, cell)) {
            self.cells.push(cell);
        }
    }
}

/// The conditions in which these cells differ from others: `concurrency 5, 10`; of all cells `all cells`; a number where
/// several conditions vary and there are more than two.
pub(super) fn cell_names(comparison: &Comparison, cells: &[&Cell]) -> String {
    let (all, varying) = (comparison.cells.len(), comparison.varying());
    match varying.as_slice() {
        _ if cells.len() == all => "all cells".to_owned(),
        [only] => {
            let values = cells.iter().map(|cell| cell.condition(only));
            format!(
                "{} {}",
                condition_label(only),
                values.collect::<Vec<_>>().join(", ")
            )
        }
        varying if cells.len() <= 2 => {
            let cells = cells
                .iter()
                .map(|cell| cell.describe(|name| varying.contains(&name)));
            cells.collect::<Vec<_>>().join("; ")
        }
        _ => format!("{} of {all} cells", cells.len()),
    }
}
