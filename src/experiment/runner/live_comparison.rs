//! What the live page of a comparison shows: the wall times of all trials so far. It changes between trials only, so that
//! it does not disturb them.

use super::conditions::CellConditions;
use anyhow::Result;
use flagpole_protocol::as_micros;
use flagpole_server::RunPage;
use serde::Serialize;
use std::ops::Range;
use std::time::Duration;

/// The number of cells, the newest, whose wall times are sent one by one; of the others the median is.
const CELLS_IN_FULL: usize = 4;

/// The page of a comparison.
pub(crate) struct LiveComparison<'a> {
    page: &'a RunPage,
    title: String,
    cells: Vec<LiveCell>,
}

struct LiveCell {
    conditions: String,
    wanted_rounds: usize,
    first_step: usize,
    contenders: Vec<LiveContender>,
}

struct LiveContender {
    name: String,
    /// Of the rounds so far, without the warm-up round.
    walls: Vec<Duration>,
    /// Of rounds in which the machine stalled. They are repeated; if too many are, the last of them count in the end.
    stalled_walls: Vec<Duration>,
}

/// How far a comparison is.
pub(crate) struct ComparisonProgress<'a> {
    /// Trials that are done, and all.
    pub(crate) done: usize,
    pub(crate) trials: usize,
    /// Seconds; `None` if unknown.
    pub(crate) remaining: Option<f64>,
    /// The step of the current trial.
    pub(crate) step: Option<usize>,
    /// What is measured.
    pub(crate) current: &'a str,
}

#[derive(Serialize)]
struct StateDocument<'a> {
    title: &'a str,
    done: usize,
    trials: usize,
    remaining_s: Option<f64>,
    current: &'a str,
    cells: Vec<CellDocument<'a>>,
}

#[derive(Serialize)]
struct CellDocument<'a> {
    conditions: &'a str,
    wanted: usize,
    contenders: Vec<ContenderDocument<'a>>,
}

#[derive(Serialize)]
struct ContenderDocument<'a> {
    name: &'a str,
    is_running: bool,
    rounds: usize,
    median_us: Option<u64>,
    walls_us: Vec<u64>,
    stalled_rounds: usize,
    stalled_walls_us: Vec<u64>,
}

impl LiveComparison<'_> {
    /// Begins to show a comparison with these cells.
    pub(crate) fn start<'a>(
        page: &'a RunPage,
        cells: &[CellConditions<'_>],
    ) -> Result<LiveComparison<'a>> {
        let cells: Result<Vec<_>> = cells.iter().map(LiveCell::new).collect();
        let cells = cells?;
        let contenders = cells.first().map(|cell| cell.contenders.iter());
        let names = contenders.into_iter().flatten();
        let names: Vec<_> = names.map(|contender| contender.name.as_str()).collect();
        let title = names.join(", ");
        Ok(LiveComparison { page, title, cells })
    }

    /// A trial of this step is in the figures.
    pub(crate) fn add_wall(&mut self, step: usize, wall: Duration) {
        if let Some(contender) = self.contender(step) {
            contender.walls.push(wall);
        }
    }

    /// The machine stalled in the last round of these steps.
    pub(crate) fn repeat_round(&mut self, steps: Range<usize>) {
        for step in steps {
            if let Some(contender) = self.contender(step) {
                contender.stalled_walls.extend(contender.walls.pop());
            }
        }
    }

    /// Shows the comparison at this moment.
    pub(crate) fn show(&self, progress: &ComparisonProgress<'_>) {
        self.page.set(&self.document(progress));
    }

    fn contender(&mut self, step: usize) -> Option<&mut LiveContender> {
        let mut cells = self.cells.iter_mut();
        let cell = cells.find(|cell| cell.steps().contains(&step))?;
        cell.contenders.get_mut(step - cell.first_step)
    }

    fn document<'a>(&'a self, progress: &ComparisonProgress<'a>) -> StateDocument<'a> {
        // Cells come one after the other.
        let begun = self.cells.iter();
        let begun = begun.filter(|cell| progress.step.is_some_and(|step| cell.first_step <= step));
        let begun: Vec<_> = begun.collect();
        let first_in_full = begun.len().saturating_sub(CELLS_IN_FULL);
        let cells = begun.into_iter().enumerate();
        let cells = cells.map(|(index, cell)| cell.document(progress.step, index >= first_in_full));
        StateDocument {
            title: &self.title,
            done: progress.done,
            trials: progress.trials,
            remaining_s: progress.remaining,
            current: progress.current,
            cells: cells.collect(),
        }
    }
}

