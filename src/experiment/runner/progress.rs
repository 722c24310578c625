//! How far a comparison is, on a terminal: written between trials and never during one, for to watch must
//! not change what is measured.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// From here on it is said beforehand how long it may take.
const LONG: Duration = Duration::from_secs(600);

/// One line that is written over and over, as wide as the terminal; none where nobody watches.
pub(crate) struct Progress {
    line: ProgressBar,
    steps: Vec<Step>,
    under_way: Option<(usize, Instant)>,
}

/// The trials of one contender under one set of conditions.
pub(crate) struct Step {
    all: u32,
    /// How long a trial was thought to take.
    foreseen: Duration,
    done: u32,
    took: Duration,
}

impl Step {
    /// So many trials, each of which may take so long.
    pub(crate) fn new(all: usize, foreseen: Duration) -> Step {
        Step {
            all: u32::try_from(all).unwrap_or(u32::MAX),
            foreseen,
            done: 0,
            took: Duration::ZERO,
        }
    }

    fn left(&self) -> u32 {
        self.all.saturating_sub(self.done)
    }
}

impl Progress {
    /// Of these steps.
    pub(crate) fn new(steps: Vec<Step>) -> Progress {
        let style = ProgressStyle::with_template("{wide_msg}");
        let style = style.expect("the template is well formed");
        Progress {
            line: ProgressBar::new_spinner().with_style(style),
            steps,
            under_way: None,
        }
    }

    /// What is to be said beforehand if it takes long.
    pub(crate) fn foreseen(&self) -> Option<String> {
        let runs = self.steps.iter().map(|step| step.all).sum();
        let all = self.steps.iter();
        let all = all.map(|step| step.foreseen.saturating_mul(step.all));
        foreseen(runs, all.fold(Duration::ZERO, Duration::saturating_add))
    }

    /// Something begins that is no trial of a step.
    pub(crate) fn say(&self, what: &str) {
        self.line.set_message(what.to_owned());
    }

    /// The next trial begins, one of this step.
    pub(crate) fn next(&mut self, step: usize, what: &str) {
        self.settle();
        let done: u32 = self.steps.iter().map(|step| step.done).sum();
        let all: u32 = self.steps.iter().map(|step| step.all).sum();
        let left = left(&self.steps).map_or(String::new(), |left| format!(", {}", told(left)));
        self.say(&format!("{} of {all}{left}: {what}", done + 1));
        self.under_way = Some((step, Instant::now()));
    }

    /// Nothing more comes.
    pub(crate) fn end(&self) {
        self.line.finish_and_clear();
    }

    fn settle(&mut self) {
        let Some((step, begun)) = self.under_way.take() else {
            return;
        };
        if let Some(step) = self.steps.get_mut(step) {
            step.done += 1;
            step.took += begun.elapsed();
        }
    }
}

/// How long it will take if it goes on so: each step as its trials so far; one that has none yet as it was
/// foreseen, and as much longer or shorter as the others were.
fn left(steps: &[Step]) -> Option<Duration> {
    let seconds = |foreseen: Duration, trials: u32| foreseen.as_secs_f64() * f64::from(trials);
    let done: u32 = steps.iter().map(|step| step.done).sum();
    let took: f64 = steps.iter().map(|step| seconds(step.took, 1)).sum();
    let foreseen = steps.iter().map(|step| seconds(step.foreseen, step.done));
    if done == 0 {
        return None;
    }
    let more = (took - foreseen.sum::<f64>()) / f64::from(done);
    let of = |step: &Step| match step.done {
        0 => (seconds(step.foreseen, 1) + more).max(0.0),
        done => seconds(step.took, 1) / f64::from(done),
    };
    let left = steps.iter().map(|step| of(step) * f64::from(step.left()));
    Duration::try_from_secs_f64(left.sum()).ok()
}

fn foreseen(runs: u32, all: Duration) -> Option<String> {
    let minutes = all.as_secs() / 60;
    (all >= LONG).then(|| format!("{runs} runs, which may take {minutes} minutes"))
}

fn told(left: Duration) -> String {
    match left.as_secs() {
        seconds if seconds < 100 => format!("{seconds} s left"),
        seconds => format!("{} min left", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn step(done: u32, took: u32, foreseen: u32) -> Step {
        Step {
            done,
            took: took * SECOND,
            ..Step::new(10, foreseen * SECOND)
        }
    }

    #[test]
    fn what_is_left_takes_as_long_as_what_was() {
        assert_eq!(left(&[step(0, 0, 1)]), None, "nothing is known yet");
        assert_eq!(left(&[step(4, 12, 1)]), Some(18 * SECOND));
        assert_eq!(left(&[step(10, 12, 1)]), Some(Duration::ZERO));
    }

    #[test]
    fn slow_steps_that_have_not_begun_are_reckoned_with() {
        // Ten trials of 2 s, foreseen as 1 s, and ten that are foreseen to take 10 s each.
        let steps = [step(10, 20, 1), step(0, 0, 10)];
        assert_eq!(left(&steps), Some(110 * SECOND));
        let steps = [step(10, 20, 50), step(0, 0, 10)];
        assert_eq!(
            left(&steps),
            Some(Duration::ZERO),
            "never less than nothing"
        );
        let steps = [step(10, 20, 1), step(1, 9, 10)];
        assert_eq!(left(&steps), Some(81 * SECOND), "as they turn out");
    }

    #[test]
    fn only_what_takes_long_is_told_beforehand() {
        assert_eq!(foreseen(60, 599 * SECOND), None);
        let told = foreseen(1200, 1800 * SECOND);
        assert_eq!(
            told.as_deref(),
            Some("1200 runs, which may take 30 minutes")
        );
    }

    #[test]
    fn a_long_time_is_told_in_minutes() {
        assert_eq!(told(99 * SECOND), "99 s left");
        assert_eq!(told(185 * SECOND), "3 min left");
    }
}
