//! Goodput by concurrency, and the knee of that curve.
//!
//! The knee is the lowest concurrency whose goodput is within 5% of the best. Methods that look for the largest
//! curvature (V. Satopää and others, "Finding a 'Kneedle' in a Haystack", ICDCSW 2011) depend on the range of
//! concurrency that was measured; this definition states what a higher concurrency gains.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The share of the best goodput that is good enough.
const NEAR_BEST: f64 = 0.95;

/// The goodput of one strategy by its concurrency, all other conditions being equal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConcurrencyCurve {
    /// The strategy.
    pub strategy: String,
    /// The other conditions in which cells differ, as text.
    pub conditions: String,
    /// The measured points.
    pub points: Vec<ConcurrencyPoint>,
    /// The knee of the curve.
    pub knee: Knee,
}

/// The goodput at one concurrency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConcurrencyPoint {
    /// The concurrency.
    pub concurrency: usize,
    /// Successful downloads per second.
    pub goodput: f64,
}

/// The knee of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Knee {
    /// The lowest concurrency with a goodput within 5% of the best.
    pub at: ConcurrencyPoint,
    /// The best goodput.
    pub best: ConcurrencyPoint,
    /// The point of the highest concurrency.
    pub highest: ConcurrencyPoint,
}

impl Knee {
    /// The knee of these points, in any order; of several points with one concurrency the best counts. `None` with
    /// fewer than 2 concurrencies with a goodput above 0.
    pub fn from_points(points: &[ConcurrencyPoint]) -> Option<Knee> {
        let positive = points.iter().filter(|point| point.goodput > 0.0);
        let mut points: Vec<ConcurrencyPoint> = positive.copied().collect();
        points.sort_by(|one, other| {
            let by_concurrency = one.concurrency.cmp(&other.concurrency);
            by_concurrency.then(other.goodput.total_cmp(&one.goodput))
        });
        points.dedup_by_key(|point| point.concurrency);
        let highest = *points.last().filter(|_| points.len() > 1)?;
        let goodputs = points.iter().map(|point| point.goodput);
        let best = goodputs.max_by(f64::total_cmp)?;
        let first = |least: f64| points.iter().find(|point| point.goodput >= least).copied();
        Some(Knee {
            at: first(NEAR_BEST * best)?,
            best: first(best)?,
            highest,
        })
    }

    /// Whether a higher concurrency than that of the knee was measured; if not, the knee may be higher.
    pub fn is_reached(&self) -> bool {
        self.at.concurrency < self.highest.concurrency
    }

    /// Whether the goodput at the highest concurrency is more than 5% below the best.
    pub fn is_overloaded(&self) -> bool {
        self.highest.goodput < NEAR_BEST * self.best.goodput
    }
}

impl fmt::Display for Knee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Knee { at, best, highest } = self;
        if !self.is_reached() {
            return write!(f, "goodput still rises at {highest}/s");
        }
        write!(f, "knee at {at}/s")?;
        if best.concurrency != at.concurrency {
            write!(
                f,
                "; best {:.0} at concurrency {}",
                best.goodput, best.concurrency
            )?;
        }
        if self.is_overloaded() {
            write!(f, "; overloaded at {highest}/s")?;
        }
        Ok(())
    }
}

impl fmt::Display for ConcurrencyPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let goodput = self.goodput;
        write!(
            f,
            "concurrency {}: {goodput:.0} downloads",
            self.concurrency
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knee(points: &[(usize, f64)]) -> Option<Knee> {
        let points = points
            .iter()
            .map(|&(concurrency, goodput)| ConcurrencyPoint {
                concurrency,
                goodput,
            });
        Knee::from_points(&points.collect::<Vec<_>>())
    }

    #[test]
    fn knee_is_the_lowest_concurrency_within_5_percent_of_the_best() {
        let points = [
            (1, 20.0),
            (5, 100.0),
            (100, 500.0),
            (30, 480.0),
            (300, 499.0),
        ];
        let knee = knee(&points).unwrap();
        let found = [knee.at, knee.best, knee.highest].map(|point| point.concurrency);
        assert_eq!(found, [30, 100, 300]);
        assert!(knee.is_reached() && !knee.is_overloaded());
        assert_eq!(
            knee.to_string(),
            "knee at concurrency 30: 480 downloads/s; best 500 at concurrency 100"
        );
    }

    #[test]
    fn rising_goodput_has_not_reached_its_knee() {
        let knee = knee(&[(1, 20.0), (5, 100.0), (30, 600.0)]).unwrap();
        assert!(!knee.is_reached());
        assert_eq!(
            knee.to_string(),
            "goodput still rises at concurrency 30: 600 downloads/s"
        );
    }

    #[test]
    fn overload_is_reported() {
        let knee = knee(&[(1, 100.0), (8, 500.0), (64, 90.0)]).unwrap();
        assert_eq!(knee.at.concurrency, 8);
        let text = knee.to_string();
        assert!(
            text.ends_with("; overloaded at concurrency 64: 90 downloads/s"),
            "{text}"
        );
    }

    #[test]
    fn concurrency_1_can_be_the_knee() {
        let knee = knee(&[(4, 99.0), (1, 98.0), (1, 70.0)]).unwrap();
        assert_eq!(knee.at.concurrency, 1);
    }

    #[test]
    fn fewer_than_two_concurrencies_have_no_knee() {
        for points in [
            &[][..],
            &[(1, 5.0)],
            &[(1, 0.0), (2, 0.0)],
            &[(1, f64::NAN), (2, 1.0)],
            &[(1, 5.0), (1, 6.0)],
        ] {
            assert_eq!(knee(points), None);
        }
    }
}
