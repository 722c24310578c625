//! Stages of a load as text: `10s:0..1000/s,30s:1000/s,5s:0/s`, or of connections: `10s:0..50,1m:50`.

use super::rate::ArrivalRate;
use flagpole_protocol::SpecError;
use flagpole_protocol::spec::{DurationDisplay, duration, whole_number};
use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::Duration;

/// A part of a load, during which a level (an arrival rate or a number of connections) is constant or changes linearly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage<L> {
    /// How long it lasts; whole microseconds, above 0. [`Duration::MAX`] is without end.
    pub duration: Duration,
    /// The level at its start.
    pub from: L,
    /// The level at its end.
    pub to: L,
}

impl<L: Copy> Stage<L> {
    /// A constant level; without a duration, without end.
    pub fn constant(level: L, duration: Option<Duration>) -> Stage<L> {
        Stage {
            duration: duration.unwrap_or(Duration::MAX),
            from: level,
            to: level,
        }
    }
}

/// Stages one after the other: of arrival rates (an open model) or of connections (a closed model).
///
/// ```
/// use flagpole_client::Stages;
///
/// let stages: Stages = "10s:0..1000/s,30s:1000/s,5s:0/s".parse()?;
/// assert_eq!(stages.duration().as_secs(), 45);
/// assert!("10s:0..50,30s:100/s".parse::<Stages>().is_err());
/// # Ok::<(), flagpole_protocol::SpecError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stages {
    /// Arrival rates.
    Rates(Vec<Stage<ArrivalRate>>),
    /// Numbers of connections.
    Connections(Vec<Stage<u32>>),
}

impl Stages {
    /// The maximum number of connections.
    pub const MAX_CONNECTIONS: u32 = 100_000;

    /// The duration of all stages together.
    pub fn duration(&self) -> Duration {
        match self {
            Stages::Rates(stages) => total(stages),
            Stages::Connections(stages) => total(stages),
        }
    }
}

fn total<L>(stages: &[Stage<L>]) -> Duration {
    let durations = stages.iter().map(|stage| stage.duration);
    durations.fold(Duration::ZERO, Duration::saturating_add)
}

impl FromStr for Stages {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Stages, SpecError> {
        let has_rates = text.contains('/');
        let stages = if has_rates {
            Stages::Rates(parse_list(text, rates)?)
        } else {
            Stages::Connections(parse_list(text, connections)?)
        };
        let is_idle = match &stages {
            Stages::Rates(stages) => is_zero(stages, &ArrivalRate::ZERO),
            Stages::Connections(stages) => is_zero(stages, &0),
        };
        if is_idle {
            let expected = "a stage with a level above 0, such as `30s:1000/s` or `30s:50`";
            return Err(SpecError::expected(expected, text));
        }
        Ok(stages)
    }
}

fn is_zero<L: PartialEq>(stages: &[Stage<L>], zero: &L) -> bool {
    stages
        .iter()
        .all(|stage| stage.from == *zero && stage.to == *zero)
}

fn parse_list<L: Copy>(
    text: &str,
    levels: fn(&str) -> Result<(L, L), SpecError>,
) -> Result<Vec<Stage<L>>, SpecError> {
    let stage = |text: &str| {
        let expected = || {
            let form = "a stage such as `10s:0..1000/s`, `30s:1000/s` or, of connections, `30s:50`";
            SpecError::expected(form, text)
        };
        let (length, level) = text.split_once(':').ok_or_else(expected)?;
        let duration = duration(length)?;
        if duration.is_zero() {
            return Err(SpecError::violation("a stage is longer than 0", text));
        }
        let (from, to) = levels(level)?;
        Ok(Stage { duration, from, to })
    };
    text.split(',').map(str::trim).map(stage).collect()
}

