//! A window of time after the start of a server, as text: `5s..8s`, `20s..`, `..5s`.

use flagpole_protocol::spec::{self, DurationDisplay, SpecError};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A window of time after the start of the server, with its beginning and without its end; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TimeWindow {
    from: Duration,
    /// `None`: without end.
    to: Option<Duration>,
}

impl TimeWindow {
    /// Whether this time after the start is in the window.
    pub fn contains(&self, elapsed: Duration) -> bool {
        elapsed >= self.from && self.to.is_none_or(|to| elapsed < to)
    }

    /// Whether the window holds all times.
    pub(super) fn is_all(&self) -> bool {
        *self == TimeWindow::default()
    }

    /// The first time after `elapsed` at which the window begins or ends.
    pub(crate) fn next_edge(&self, elapsed: Duration) -> Option<Duration> {
        let edges = [Some(self.from), self.to];
        edges.into_iter().flatten().find(|edge| *edge > elapsed)
    }
}

impl FromStr for TimeWindow {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<TimeWindow, SpecError> {
        let expected = || SpecError::expected("a window of time such as `5s..8s` or `20s..`", text);
        let (from, to) = text.split_once("..").ok_or_else(expected)?;
        let time = |text: &str| {
            let time = (!text.is_empty()).then(|| spec::duration(text));
            time.transpose()
        };
        let window = TimeWindow {
            from: time(from)?.unwrap_or_default(),
            to: time(to)?,
        };
        match window.to {
            None if from.is_empty() => Err(expected()),
            Some(to) if to <= window.from => {
                let rule = "a window of time ends after its beginning";
                Err(SpecError::violation(rule, text))
            }
            _ => Ok(window),
        }
    }
}

impl fmt::Display for TimeWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..", DurationDisplay(self.from))?;
        self.to
            .map_or(Ok(()), |to| write!(f, "{}", DurationDisplay(to)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn windows_round_trip() {
        for (text, printed) in [
            ("5s..8s", "5s..8s"),
            ("20s..", "20s.."),
            ("..500ms", "0..500ms"),
            ("0..", "0.."),
        ] {
            let window: TimeWindow = text.parse().unwrap();
            assert_eq!(window.to_string(), printed);
            assert_eq!(printed.parse(), Ok(window));
        }
    }

    #[test]
    fn a_window_has_its_beginning_and_not_its_end() {
        let window: TimeWindow = "5s..8s".parse().unwrap();
        let contains = [4, 5, 7, 8].map(|seconds| window.contains(seconds * SECOND));
        assert_eq!(contains, [false, true, true, false]);
        let edges = [0, 5, 8].map(|seconds| window.next_edge(seconds * SECOND));
        assert_eq!(edges, [Some(5 * SECOND), Some(8 * SECOND), None]);
    }

    #[test]
    fn other_texts_are_refused() {
        for (text, error) in [
            (
                "5s",
                "expected a window of time such as `5s..8s` or `20s..`, got `5s`",
            ),
            (
                "..",
                "expected a window of time such as `5s..8s` or `20s..`, got `..`",
            ),
            (
                "8s..5s",
                "a window of time ends after its beginning, got `8s..5s`",
            ),
            (
                "5s..x",
                "expected a duration such as `50ms` or `1.5s`, got `x`",
            ),
        ] {
            assert_eq!(text.parse::<TimeWindow>().unwrap_err().to_string(), error);
        }
    }
}
