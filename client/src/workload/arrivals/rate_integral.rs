//! The integral of a rate over time, and its inverse: how many requests are due by a time, and when a request is due.
//!
//! Numbers of requests are whole numbers of a small unit, so that they add up without rounding over any time. Only the
//! inverse within a stage whose rate changes is computed in floating point, from exact differences, with `+ * / sqrt`,
//! which are the same on every platform. Its relative error is a few 10^-16: below a nanosecond in a day.

use super::rate::ArrivalRate;
use super::stages::Stage;
use std::time::Duration;

/// A request, in units: a rate is in millionths of a request per minute, a time in microseconds, and the integral of a
/// linear rate is twice that product.
pub(super) const REQUEST: u128 = 2 * 60 * 1_000_000 * 1_000_000;

/// The integral over one stage.
#[derive(Clone, Debug)]
pub(super) struct StageIntegral {
    start: Duration,
    duration: Duration,
    /// In microseconds.
    micros: u128,
    /// Rates in millionths of a request per minute.
    from: u64,
    to: u64,
    /// The units before the stage and until its end.
    before: u128,
    pub(super) until: u128,
}

/// The integrals over stages one after the other. A stage without end contains all units from its start.
pub(super) fn integrate(stages: &[Stage<ArrivalRate>]) -> Vec<StageIntegral> {
    let (mut start, mut before) = (Duration::ZERO, 0_u128);
    let integrate = |stage: &Stage<ArrivalRate>| {
        let (from, to) = (stage.from.micros_per_minute(), stage.to.micros_per_minute());
        let micros = stage.duration.as_micros();
        let units = micros.saturating_mul(u128::from(from) + u128::from(to));
        let integral = StageIntegral {
            start,
            duration: stage.duration,
            micros,
            from,
            to,
            before,
            until: before.saturating_add(units),
        };
        (start, before) = (start.saturating_add(stage.duration), integral.until);
        integral
    };
    stages.iter().map(integrate).collect()
}

impl StageIntegral {
    /// A constant rate without end, after `before` units.
    pub(super) fn constant(rate: ArrivalRate, start: Duration, before: u128) -> StageIntegral {
        let [mut integral] = <[_; 1]>::try_from(integrate(&[Stage::constant(rate, None)]))
            .expect("one stage has one integral");
        integral.start = start;
        integral.before = before;
        integral.until = integral.until.saturating_add(before);
        integral
    }

    /// The units until `time`, which is in this stage and a whole number of microseconds after its start; the rate is constant.
    pub(super) fn units_until(&self, time: Duration) -> u128 {
        let micros = time.saturating_sub(self.start).as_micros();
        self.before + micros * 2 * u128::from(self.from)
    }

    pub(super) fn end(&self) -> Duration {
        self.start.saturating_add(self.duration)
    }

    /// When the integral reaches `units`, which is in this stage; rounded down to a nanosecond.
    pub(super) fn time_of(&self, units: u128) -> Duration {
        let passed = units - self.before;
        let nanos = if self.from == self.to {
            passed * 1000 / (2 * u128::from(self.from))
        } else {
            self.ramp_nanos(passed)
        };
        let within = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        self.start.saturating_add(within.min(self.duration))
    }

    /// With the rate r at that time, r^2 = from^2 + 2 * slope * units, and the mean of `from` and r is units per time.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a time within the stage"
    )]
    fn ramp_nanos(&self, passed: u128) -> u128 {
        if passed == 0 {
            return 0;
        }
        // From the end with the lower rate, so that nothing is subtracted.
        let (lower, beyond) = if self.from < self.to {
            (self.from, passed)
        } else {
            (self.to, self.until - self.before - passed)
        };
        let (lower, from) = (lower as f64, self.from as f64);
        let slope = self.from.abs_diff(self.to) as f64 / self.micros as f64;
        let rate = (lower * lower + slope * beyond as f64).sqrt();
        (passed as f64 * 1000.0 / (from + rate)) as u128
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Units times the duration of the stage, `micros` after its start.
    fn scaled_units(stage: &Stage<ArrivalRate>, micros: i128) -> i128 {
        let micros = micros.clamp(0, stage.duration.as_micros().cast_signed());
        let (from, to) = (stage.from.micros_per_minute(), stage.to.micros_per_minute());
        let slope = i128::from(to) - i128::from(from);
        2 * i128::from(from) * micros * stage.duration.as_micros().cast_signed()
            + slope * micros * micros
    }

    proptest! {
        /// Hours, up to 10^9 requests in a ramp, anywhere in it and at both ends.
        #[test]
        fn time_differs_from_the_exact_one_by_less_than_a_microsecond(
            from in 0_u32..200_000, to in 0_u32..200_000, seconds in 1_u64..20_000, place in 0_u32..=1000,
        ) {
            let rate = |rate| ArrivalRate::parse_or_zero(&format!("{rate}/s")).unwrap();
            let (from, to, duration) = (rate(from), rate(to), Duration::from_secs(seconds));
            let stage = Stage { duration, from, to };
            let [integral] = &integrate(&[stage])[..] else { panic!() };
            prop_assume!(integral.until >= REQUEST);
            let last = integral.until / REQUEST - u128::from(integral.until.is_multiple_of(REQUEST));
            let units = (last * u128::from(place) / 1000) * REQUEST;
            let nanos = integral.time_of(units).as_nanos().cast_signed();
            let exact = units.cast_signed() * duration.as_micros().cast_signed();
            prop_assert!(scaled_units(&stage, (nanos - 1).div_euclid(1000)) <= exact);
            prop_assert!(exact <= scaled_units(&stage, (nanos + 1000).div_euclid(1000)));
        }
    }

    #[test]
    fn stage_without_end_contains_all_units() {
        let rate = "1000000000/s".parse().unwrap();
        let [integral] = &integrate(&[Stage::constant(rate, None)])[..] else {
            panic!()
        };
        assert_eq!(integral.until, u128::MAX);
        let year = 365 * 24 * 60 * 60 * 1_000_000_000;
        assert_eq!(
            integral.time_of(year * REQUEST),
            Duration::from_secs(365 * 24 * 60 * 60)
        );
    }
}