/// `1000/s`, `0..1000/s` or `0/s..1000/s`.
fn rates(text: &str) -> Result<(ArrivalRate, ArrivalRate), SpecError> {
    let parsed = || {
        let Some((from, to)) = text.split_once("..") else {
            let rate = ArrivalRate::parse_or_zero(text)?;
            return Some((rate, rate));
        };
        // The first rate takes its unit from the second.
        let (_, unit) = to.split_once('/')?;
        let from = if from.contains('/') {
            ArrivalRate::parse_or_zero(from)
        } else {
            ArrivalRate::parse_or_zero(&format!("{from}/{unit}"))
        };
        from.zip(ArrivalRate::parse_or_zero(to))
    };
    parsed().ok_or_else(|| {
        let hint = if text.contains('/') {
            ""
        } else {
            ", as in the other stages"
        };
        let expected = format!("a rate such as `1000/s` or `0..1000/s`{hint}");
        SpecError::expected(&expected, text)
    })
}

/// `50` or `0..50`.
fn connections(text: &str) -> Result<(u32, u32), SpecError> {
    let count = |text| whole_number(text).filter(|count: &u32| *count <= Stages::MAX_CONNECTIONS);
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    count(from).zip(count(to)).ok_or_else(|| {
        let expected = format!(
            "a rate such as `1000/s`, or 0 to {} connections such as `50` or `0..50`",
            Stages::MAX_CONNECTIONS
        );
        SpecError::expected(&expected, text)
    })
}

impl Display for Stages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stages::Rates(stages) => write_list(f, stages),
            Stages::Connections(stages) => write_list(f, stages),
        }
    }
}

fn write_list<L: Display + PartialEq>(
    f: &mut fmt::Formatter<'_>,
    stages: &[Stage<L>],
) -> fmt::Result {
    for (index, Stage { duration, from, to }) in stages.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(f, "{comma}{}:", DurationDisplay(*duration))?;
        if from != to {
            write!(f, "{from}..")?;
        }
        write!(f, "{to}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(text: &str) -> String {
        text.parse::<Stages>().unwrap_err().to_string()
    }

    #[test]
    fn stage_is_a_duration_and_one_or_two_levels() {
        for (text, shown) in [
            (
                "10s:0..1000/s,30s:1000/s,5s:0/s",
                "10s:0/s..1000/s,30s:1000/s,5s:0/s",
            ),
            ("1m:60..120/m, 500ms:0.5/s", "60s:1/s..2/s,500ms:0.5/s"),
            ("10s:0..50,1m:50", "10s:0..50,60s:50"),
        ] {
            let stages: Stages = text.parse().unwrap();
            assert_eq!(stages.to_string(), shown);
            assert_eq!(shown.parse(), Ok(stages));
        }
    }

    #[test]
    fn error_quotes_the_stage_and_says_what_was_expected() {
        for (text, message) in [
            (
                "",
                "expected a stage such as `10s:0..1000/s`, `30s:1000/s` or, of connections, `30s:50`, got ``",
            ),
            (
                "10s:5/s,",
                "expected a stage such as `10s:0..1000/s`, `30s:1000/s` or, of connections, `30s:50`, got ``",
            ),
            (
                "10:5/s",
                "expected a duration such as `50ms` or `1.5s`, got `10`",
            ),
            ("0:5/s", "a stage is longer than 0, got `0:5/s`"),
            (
                "10s:0..50,30s:100/s",
                "expected a rate such as `1000/s` or `0..1000/s`, as in the other stages, got `0..50`",
            ),
            (
                "10s:5/s..x/s",
                "expected a rate such as `1000/s` or `0..1000/s`, got `5/s..x/s`",
            ),
            (
                "10s:many",
                "expected a rate such as `1000/s`, or 0 to 100000 connections such as `50` or `0..50`, got `many`",
            ),
            (
                "10s:0/s,5s:0/s",
                "expected a stage with a level above 0, such as `30s:1000/s` or `30s:50`, got `10s:0/s,5s:0/s`",
            ),
        ] {
            assert_eq!(error(text), message);
        }
    }

    proptest! {
        #[test]
        fn displayed_stages_parse_to_the_same_stages(text in "[1-9]{1,3}(ms|s|m):[0-9]{1,3}(\\.\\.[1-9]{1,3})?(/[sm])?") {
            if let Ok(stages) = text.parse::<Stages>() {
                prop_assert_eq!(stages.to_string().parse(), Ok(stages));
            }
        }

        #[test]
        fn parsing_never_panics(text in "[0-9sm:/.,]{0,30}") {
            let _: Result<_, _> = text.parse::<Stages>();
        }
    }
}
