//! `50ms` or `constant:50ms`: the same delay for every response.
//!
//! Parameter: the delay, from 0.

use super::member::{CONSTANT, Distribution, LatencyMember};
use flagpole_protocol::spec::{self, DurationDisplay};
use std::time::Duration;

/// The delay.
#[derive(Debug)]
pub(crate) struct Constant(pub(crate) Duration);

impl Distribution for Constant {
    fn quantile(&self, _p: f64) -> f64 {
        self.0.as_micros() as f64
    }

    fn text(&self) -> String {
        DurationDisplay(self.0).to_string()
    }
}

pub(super) const MEMBER: LatencyMember = LatencyMember {
    name: CONSTANT,
    about: "the same delay for every response",
    example: "50ms",
    takes_cap: true,
    parse: |text| Ok(Box::new(Constant(spec::duration(text)?))),
};

#[cfg(test)]
mod tests {
    use crate::Latency;
    use crate::fate::latency::oracle::error;
    use std::time::Duration;

    #[test]
    fn every_draw_gives_the_same_delay() {
        let latency: Latency = "constant:1.5ms".parse().unwrap();
        for draw in [0, 1 << 63, u64::MAX] {
            assert_eq!(latency.delay(draw), Duration::from_micros(1500));
        }
    }

    #[test]
    fn a_malformed_duration_is_rejected() {
        assert_eq!(
            error("50"),
            "expected a duration such as `50ms` or `1.5s`, got `50`"
        );
    }
}
