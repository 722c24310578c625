//! How a program ended.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How a program ended: an outcome of the trial, like any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ProgramExit {
    /// With this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// It was ended because it exceeded its time limit.
    TimedOut,
}

impl ProgramExit {
    /// Whether the program says that it succeeded.
    pub fn is_success(self) -> bool {
        self == ProgramExit::Code(0)
    }

    /// The name in results: `exit_0`, `signal_9`, `timeout`.
    pub fn label(self) -> String {
        match self {
            ProgramExit::Code(code) => format!("exit_{code}"),
            ProgramExit::Signal(signal) => format!("signal_{signal}"),
            ProgramExit::TimedOut => "timeout".to_owned(),
        }
    }

    /// The words for a label: `exit code 1`.
    pub fn describe(label: &str) -> String {
        match label.split_once('_') {
            Some(("exit", code)) => format!("exit code {code}"),
            Some(("signal", signal)) => format!("signal {signal}"),
            _ => label.to_owned(),
        }
    }
}

impl fmt::Display for ProgramExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&ProgramExit::describe(&self.label()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exits_have_labels_and_words() {
        for (exit, label, words) in [
            (ProgramExit::Code(0), "exit_0", "exit code 0"),
            (ProgramExit::Signal(11), "signal_11", "signal 11"),
            (ProgramExit::TimedOut, "timeout", "timeout"),
        ] {
            assert_eq!(
                (exit.label().as_str(), exit.to_string().as_str()),
                (label, words)
            );
            assert_eq!(exit.is_success(), label == "exit_0");
        }
    }
}
