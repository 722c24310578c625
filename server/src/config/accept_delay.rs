//! A delay before connections are accepted, as text: `200ms`, or `1s@5s..8s` in a window of time.

use super::time_window::TimeWindow;
use flagpole_protocol::spec::{self, DurationDisplay, SpecError};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A delay before each connection is accepted, in a window of time after the start of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptDelay {
    pub(crate) delay: Duration,
    pub(crate) window: TimeWindow,
}

impl AcceptDelay {
    /// Whether the delay applies at all times.
    pub fn is_constant(&self) -> bool {
        self.window.is_all()
    }
}

impl FromStr for AcceptDelay {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<AcceptDelay, SpecError> {
        let (delay, window) = match text.split_once('@') {
            None => (text, TimeWindow::default()),
            Some((delay, window)) => (delay, window.parse()?),
        };
        let delay = spec::duration(delay)?;
        Ok(AcceptDelay { delay, window })
    }
}

impl fmt::Display for AcceptDelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", DurationDisplay(self.delay))?;
        if self.is_constant() {
            return Ok(());
        }
        write!(f, "@{}", self.window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_round_trip() {
        for text in ["200ms", "1s@5s..8s", "0@20s.."] {
            assert_eq!(text.parse::<AcceptDelay>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for (text, error) in [
            ("x", "expected a duration such as `50ms` or `1.5s`, got `x`"),
            (
                "1s@5s",
                "expected a window of time such as `5s..8s` or `20s..`, got `5s`",
            ),
        ] {
            assert_eq!(text.parse::<AcceptDelay>().unwrap_err().to_string(), error);
        }
    }
}
