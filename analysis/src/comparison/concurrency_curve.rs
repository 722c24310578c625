//! How many lanes are worth having, from what was measured: the knee of goodput against lanes.
//!
//! It is the least number of lanes whose goodput is within 5% of the best. Methods that look for the
//! largest curvature (V. Satopää and others, "Finding a 'Kneedle' in a Haystack", ICDCSW 2011) answer a
//! vaguer question, and another one for every range of lanes that is measured; this one says what the
//! lanes that are left out would bring.

use schemars::JsonSchema;
use serde::Serialize;
use std::fmt;

/// So close to the best is good enough.
const GOOD: f64 = 0.95;

/// What so many lanes brought.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Point {
    /// How many lanes there were.
    pub lanes: usize,
    /// Downloads a second that were done.
    pub goodput: f64,
}

/// From where on more lanes bring next to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Knee {
    /// The least number of lanes that is within 5% of the best.
    pub at: Point,
    /// The best.
    pub best: Point,
    /// What the most lanes brought.
    pub last: Point,
}

/// The knee of points in any order; of points with as many lanes the best counts. `None` of fewer than 2
/// numbers of lanes, or if none brought anything. Goodput that is no number brought nothing.
pub fn knee(points: &[Point]) -> Option<Knee> {
    let mut points: Vec<Point> = points.iter().filter(|p| p.goodput > 0.0).copied().collect();
    points.sort_by(|one, other| {
        let by_lanes = one.lanes.cmp(&other.lanes);
        by_lanes.then(other.goodput.total_cmp(&one.goodput))
    });
    points.dedup_by_key(|point| point.lanes);
    let last = *points.last().filter(|_| points.len() > 1)?;
    let better = |one: Point, other: &Point| {
        if other.goodput > one.goodput {
            *other
        } else {
            one
        }
    };
    let best = points.iter().fold(points[0], better);
    let at = points
        .iter()
        .find(|point| point.goodput >= GOOD * best.goodput);
    Some(Knee {
        at: *at.unwrap_or(&best),
        best,
        last,
    })
}

impl Knee {
    /// Whether more lanes than it has were measured: if not, the knee may be further on.
    pub fn is_reached(&self) -> bool {
        self.at.lanes < self.last.lanes
    }

    /// Whether the most lanes bring less than is within 5% of the best: whether they are too many.
    pub fn is_overload(&self) -> bool {
        self.last.goodput < GOOD * self.best.goodput
    }
}

impl fmt::Display for Knee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Knee { at, best, last } = self;
        if !self.is_reached() {
            let (lanes, goodput) = (last.lanes, last.goodput);
            return write!(
                f,
                "goodput still rises at {lanes} lanes: {goodput:.0} downloads a second"
            );
        }
        let (lanes, goodput) = (at.lanes, at.goodput);
        write!(
            f,
            "from {lanes} lanes on more bring less than 5%: {goodput:.0} downloads a second, "
        )?;
        write!(f, "and {:.0} at {} lanes at best", best.goodput, best.lanes)?;
        if self.is_overload() {
            write!(
                f,
                "; {} lanes are too many: {:.0}",
                last.lanes, last.goodput
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(points: &[(usize, f64)]) -> Option<Knee> {
        let point = |&(lanes, goodput)| Point { lanes, goodput };
        knee(&points.iter().map(point).collect::<Vec<_>>())
    }

    #[test]
    fn more_lanes_than_the_knee_bring_next_to_nothing() {
        let knee = points(&[
            (1, 20.0),
            (5, 100.0),
            (100, 500.0),
            (30, 480.0),
            (300, 499.0),
        ])
        .unwrap();
        assert_eq!(
            (knee.at.lanes, knee.best.lanes, knee.last.lanes),
            (30, 100, 300)
        );
        assert!(knee.is_reached() && !knee.is_overload());
        let said = "from 30 lanes on more bring less than 5%: 480 downloads a second, and 500 at 100 lanes at best";
        assert_eq!(knee.to_string(), said);
    }

    #[test]
    fn what_still_rises_has_no_knee_yet() {
        let knee = points(&[(1, 20.0), (5, 100.0), (30, 600.0)]).unwrap();
        assert!(!knee.is_reached());
        assert_eq!(
            knee.to_string(),
            "goodput still rises at 30 lanes: 600 downloads a second"
        );
    }

    #[test]
    fn too_many_lanes_are_told() {
        let knee = points(&[(1, 100.0), (8, 500.0), (64, 90.0)]).unwrap();
        assert_eq!(knee.at.lanes, 8);
        assert!(
            knee.to_string().ends_with("; 64 lanes are too many: 90"),
            "{knee}"
        );
    }

    #[test]
    fn where_one_lane_will_do_it_is_the_knee() {
        assert_eq!(
            points(&[(4, 99.0), (1, 98.0), (1, 70.0)]).unwrap().at.lanes,
            1
        );
    }

    #[test]
    fn nothing_is_no_curve() {
        for nothing in [
            &[][..],
            &[(1, 5.0)],
            &[(1, 0.0), (2, 0.0)],
            &[(1, f64::NAN), (2, 1.0)],
            &[(1, 5.0), (1, 6.0)],
        ] {
            assert_eq!(points(nothing), None);
        }
    }
}
