//! A run as a picture in blocks, for a terminal: time runs to the right, attempts come down in the order
//! in which they were sent. One after the other is a staircase, all at once is a wall.

use flagpole_protocol::AttemptRecord;
use std::time::Duration;

/// From nothing to all of it, in eighths.
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The picture of a run's attempts, as wide as the run took: at most `height` lines of at most `width`
/// blocks, without blanks at the end.
///
/// Where there are more attempts than lines, a line stands for several. A block is as full as the share
/// of them, or of the lanes if those are fewer, that was in flight. So a run of one lane has full blocks
/// however many attempts share a line.
pub fn waterfall(records: &[AttemptRecord], width: usize, height: usize) -> Vec<String> {
    let end = records.iter().map(|record| record.done).max();
    within(records, end.unwrap_or_default(), width, height)
}

/// The same, with a width of so long: to set runs below each other on one scale.
pub fn within(
    records: &[AttemptRecord],
    span: Duration,
    width: usize,
    height: usize,
) -> Vec<String> {
    if span.is_zero() || width == 0 || height == 0 {
        return Vec::new();
    }
    let lanes = packed(records).into_iter().max().map_or(0, |lane| lane + 1);
    let mut flights: Vec<(Duration, Duration)> = records.iter().map(|r| (r.sent, r.done)).collect();
    flights.sort_unstable();
    let column = span.as_secs_f64() / width as f64;
    let count = flights.len().min(height);
    let line = |line: usize| {
        let end = (line + 1) * flights.len() / count;
        let group = &flights[line * flights.len() / count..end];
        let all = group.len().min(lanes) as f64;
        let block = |at: usize| block(in_flight(group, at as f64 * column, column) / all);
        let blocks: String = (0..width).map(block).collect();
        blocks.trim_end().to_owned()
    };
    (0..count).map(line).collect()
}

/// How many of them were in flight on average in a column of this width that begins at `start`; seconds.
fn in_flight(flights: &[(Duration, Duration)], start: f64, column: f64) -> f64 {
    let overlap = |&(sent, done): &(Duration, Duration)| {
        let (from, to) = (
            sent.as_secs_f64().max(start),
            done.as_secs_f64().min(start + column),
        );
        (to - from).max(0.0)
    };
    flights.iter().map(overlap).sum::<f64>() / column
}

/// Whatever is there is seen; all of it but a rounding error is full.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of 0 to 1 becomes an eighth"
)]
fn block(share: f64) -> char {
    let eighths = (8.0 * share - 1e-6).ceil().clamp(0.0, 8.0);
    BLOCKS[eighths as usize]
}

/// The lane of each attempt, from 0: its own where it has one, else the first one free when it was sent.
pub fn lanes(records: &[AttemptRecord]) -> Vec<usize> {
    let packed = packed(records).into_iter().zip(records);
    let lane = |(packed, record): (usize, &AttemptRecord)| {
        record.worker.map_or(packed, |worker| worker - 1)
    };
    packed.map(lane).collect()
}

