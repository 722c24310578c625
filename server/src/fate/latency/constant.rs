//! `50ms`, or `constant:50ms`: every answer is delayed by the same time.

use super::{Distribution, Member};
use crate::config::spec;
use crate::config::spec::DurationDisplay;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The delay of every answer.
#[derive(Debug)]
pub(crate) struct Constant(pub(crate) Duration);

impl Distribution for Constant {
    fn quantile(&self, _p: f64) -> f64 {
        self.0.as_micros() as f64
    }
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        DurationDisplay(self.0).fmt(f)
    }
}

pub(crate) const MEMBER: Member = Member {
    name: "constant",
    about: "every answer is delayed by the same time",
    example: "50ms",
    capped: true,
    parse: |text| Ok(Arc::new(Constant(spec::duration(text)?))),
};

#[cfg(test)]
mod tests {
    use crate::Latency;
    use std::time::Duration;

    #[test]
    fn every_draw_gives_the_same_delay() {
        let latency: Latency = "constant:1.5ms".parse().unwrap();
        for draw in [0, 1 << 63, u64::MAX] {
            assert_eq!(latency.delay(draw), Duration::from_micros(1500));
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        let error = "50".parse::<Latency>().unwrap_err().to_string();
        assert_eq!(
            error,
            "expected a duration such as `50ms` or `1.5s`, got `50`"
        );
    }
}
