//! A run in block characters, for a terminal: time runs from left to right, attempts from top to bottom in the order in
//! which they were sent. A sequential run is a staircase, a parallel run a wall.

use flagpole_protocol::AttemptRecord;
use std::time::Duration;

/// From empty to full, in eighths.
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The timeline of these attempts at the width of this span, so that several runs can share a scale: at most `height`
/// lines of at most `width` blocks, without trailing blanks.
///
/// With more attempts than lines, a line shows a group of attempts. A block shows which share of the group was in
/// flight; in a run with fewer connections than that, which share of the connections was busy, so that a run on one
/// connection has full blocks.
pub fn timeline(
    records: &[AttemptRecord],
    span: Duration,
    width: usize,
    height: usize,
) -> Vec<String> {
    if span.is_zero() || width == 0 || height == 0 {
        return Vec::new();
    }
    let sent = records.iter().filter(|record| record.was_sent());
    let mut flights: Vec<(Duration, Duration)> = sent.map(|r| (r.sent, r.done)).collect();
    flights.sort_unstable();
    let connections = connections(&flights);
    let column = span.as_secs_f64() / width as f64;
    let count = flights.len().min(height);
    let line = |line: usize| {
        let end = (line + 1) * flights.len() / count;
        let group = &flights[line * flights.len() / count..end];
        let all = group.len().min(connections) as f64;
        let block = |at: usize| block(in_flight(group, at as f64 * column, column) / all);
        let blocks: String = (0..width).map(block).collect();
        blocks.trim_end().to_owned()
    };
    (0..count).map(line).collect()
}

/// How many attempts were in flight on average in a column of this width from `start`; in seconds.
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

/// Rounds up, so that everything is visible, but not because of a rounding error.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is 0 to 8"
)]
fn block(share: f64) -> char {
    let eighths = (8.0 * share - 1e-6).ceil().clamp(0.0, 8.0);
    BLOCKS[eighths as usize]
}

/// How many connections these attempts need, in the order of sending. No assignment needs fewer than that to the first
/// connection that is free.
fn connections(flights: &[(Duration, Duration)]) -> usize {
    let mut free_from: Vec<Duration> = Vec::new();
    for &(sent, done) in flights {
        match free_from.iter_mut().find(|free| **free <= sent) {
            Some(free) => *free = done,
            None => free_from.push(done),
        }
    }
    free_from.len()
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

    /// The timeline at the width of the run.
    fn draw(records: &[AttemptRecord], width: usize, height: usize) -> Vec<String> {
        let end = records.iter().map(|record| record.done).max();
        timeline(records, end.unwrap_or_default(), width, height)
    }

    fn sequential(count: u64) -> Vec<AttemptRecord> {
        run(&(0..count)
            .map(|n| (10 * n, 10 * n + 10))
            .collect::<Vec<_>>())
    }

    #[test]
    fn sequential_run_is_a_staircase() {
        let stairs = ["██", "  ██", "    ██", "      ██"];
        assert_eq!(draw(&sequential(4), 8, 10), stairs);
        assert_eq!(draw(&sequential(400), 8, 4), stairs);
    }

    #[test]
    fn parallel_run_is_a_wall() {
        let wall = ["████████"; 3];
        assert_eq!(draw(&run(&[(0, 50); 3]), 8, 10), wall);
        assert_eq!(draw(&run(&[(0, 50); 300]), 8, 3), wall);
    }

    #[test]
    fn two_connections_are_wider_stairs_in_any_order_of_completion() {
        let mut records = run(&[(0, 20), (0, 10), (10, 20), (20, 30), (20, 40)]);
        records.reverse();
        let drawn = ["██", "████", "  ██", "    ██", "    ████"];
        assert_eq!(draw(&records, 8, 10), drawn);
    }

    #[test]
    fn partial_blocks_show_the_share_in_flight() {
        assert_eq!(draw(&run(&[(0, 5), (0, 40)]), 4, 2), ["▄", "████"]);
        let few = run(&[(0, 40), (0, 40), (0, 1), (0, 40), (0, 40), (0, 40)]);
        assert_eq!(
            draw(&few, 4, 2),
            ["▆▆▆▆", "████"],
            "3 of 6 attempts in a line"
        );
    }

    #[test]
    fn runs_can_share_a_scale() {
        let span = Duration::from_millis(80);
        assert_eq!(timeline(&run(&[(0, 20)]), span, 8, 4), ["██"]);
        assert_eq!(timeline(&run(&[(0, 160)]), span, 8, 4), ["████████"]);
    }

    #[test]
    fn empty_timeline_has_no_lines() {
        assert!(draw(&[], 8, 4).is_empty());
        assert!(draw(&run(&[(0, 0)]), 8, 4).is_empty());
        assert!(draw(&run(&[(0, 9)]), 0, 4).is_empty());
        assert!(draw(&run(&[(0, 9)]), 8, 0).is_empty());
    }

    proptest! {
        #[test]
        fn timeline_fits_and_no_connection_is_superfluous(
            flights in prop::collection::vec((0u64..100, 1u64..50), 0..60), width in 1usize..20, height in 1usize..9,
        ) {
            let ms = Duration::from_millis;
            let flights: Vec<_> = flights.iter().map(|&(sent, took)| (sent, sent + took)).collect();
            let lines = draw(&run(&flights), width, height);
            prop_assert_eq!(lines.len(), flights.len().min(height));
            prop_assert!(lines.iter().all(|line| (1..=width).contains(&line.chars().count())));
            let most = flights.iter().map(|one| flights.iter().filter(|o| o.0 <= one.0 && one.0 < o.1).count());
            let mut in_order: Vec<_> = flights.iter().map(|&(sent, done)| (ms(sent), ms(done))).collect();
            in_order.sort_unstable();
            prop_assert_eq!(connections(&in_order), most.max().unwrap_or(0));
        }
    }
}