impl LiveCell {
    fn new(conditions: &CellConditions<'_>) -> Result<LiveCell> {
        let listener = conditions.listener()?;
        let pairs = conditions.as_pairs(listener.as_ref()).into_iter();
        let pairs = pairs.map(|(name, value)| format!("{} {value}", name.replace('_', " ")));
        let contender = |name: &String| LiveContender {
            name: name.clone(),
            walls: Vec::new(),
            stalled_walls: Vec::new(),
        };
        let variants = conditions.variants.iter();
        Ok(LiveCell {
            conditions: pairs.collect::<Vec<_>>().join(", "),
            wanted_rounds: conditions.experiment.rounds.get(),
            first_step: conditions.first_step,
            contenders: variants.map(|variant| contender(&variant.name)).collect(),
        })
    }

    fn steps(&self) -> Range<usize> {
        self.first_step..self.first_step + self.contenders.len()
    }

    fn document(&self, step: Option<usize>, is_in_full: bool) -> CellDocument<'_> {
        let contenders = self.steps().zip(&self.contenders);
        let contenders = contenders.map(|(own, contender)| ContenderDocument {
            name: &contender.name,
            is_running: step == Some(own),
            rounds: contender.walls.len(),
            median_us: median(&contender.walls),
            walls_us: micros(&contender.walls, is_in_full),
            stalled_rounds: contender.stalled_walls.len(),
            stalled_walls_us: micros(&contender.stalled_walls, is_in_full),
        });
        CellDocument {
            conditions: &self.conditions,
            wanted: self.wanted_rounds,
            contenders: contenders.collect(),
        }
    }
}

/// In microseconds; none unless they are shown.
fn micros(walls: &[Duration], is_shown: bool) -> Vec<u64> {
    let shown = walls.iter().filter(|_| is_shown);
    shown.copied().map(as_micros).collect()
}

/// In microseconds.
fn median(walls: &[Duration]) -> Option<u64> {
    let mut sorted: Vec<_> = walls.iter().copied().map(as_micros).collect();
    sorted.sort_unstable();
    let (last, half) = (sorted.len().checked_sub(1)?, sorted.len() / 2);
    Some(u64::midpoint(sorted[last / 2], sorted[half]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn comparison(page: &RunPage, cells: usize) -> LiveComparison<'_> {
        let contender = |name: &str| LiveContender {
            name: name.to_owned(),
            walls: Vec::new(),
            stalled_walls: Vec::new(),
        };
        let cell = |index: usize| LiveCell {
            conditions: format!("latency {index}ms"),
            wanted_rounds: 5,
            first_step: 2 * index,
            contenders: vec![contender("threads"), contender("async")],
        };
        let cells = (0..cells).map(cell).collect();
        LiveComparison {
            page,
            title: "threads, async".to_owned(),
            cells,
        }
    }

    fn at(step: usize) -> ComparisonProgress<'static> {
        ComparisonProgress {
            done: 3,
            trials: 12,
            remaining: Some(1.5),
            step: Some(step),
            current: "async, round 2",
        }
    }

    fn page() -> RunPage {
        let kind = flagpole_server::RunKind::Comparison;
        RunPage::start(kind, ([127, 0, 0, 1], 0).into(), None).unwrap()
    }

    #[test]
    fn walls_of_stalled_rounds_are_kept_apart() {
        let page = page();
        let mut live = comparison(&page, 2);
        for wall in [30, 10, 20] {
            live.add_wall(0, Duration::from_micros(wall));
            live.add_wall(1, Duration::from_micros(2 * wall));
        }
        live.repeat_round(0..2);
        let document = serde_json::to_value(live.document(&at(1))).unwrap();
        let contender = |name: &str, is_running, factor| {
            json!({
                "name": name,
                "is_running": is_running,
                "rounds": 2,
                "median_us": 20 * factor,
                "walls_us": [30 * factor, 10 * factor],
                "stalled_rounds": 1,
                "stalled_walls_us": [20 * factor],
            })
        };
        let expected = json!([{
            "conditions": "latency 0ms",
            "wanted": 5,
            "contenders": [contender("threads", false, 1), contender("async", true, 2)],
        }]);
        assert_eq!(document["cells"], expected);
    }

    #[test]
    fn size_of_the_document_is_bounded() {
        let page = page();
        let mut live = comparison(&page, 10);
        for step in 0..20 {
            live.add_wall(step, Duration::from_micros(7));
        }
        let document = serde_json::to_value(live.document(&at(19))).unwrap();
        let cells = document["cells"].as_array().unwrap();
        let full = cells
            .iter()
            .filter(|cell| cell["contenders"][0]["walls_us"] == json!([7]));
        assert_eq!((cells.len(), full.count()), (10, CELLS_IN_FULL));
        assert!(
            cells
                .iter()
                .all(|cell| cell["contenders"][0]["median_us"] == 7)
        );
    }
}