/// The first lane that was free for each attempt, were they all without one. No other way of sharing
/// them out takes fewer lanes.
fn packed(records: &[AttemptRecord]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..records.len()).collect();
    order.sort_by_key(|&place| (records[place].sent, records[place].done));
    let mut free_from: Vec<Duration> = Vec::new();
    let mut lanes = vec![0; records.len()];
    for place in order {
        let AttemptRecord { sent, done, .. } = records[place];
        let free = free_from.iter().position(|free| *free <= sent);
        lanes[place] = free.unwrap_or(free_from.len());
        match free {
            Some(lane) => free_from[lane] = done,
            None => free_from.push(done),
        }
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_runs::record;
    use flagpole_protocol::Outcome;
    use proptest::prelude::*;

    /// Attempts by when they were sent and done, in milliseconds.
    fn run(flights: &[(u64, u64)]) -> Vec<AttemptRecord> {
        let flight = |&(sent, done): &(u64, u64)| AttemptRecord {
            sent: Duration::from_millis(sent),
            ..record(done, Outcome::Ok, None)
        };
        flights.iter().map(flight).collect()
    }

    fn one_after_the_other(count: u64) -> Vec<AttemptRecord> {
        run(&(0..count)
            .map(|n| (10 * n, 10 * n + 10))
            .collect::<Vec<_>>())
    }

    #[test]
    fn sequential_is_a_staircase() {
        let stairs = ["██", "  ██", "    ██", "      ██"];
        assert_eq!(waterfall(&one_after_the_other(4), 8, 10), stairs);
        assert_eq!(waterfall(&one_after_the_other(400), 8, 4), stairs);
    }

    #[test]
    fn all_at_once_is_a_wall() {
        let wall = ["████████"; 3];
        assert_eq!(waterfall(&run(&[(0, 50); 3]), 8, 10), wall);
        assert_eq!(waterfall(&run(&[(0, 50); 300]), 8, 3), wall);
    }

    #[test]
    fn two_lanes_are_wider_stairs_whoever_completes_first() {
        let mut records = run(&[(0, 20), (0, 10), (10, 20), (20, 30), (20, 40)]);
        records.reverse();
        let drawn = ["██", "████", "  ██", "    ██", "    ████"];
        assert_eq!(waterfall(&records, 8, 10), drawn);
    }

    #[test]
    fn what_fills_half_a_block_is_half_a_block() {
        assert_eq!(waterfall(&run(&[(0, 5), (0, 40)]), 4, 2), ["▄", "████"]);
        let few = run(&[(0, 40), (0, 40), (0, 1), (0, 40), (0, 40), (0, 40)]);
        assert_eq!(waterfall(&few, 4, 2), ["▆▆▆▆", "████"], "3 of 6 a line");
    }

    #[test]
    fn runs_on_one_scale_show_which_is_longer() {
        let span = Duration::from_millis(80);
        assert_eq!(within(&run(&[(0, 20)]), span, 8, 4), ["██"]);
        assert_eq!(within(&run(&[(0, 160)]), span, 8, 4), ["████████"]);
    }

    #[test]
    fn nothing_is_no_picture() {
        assert!(waterfall(&[], 8, 4).is_empty());
        assert!(waterfall(&run(&[(0, 0)]), 8, 4).is_empty());
        assert!(waterfall(&run(&[(0, 9)]), 0, 4).is_empty());
        assert!(waterfall(&run(&[(0, 9)]), 8, 0).is_empty());
    }

    #[test]
    fn a_lane_is_its_own_or_the_first_that_is_free() {
        let mut records = run(&[(0, 30), (0, 10), (10, 20), (5, 15), (30, 40)]);
        assert_eq!(lanes(&records), [1, 0, 0, 2, 0]);
        records[0].worker = Some(8);
        assert_eq!(lanes(&records)[0], 7);
    }

    proptest! {
        #[test]
        fn a_picture_fits_and_no_lane_is_taken_twice(
            flights in prop::collection::vec((0u64..100, 1u64..50), 0..60), width in 1usize..20, height in 1usize..9,
        ) {
            let flights: Vec<_> = flights.iter().map(|&(sent, took)| (sent, sent + took)).collect();
            let picture = waterfall(&run(&flights), width, height);
            prop_assert_eq!(picture.len(), flights.len().min(height));
            prop_assert!(picture.iter().all(|line| (1..=width).contains(&line.chars().count())));
            let lanes = lanes(&run(&flights));
            for (a, b) in (0..flights.len()).flat_map(|a| (0..a).map(move |b| (a, b))) {
                let is_apart = flights[a].1 <= flights[b].0 || flights[b].1 <= flights[a].0;
                prop_assert!(lanes[a] != lanes[b] || is_apart);
            }
            let most = flights.iter().map(|one| flights.iter().filter(|o| o.0 <= one.0 && one.0 < o.1).count());
            prop_assert_eq!(lanes.iter().max().map(|lane| lane + 1), most.max());
        }
    }
}
