//! How many requests of a process ended over time, in a bounded number of points.

use std::time::Duration;

/// The most points. Twice as many would not be seen in a chart of 1,000 processes.
const MAX_POINTS: usize = 60;

/// The requests that ended, by time from the start. The points become twice as long whenever they would be too many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProcessSeries {
    pub(super) point_s: u64,
    pub(super) ended: Vec<u64>,
}

impl Default for ProcessSeries {
    fn default() -> ProcessSeries {
        ProcessSeries {
            point_s: 1,
            ended: Vec::new(),
        }
    }
}

impl ProcessSeries {
    /// Adds requests that ended in an interval that begins at `start`.
    pub(super) fn add(&mut self, start: Duration, ended: u64) {
        while start.as_secs() / self.point_s >= MAX_POINTS as u64 {
            self.halve();
        }
        let at = usize::try_from(start.as_secs() / self.point_s).unwrap_or(0);
        if self.ended.len() <= at {
            self.ended.resize(at + 1, 0);
        }
        self.ended[at] += ended;
    }

    fn halve(&mut self) {
        self.point_s *= 2;
        self.ended = self.ended.chunks(2).map(|pair| pair.iter().sum()).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_become_longer_instead_of_more() {
        let mut series = ProcessSeries::default();
        for second in 0..1000 {
            series.add(Duration::from_secs(second), 3);
        }
        assert_eq!((series.point_s, series.ended.len()), (32, 32));
        assert_eq!(series.ended[0], 96);
        assert_eq!(series.ended.iter().sum::<u64>(), 3000);
    }
}
