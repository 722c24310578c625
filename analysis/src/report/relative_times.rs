//! How the times of the strategies of a cell relate, in one sentence.

use crate::comparison::{Cell, Ratio, StrategyResult};
use crate::human::{HumanDuration, list, percent, plural, ratio_texts};
use crate::stats::MIN_ROUNDS;

/// The largest difference, as a share, that the interval of a ratio may contain beside 1 to be called an answer. Our
/// choice: with a wider interval, a difference that any user would notice could be there and not be seen.
const MAX_UNSEEN_DIFFERENCE: f64 = 0.25;

/// The strategies of a cell by how their times relate to that of the reference. Cells with equal relations share a
/// sentence.
#[derive(PartialEq)]
pub(crate) struct RelativeTimes<'a> {
    reference: Option<&'a str>,
    /// Significantly different: the interval of the ratio excludes 1.
    different: Vec<&'a str>,
    /// Not significantly different, and the interval excludes large differences.
    equal: Vec<&'a str>,
    /// Not significantly different, but the interval contains large differences.
    undecided: Vec<&'a str>,
    /// A ratio without an interval.
    approximate: Vec<&'a str>,
    /// No ratio: their downloads ended differently.
    incomparable: Vec<&'a str>,
}

impl<'a> RelativeTimes<'a> {
    pub(crate) fn from_cell(cell: &'a Cell) -> RelativeTimes<'a> {
        let reference = cell.reference.as_deref();
        let is_other = |one: &&StrategyResult| Some(one.name.as_str()) != reference;
        let significance = |one: &StrategyResult| {
            let ratio = one.ratio_to(reference?);
            ratio.map(|ratio| ratio.confidence_interval.and(ratio.is_significant))
        };
        let select = |wanted| {
            let others = cell.strategies.iter().filter(is_other);
            let selected = others.filter(|one| significance(one) == wanted);
            selected.map(|one| one.name.as_str()).collect()
        };
        let is_narrow = |name: &&str| {
            let pair = reference.map(|reference| [*name, reference]);
            pair.and_then(|pair| largest_difference(&[cell], &pair))
                .is_some_and(|difference| difference <= MAX_UNSEEN_DIFFERENCE)
        };
        let not_different: Vec<_> = select(Some(Some(false)));
        let (equal, undecided) = not_different.into_iter().partition(is_narrow);
        RelativeTimes {
            reference,
            different: select(Some(Some(true))),
            equal,
            undecided,
            approximate: select(Some(None)),
            incomparable: select(None),
        }
    }

    /// The sentence about these cells, whose strategies relate as in this one; without a full stop.
    pub(crate) fn sentence(&self, cells: &[&Cell]) -> String {
        let Some(reference) = self.reference else {
            return "no strategy has a result".to_owned();
        };
        let has_success = |cell: &&Cell| cell.strategies.iter().any(|one| one.ok > 0);
        let no_success =
            (!cells.iter().any(has_success)).then(|| "no download succeeded".to_owned());
        let clauses = [
            alone(cells),
            ratios(cells, &self.different, reference, ""),
            self.equal_to_reference(cells, reference),
            self.undecided(cells, reference),
            equal_to_each_other(cells, &self.different),
            ratios(cells, &self.approximate, reference, "about "),
            self.no_interval(cells),
            self.not_comparable(reference),
            equal_to_each_other(cells, &self.incomparable),
            no_success,
        ];
        clauses.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    /// The strategies that do not differ from the reference.
    fn equal_to_reference(&self, cells: &[&Cell], reference: &str) -> Option<String> {
        if self.equal.is_empty() {
            return None;
        }
        let strategies = cells
            .first()?
            .strategies
            .iter()
            .map(|one| one.name.as_str());
        let all: Vec<_> = strategies
            .filter(|name| *name == reference || self.equal.contains(name))
            .collect();
        let difference = largest_difference(cells, &all);
        if let Some(difference) = difference.filter(|it| *it <= MAX_UNSEEN_DIFFERENCE) {
            return Some(equal(&all, difference));
        }
        let most = largest_difference_from(cells, reference, &self.equal);
        let names = self.equal.join(" nor ");
        Some(format!(
            "neither {names} differs from {reference} by more than {}",
            percent_above(most)
        ))
    }

    /// The strategies of which it is not known whether they differ from the reference.
    fn undecided(&self, cells: &[&Cell], reference: &str) -> Option<String> {
        let most = largest_difference_from(cells, reference, &self.undecided);
        let names = format!("{} with {reference}", list(&self.undecided));
        (!self.undecided.is_empty()).then(|| too_noisy(&names, most))
    }

    fn no_interval(&self, cells: &[&Cell]) -> Option<String> {
        let rounds = cells.iter().map(|cell| cell.rounds).max()?;
        let is_missing = !self.approximate.is_empty() && rounds < MIN_ROUNDS;
        let verb = if rounds == 1 { "is" } else { "are" };
        is_missing.then(|| {
            format!(
                "{} {verb} too few for an interval",
                plural(rounds as u64, "round")
            )
        })
    }

    fn not_comparable(&self, reference: &str) -> Option<String> {
        let names = list(&self.incomparable);
        let verb = if self.incomparable.len() == 1 {
            "is"
        } else {
            "are"
        };
        (!names.is_empty()).then(|| {
            format!("{names} {verb} not comparable to {reference}: different numbers of downloads succeeded")
        })
    }
}

/// The time of the only strategy.
fn alone(cells: &[&Cell]) -> Option<String> {
    let [only] = cells.first()?.strategies.as_slice() else {
        return None;
    };
    let results = || cells.iter().flat_map(|cell| &cell.strategies);
    let wall = range(results().map(|one| one.wall_us.mean), |us| {
        HumanDuration::from_mean(us).to_string()
    })?;
    let efficiency = range(results().filter_map(|one| one.efficiency), percent);
    let efficiency = efficiency.map(|share| format!(" at an efficiency of {share}"));
    Some(format!(
        "{} takes {wall}{}",
        only.name,
        efficiency.unwrap_or_default()
    ))
}

/// The times relative to that of the reference; of several cells the range.
fn ratios(cells: &[&Cell], names: &[&str], reference: &str, about: &str) -> Option<String> {
    let mut clauses = Vec::new();
    for name in names {
        let found: Vec<_> = cells
            .iter()
            .filter_map(|cell| ratio(cell, name, reference))
            .collect();
        let (text, interval) = match found.as_slice() {
            [] => continue,
            [only] => ratio_texts(only.ratio, only.confidence_interval),
            several => {
                let ratios = several.iter().map(|ratio| ratio.ratio);
                (range(ratios, |ratio| ratio_texts(ratio, None).0)?, None)
            }
        };
        let interval = interval.map(|[low, high]| format!(" ({low} to {high})"));
        let interval = interval.unwrap_or_default();
        clauses.push(if clauses.is_empty() {
            format!("{name} takes {about}{text} the time of {reference}{interval}")
        } else {
            format!("{name} {about}{text}{interval}")
        });
    }
    (!clauses.is_empty()).then(|| clauses.join(", "))
}

/// The groups of these strategies in which no two differ.
fn equal_to_each_other(cells: &[&Cell], names: &[&str]) -> Option<String> {
    let mut groups: Vec<Vec<&str>> = Vec::new();
    for name in names {
        let fits = |group: &&mut Vec<&str>| {
            let mut pairs = group
                .iter()
                .map(|other| largest_difference(cells, &[other, name]));
            pairs.all(|difference| difference.is_some())
        };
        match groups.iter_mut().find(fits) {
            Some(group) => group.push(name),
            None => groups.push(vec![name]),
        }
    }
    let groups = groups.iter().filter(|group| group.len() > 1);
    let clauses: Vec<_> = groups
        .filter_map(|group| {
            let difference = largest_difference(cells, group)?;
            Some(if difference <= MAX_UNSEEN_DIFFERENCE {
                equal(group, difference)
            } else {
                too_noisy(&list(group), difference)
            })
        })
        .collect();
    (!clauses.is_empty()).then(|| clauses.join("; "))
}

fn equal(names: &[&str], difference: f64) -> String {
    let difference = percent_above(difference);
    format!("{} do not differ by more than {difference}", list(names))
}

fn too_noisy(names: &str, difference: f64) -> String {
    let difference = percent_above(difference);
    format!("the times vary too much to compare {names}: they may differ by up to {difference}")
}

/// The largest difference of one of these strategies from the reference that the intervals allow, as a share.
fn largest_difference_from(cells: &[&Cell], reference: &str, names: &[&str]) -> f64 {
    let pairs = names
        .iter()
        .map(|name| largest_difference(cells, &[name, reference]));
    pairs.flatten().fold(0.0, f64::max)
}

/// The largest difference of two of these strategies that their intervals allow, as a share; `None` if two of them
/// differ significantly or have no interval.
fn largest_difference(cells: &[&Cell], names: &[&str]) -> Option<f64> {
    let mut largest: f64 = 0.0;
    for cell in cells {
        for (index, name) in names.iter().enumerate() {
            for other in &names[index + 1..] {
                let ratio =
                    ratio(cell, name, other).filter(|ratio| ratio.is_significant == Some(false))?;
                let [low, high] = ratio.confidence_interval?;
                largest = largest.max(high - 1.0).max(1.0 / low - 1.0);
            }
        }
    }
    Some(largest)
}

fn ratio<'a>(cell: &'a Cell, name: &str, other: &str) -> Option<&'a Ratio> {
    let strategy = cell.strategies.iter().find(|one| one.name == name)?;
    strategy.ratio_to(other)
}

/// A percentage, rounded up so that it is not exceeded.
fn percent_above(share: f64) -> String {
    let steps = if share < 0.0995 { 1000.0 } else { 100.0 };
    percent((steps * share).ceil() / steps)
}

/// The smallest and the largest of these values; only one if they read alike, `None` without values.
fn range(
    values: impl Iterator<Item = f64> + Clone,
    text: impl Fn(f64) -> String,
) -> Option<String> {
    let (low, high) = (
        values.clone().min_by(f64::total_cmp)?,
        values.max_by(f64::total_cmp)?,
    );
    let (low, high) = (text(low), text(high));
    Some(if low == high {
        low
    } else {
        format!("{low} to {high}")
    })
}
