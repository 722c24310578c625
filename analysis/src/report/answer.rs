//! The first lines of a report: the verdict, the answer and the reasons to doubt it.

#[cfg(test)]
mod tests;

use super::doubts::{Doubt, cell_names};
use super::relative_times::RelativeTimes;
use crate::comparison::{Cell, Comparison};
use crate::validity::Validity;

/// The first lines of a report.
pub(crate) struct Answer {
    /// The worst verdict of all cells.
    pub(crate) validity: Validity,
    /// How the times of the strategies relate; where figures are invalid, why.
    pub(crate) lines: Vec<String>,
    /// The reasons to doubt the figures that `lines` does not name, with their severities.
    pub(crate) doubts: Vec<(Validity, String)>,
}

impl Answer {
    /// With `is_brief`, a reason stands for all of its kind.
    pub(crate) fn new(comparison: &Comparison, is_brief: bool) -> Answer {
        let cells: Vec<&Cell> = comparison.cells.iter().collect();
        let validity = cells.iter().map(|cell| cell.verdict.validity).max();
        let doubts = Doubt::all(comparison, is_brief);
        let mut doubts = doubts
            .iter()
            .map(|doubt| (doubt.severity(), doubt.text(comparison)));
        let lines = match validity {
            None => vec!["nothing was measured".to_owned()],
            Some(Validity::Valid) => conclusions(comparison, &cells),
            Some(Validity::Suspect) => suspect(comparison, &cells),
            Some(Validity::Invalid) => {
                let (_, first) = doubts
                    .next()
                    .unwrap_or((Validity::Invalid, "no reason".to_owned()));
                let others = Answer::conclusions(comparison);
                [first].into_iter().chain(others).collect()
            }
        };
        Answer {
            validity: validity.unwrap_or(Validity::Invalid),
            lines,
            doubts: doubts.collect(),
        }
    }

    /// How the times of the strategies relate in the cells whose figures can be used; without the reasons to doubt it.
    pub(crate) fn conclusions(comparison: &Comparison) -> Vec<String> {
        let usable = comparison.cells.iter().filter(|cell| !is_invalid(cell));
        conclusions(comparison, &usable.collect::<Vec<_>>())
    }
}

fn is_invalid(cell: &Cell) -> bool {
    cell.verdict.validity == Validity::Invalid
}

fn suspect(comparison: &Comparison, cells: &[&Cell]) -> Vec<String> {
    let doubtful = cells
        .iter()
        .filter(|cell| cell.verdict.validity == Validity::Suspect)
        .count();
    let doubtful = if doubtful < cells.len() {
        format!("doubtful in {doubtful} of {} cells because:", cells.len())
    } else {
        "doubtful because:".to_owned()
    };
    match conclusions(comparison, cells).as_slice() {
        [only] => vec![format!("{only}; {doubtful}")],
        several => several.iter().cloned().chain([doubtful]).collect(),
    }
}

/// What these cells show, in a line for all those in which the strategies relate alike.
fn conclusions(comparison: &Comparison, cells: &[&Cell]) -> Vec<String> {
    let mut groups: Vec<(RelativeTimes<'_>, Vec<&Cell>)> = Vec::new();
    for cell in cells {
        let relative = RelativeTimes::from_cell(cell);
        match groups.iter_mut().find(|(known, _)| *known == relative) {
            Some((_, cells)) => cells.push(cell),
            None => groups.push((relative, vec![cell])),
        }
    }
    let lines = groups.iter().map(|(relative, cells)| {
        let sentence = relative.sentence(cells);
        if cells.len() == comparison.cells.len() {
            sentence
        } else {
            format!("{}: {sentence}", cell_names(comparison, cells))
        }
    });
    lines.collect()
}
