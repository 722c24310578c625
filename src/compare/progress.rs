//! How far a comparison is, on a terminal: written between trials and never during one, for to watch must
//! not change what is measured.

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

/// One line that is written over and over.
pub(crate) struct Progress {
    is_shown: bool,
    begun: Instant,
    done: usize,
    all: usize,
}

impl Progress {
    /// Of so many trials.
    pub(crate) fn new(all: usize) -> Progress {
        Progress {
            is_shown: io::stderr().is_terminal(),
            begun: Instant::now(),
            done: 0,
            all,
        }
    }

    /// The next trial begins.
    pub(crate) fn next(&mut self, what: &str) {
        if self.is_shown {
            let left = left(self.begun.elapsed(), self.done, self.all);
            let left = left.map_or(String::new(), |left| format!(", {} s left", left.as_secs()));
            let text = format!("{} of {}: {what}{left}", self.done + 1, self.all);
            eprint!("\r{text:<78}");
        }
        self.done += 1;
    }

    /// Nothing more comes.
    pub(crate) fn end(&self) {
        if self.is_shown {
            eprint!("\r{:<78}\r", "");
        }
    }
}

/// How long it will take if it goes on so; not known before a tenth is done.
fn left(elapsed: Duration, done: usize, all: usize) -> Option<Duration> {
    (done > 0 && done * 10 >= all).then(|| elapsed.mul_f64((all - done) as f64 / done as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_takes_as_long_as_what_was() {
        let left = |done| left(Duration::from_secs(10), done, 60);
        assert_eq!(left(0), None);
        assert_eq!(left(5), None);
        assert_eq!(left(20), Some(Duration::from_secs(20)));
    }
}
