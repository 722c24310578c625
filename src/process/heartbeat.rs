//! Whether a process that we started still answers. A word on its standard input asks, an empty line on its
//! standard output answers: that is nothing in JSON, in which it says all else.

use std::io::{self, Write};
use std::time::Duration;

/// How long after one question the next is asked.
pub(crate) const BEAT: Duration = Duration::from_secs(2);

/// So many questions in a row without an answer are no chance: a busy machine lets everyone run within
/// much less. Questions are counted and not seconds, or one who stops the whole family would find it dead.
const UNANSWERED: u32 = 5;

/// The line that asks.
const QUESTION: &str = "?";

/// The questions that were asked since the last answer.
#[derive(Default)]
pub(crate) struct Heartbeat(u32);

impl Heartbeat {
    /// It said something.
    pub(crate) fn is_there(&mut self) {
        self.0 = 0;
    }

    /// Asks once more, and says whether there is none to ask.
    pub(crate) fn is_lost(&mut self, input: &mut impl Write) -> bool {
        // One that has ended says so by its end.
        let _ = writeln!(input, "{QUESTION}");
        self.0 += 1;
        self.0 > UNANSWERED
    }
}

/// Answers every question on standard input, until it closes, and hands every other line to `other`: in the
/// process that is asked.
pub(crate) fn listen(other: impl Fn(&str)) {
    for line in io::stdin().lines().map_while(Result::ok) {
        if line != QUESTION {
            other(&line);
            continue;
        }
        let mut out = io::stdout().lock();
        // A parent that has gone has no questions.
        let _ = out.write_all(b"\n").and_then(|()| out.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_who_answers_now_and_then_is_there() {
        let mut asked = Vec::new();
        let mut pulse = Heartbeat::default();
        for _ in 0..3 {
            for _ in 0..UNANSWERED {
                assert!(!pulse.is_lost(&mut asked));
            }
            pulse.is_there();
        }
        let lost = (0..=UNANSWERED).map(|_| pulse.is_lost(&mut asked));
        assert_eq!(lost.filter(|lost| *lost).count(), 1, "the last");
        assert_eq!(asked, b"?\n".repeat(asked.len() / 2));
    }
}
