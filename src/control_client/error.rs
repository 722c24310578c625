//! Why a call of the control plane has no answer, in a line.

use flagpole_protocol::spec::DurationDisplay;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fmt;
use std::io;
use std::time::Duration;

/// A call that failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ControlError {
    /// Nothing listens at this URL.
    #[error("cannot connect to {0}: {1}; is it the URL that `flagpole serve --control` shows?")]
    Connect(String, io::Error),
    /// No answer came from this URL in time.
    #[error("no answer from {url} within {}", DurationDisplay(*timeout))]
    TimedOut { url: String, timeout: Duration },
    /// The connection to this URL broke off.
    #[error("cannot read the answer of {0}: {1}")]
    Broken(String, String),
    /// Another program answered, or a listener that serves files.
    #[error(
        "{url} is no control plane of flagpole: {request} got {answer}; use the URL that `flagpole serve --control` shows"
    )]
    Foreign {
        url: String,
        request: String,
        answer: String,
    },
    /// The control plane refused the call.
    #[error("{0}")]
    Problem(Problem),
    /// The answer could not be written.
    #[error("cannot write the result: {0}")]
    Output(io::Error),
    #[error("cannot start a runtime: {0}")]
    Runtime(io::Error),
}

/// The problem details (RFC 9457) of a control plane.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    #[serde(default)]
    title: String,
    /// A sentence.
    #[serde(default)]
    detail: String,
    /// What else is known of the problem.
    #[serde(flatten)]
    pub(crate) members: Map<String, Value>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.detail.is_empty() {
            return write!(f, "{} {}", self.status, self.title);
        }
        // One line, whatever the server sends.
        let lines: Vec<_> = self.detail.split_whitespace().collect();
        f.write_str(&lines.join(" "))
    }
}
