//! The processes of a merged load over time: how many requests of each ended, compared with what is usual.

use crate::load::ProcessFigures;
use crate::stats::median::lower_median;

/// How a process does compared with the others at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pace {
    /// Less than half of the usual.
    Starved,
    /// Less than nine tenths.
    Slow,
    /// As much as the others.
    Usual,
    /// More than eleven tenths.
    Fast,
}

/// Shares of the usual where a pace begins.
const SLOW: f64 = 0.9;
const STARVED: f64 = 0.5;
const FAST: f64 = 1.1;
/// By how many standard deviations a count differs from the usual one before it is not usual; counts vary like their roots.
const DEVIATIONS: f64 = 3.0;
/// The most cells of a process: more would be narrower than a pixel.
const MAX_CELLS: u64 = 1000;

/// A time in which a process keeps its pace, in seconds from the start of the whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PaceRun {
    pub(super) from_s: u64,
    pub(super) until_s: u64,
    pub(super) pace: Pace,
}

/// The paces of each process, in the order of the processes. The time after the window, in which requests only end, has none.
pub(super) fn paces(processes: &[&ProcessFigures], window_us: u64) -> Vec<Vec<PaceRun>> {
    let width = processes.iter().map(|one| one.point_s).max();
    let mut width = width.unwrap_or(1).max(1);
    while window_us / 1_000_000 / width > MAX_CELLS {
        // Lengths of points are powers of two, too.
        width *= 2;
    }
    let count = usize::try_from(window_us / 1_000_000 / width).unwrap_or(0);
    let cells: Vec<_> = processes
        .iter()
        .map(|one| cells(one, width, count))
        .collect();
    let usual: Vec<Option<f64>> = (0..count)
        .map(|at| {
            let shares = cells.iter().zip(processes);
            let shares = shares.filter_map(|(cells, one)| Some(cells[at]? as f64 / weight(one)));
            lower_median(shares, f64::total_cmp)
        })
        .collect();
    let rows = cells.iter().zip(processes);
    rows.map(|(cells, one)| runs(cells, &usual, weight(one), width))
        .collect()
}

/// The requests that ended in each time of `width` seconds in which the process ran throughout.
fn cells(process: &ProcessFigures, width: u64, count: usize) -> Vec<Option<u64>> {
    let (point, start) = (process.point_s.max(1), process.starts_at_s);
    let end = start + process.logged_us.div_ceil(1_000_000);
    let mut cells: Vec<Option<u64>> = (0..count as u64)
        .map(|at| (at * width >= start && (at + 1) * width <= end).then_some(0))
        .collect();
    for (index, ended) in (0..).zip(&process.ended) {
        let at = usize::try_from((start + index * point) / width).unwrap_or(usize::MAX);
        if let Some(Some(cell)) = cells.get_mut(at) {
            *cell += ended;
        }
    }
    cells
}

/// How much a process is asked for, compared with others.
fn weight(process: &ProcessFigures) -> f64 {
    process
        .asked_per_s
        .filter(|rate| *rate > 0.0)
        .unwrap_or(1.0)
}

fn runs(cells: &[Option<u64>], usual: &[Option<f64>], weight: f64, width: u64) -> Vec<PaceRun> {
    let mut runs: Vec<PaceRun> = Vec::new();
    for (at, (ended, usual)) in (0..).zip(cells.iter().zip(usual)) {
        let (Some(ended), Some(usual)) = (ended, usual) else {
            continue;
        };
        let pace = pace(*ended as f64, usual * weight);
        let (from_s, until_s) = (at * width, (at + 1) * width);
        match runs.last_mut() {
            Some(last) if last.pace == pace && last.until_s == from_s => last.until_s = until_s,
            _ => runs.push(PaceRun {
                from_s,
                until_s,
                pace,
            }),
        }
    }
    runs
}

fn pace(ended: f64, usual: f64) -> Pace {
    let is_chance = (ended - usual).abs() <= DEVIATIONS * usual.sqrt();
    match ended / usual.max(f64::MIN_POSITIVE) {
        _ if is_chance => Pace::Usual,
        share if share < STARVED => Pace::Starved,
        share if share < SLOW => Pace::Slow,
        share if share > FAST => Pace::Fast,
        _ => Pace::Usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(asked_per_s: Option<f64>, starts_at_s: u64, ended: &[u64]) -> ProcessFigures {
        ProcessFigures {
            asked_per_s,
            starts_at_s,
            ended: ended.to_vec(),
            point_s: 1,
            logged_us: ended.len() as u64 * 1_000_000,
            ..ProcessFigures::default()
        }
    }

    fn paces_of(processes: &[ProcessFigures], window_s: u64) -> Vec<Vec<(u64, u64, Pace)>> {
        let processes: Vec<_> = processes.iter().collect();
        let rows = paces(&processes, window_s * 1_000_000).into_iter();
        let row = |runs: Vec<PaceRun>| {
            let runs = runs.iter();
            runs.map(|run| (run.from_s, run.until_s, run.pace))
                .collect()
        };
        rows.map(row).collect()
    }

    #[test]
    fn starved_seconds_of_a_process_are_seen_beside_the_others() {
        let usual = process(None, 0, &[1000; 4]);
        let starved = process(None, 0, &[1000, 100, 100, 1000]);
        let rows = paces_of(&[usual.clone(), usual, starved], 4);
        assert_eq!(rows[0], [(0, 4, Pace::Usual)]);
        assert_eq!(
            rows[2],
            [
                (0, 1, Pace::Usual),
                (1, 3, Pace::Starved),
                (3, 4, Pace::Usual)
            ]
        );
    }

    #[test]
    fn process_is_compared_with_what_it_was_asked_for_and_while_it_ran() {
        let small = process(Some(100.0), 2, &[100, 100]);
        let large = process(Some(1000.0), 0, &[1000, 1000, 1000, 1000, 7]);
        let rows = paces_of(&[small, large], 4);
        assert_eq!(rows[0], [(2, 4, Pace::Usual)]);
        assert_eq!(rows[1], [(0, 4, Pace::Usual)]);
    }

    #[test]
    fn long_time_takes_bounded_memory() {
        let days = 10_000 * 86_400;
        let last = process(None, days - 4, &[1000; 4]);
        let rows = paces_of(&[process(None, 0, &[1000; 4]), last], days);
        assert!(rows.iter().all(Vec::is_empty), "{rows:?}");
    }

    #[test]
    fn few_requests_are_not_judged_by_chance() {
        let rows = paces_of(&[process(None, 0, &[9]), process(None, 0, &[4])], 1);
        assert_eq!(rows[1], [(0, 1, Pace::Usual)]);
    }
}
