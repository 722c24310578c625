//! Draws a snapshot: a pure function of the snapshot and the size of the terminal.

use super::snapshot::{LiveSnapshot, OutcomeRow, Percentiles, Phase, RunLength};
use crate::load::text;
use flagpole_analysis::grouped;
use flagpole_protocol::OutcomeClass;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget as _};

/// The widest view, in columns: bars get no clearer beyond it.
const MAX_WIDTH: u16 = 100;

/// The least number of rows for a histogram, with its heading.
const MIN_HISTOGRAM: usize = 4;

/// Rows of the outcomes, with their heading, before the histogram has more than twice as many.
const OUTCOME_ROWS: usize = 5;

/// Columns of a percentile, and of the name of a row.
const COLUMN: usize = 10;
const ROW_NAME: usize = 13;

/// Draws the snapshot. Colours are those that every terminal has, so that they suit a light and a dark background.
pub(super) fn render(snapshot: &LiveSnapshot, is_coloured: bool, area: Rect, buffer: &mut Buffer) {
    let width = usize::from(area.width.min(MAX_WIDTH));
    let mut lines = lines(snapshot, width, usize::from(area.height));
    if !is_coloured {
        for span in lines.iter_mut().flat_map(|line| &mut line.spans) {
            (span.style.fg, span.style.bg) = (None, None);
        }
    }
    Paragraph::new(lines).render(area, buffer);
}

/// As many lines as fit: the outcomes and the histogram share what is left by the others.
fn lines(snapshot: &LiveSnapshot, width: usize, height: usize) -> Vec<Line<'static>> {
    let mut lines = vec![title(snapshot), progress(snapshot, width)];
    lines.extend(figures(snapshot));
    lines.extend(latencies(snapshot));
    // One line for the keys.
    let left = height.saturating_sub(lines.len() + 1);
    let outcomes = outcomes(&snapshot.outcomes, left.min((left / 3).max(OUTCOME_ROWS)));
    let left = left.saturating_sub(outcomes.len());
    lines.extend(outcomes);
    lines.extend(histogram(snapshot, width, left));
    lines.resize(height.saturating_sub(1), Line::default());
    lines.push(keys(snapshot.phase));
    lines
}

fn bold(text: impl Into<String>) -> Span<'static> {
    Span::styled(text.into(), Style::new().add_modifier(Modifier::BOLD))
}

fn coloured(text: impl Into<String>, colour: Color) -> Span<'static> {
    Span::styled(text.into(), Style::new().fg(colour))
}

fn title(snapshot: &LiveSnapshot) -> Line<'static> {
    let model = format!("  {}", snapshot.model);
    Line::from(vec![bold(snapshot.title.clone()), model.into()])
}

/// A bar, the time or the number of requests so far, and what is left.
fn progress(snapshot: &LiveSnapshot, width: usize) -> Line<'static> {
    let (elapsed, requests) = (snapshot.elapsed, snapshot.requests);
    let so_far = match snapshot.length {
        RunLength::Duration(length) => {
            let left = length.saturating_sub(elapsed);
            format!(
                "{} of {}, {} left",
                text::clock(elapsed),
                text::clock(length),
                text::clock(left)
            )
        }
        RunLength::Requests(count) => {
            let (done, count) = (grouped(requests), grouped(count));
            format!("{done} of {count} requests, {}", text::clock(elapsed))
        }
        RunLength::Unlimited => format!("{}, until it is interrupted", text::clock(elapsed)),
    };
    let phase = match snapshot.phase {
        Phase::Running => String::new(),
        Phase::WarmUp => "  warm-up".to_owned(),
        Phase::Paused => "  paused".to_owned(),
        Phase::Ending => "  waiting for the last responses".to_owned(),
    };
    let bar = match snapshot.done() {
        Some(done) => {
            let columns = (width / 2).saturating_sub(4).min(30);
            bar(done, columns) + "  "
        }
        None => String::new(),
    };
    Line::from(vec![
        coloured(bar, Color::Cyan),
        so_far.into(),
        coloured(phase, Color::Magenta),
    ])
}

/// A bar of at most this many columns, and spaces after it.
fn bar(share: f64, columns: usize) -> String {
    // In eighths of a column.
    let eighths =
        (0..columns * 8).take_while(|part| (*part as f64 + 0.5) < share * columns as f64 * 8.0);
    let eighths = eighths.count();
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    let bar = "█".repeat(eighths / 8) + rest;
    format!("{bar:columns$}")
}

fn figures(snapshot: &LiveSnapshot) -> [Line<'static>; 4] {
    let asked = snapshot.asked_rate;
    let asked = asked.map_or(String::new(), |rate| format!(" of {}", text::rate(rate)));
    let rate = format!("{}{asked}", text::rate(snapshot.rate));
    let (requests, failures) = (snapshot.requests, snapshot.failures);
    let share = 100.0 * failures as f64 / requests.max(1) as f64;
    let failed = format!("{} failed ({share:.2}%)", grouped(failures));
    let failed = match failures {
        0 => Span::raw("0 failed"),
        _ => coloured(failed, Color::Red),
    };
    let lateness = text::latency(snapshot.lateness_p99);
    let requests = format!("{:<24}", grouped(requests));
    [
        Line::default(),
        Line::from(vec![
            Span::raw(format!("{:<ROW_NAME$}", "requests/s")),
            bold(format!("{rate:<24}")),
            Span::raw(format!("{} in flight", grouped(snapshot.in_flight))),
        ]),
        Line::from(vec![
            Span::raw(format!("{:<ROW_NAME$}", "requests")),
            Span::raw(requests),
            failed,
        ]),
        Line::from(format!(
            "{:<ROW_NAME$}{:<24}started {lateness} late (p99)",
            "received",
            text::bandwidth(snapshot.bytes_per_second),
        )),
    ]
}

fn latencies(snapshot: &LiveSnapshot) -> [Line<'static>; 4] {
    let names = ["p50", "p90", "p99", "p99.9", "max"];
    let names = names.map(|name| format!("{name:>COLUMN$}")).concat();
    let row = |name: &str, times: &Percentiles| {
        let times = [times.p50, times.p90, times.p99, times.p999, times.max];
        let times = times
            .iter()
            .map(|time| format!("{:>COLUMN$}", text::latency(*time)));
        Line::from(format!("{name:<ROW_NAME$}{}", times.collect::<String>()))
    };
    [
        Line::default(),
        Line::from(bold(format!("{:<ROW_NAME$}{names}", "response"))),
        row("last second", &snapshot.last),
        row("all", &snapshot.all),
    ]
}

/// A heading and the most frequent outcomes, in at most this many rows.
fn outcomes(rows: &[OutcomeRow], height: usize) -> Vec<Line<'static>> {
    let shown = rows.len().min(height.saturating_sub(2));
    if shown == 0 {
        return Vec::new();
    }
    let row = |row: &OutcomeRow| {
        let line = format!("{:>12}  {}", grouped(row.count), row.reason);
        match row.class {
            OutcomeClass::Ok | OutcomeClass::Intermediate => Line::from(line),
            OutcomeClass::NotFound | OutcomeClass::Error => Line::from(coloured(line, Color::Red)),
        }
    };
    let heading = match rows.len() - shown {
        0 => "outcomes".to_owned(),
        others => format!("outcomes (and {others} more)"),
    };
    let mut lines = vec![Line::default(), Line::from(bold(heading))];
    lines.extend(rows[..shown].iter().map(row));
    lines
}

/// A heading and bars, in at most this many rows; neighbours share a row if there are too few.
fn histogram(snapshot: &LiveSnapshot, width: usize, height: usize) -> Vec<Line<'static>> {
    let bars = &snapshot.histogram;
    if bars.is_empty() || height < MIN_HISTOGRAM {
        return Vec::new();
    }
    let a_row = bars.len().div_ceil(height - 2);
    let rows = bars.chunks(a_row).filter_map(|row| {
        let upper = row.last()?.upper;
        Some((upper, row.iter().map(|bar| bar.share).sum::<f64>()))
    });
    let rows: Vec<_> = rows.collect();
    let largest = rows
        .iter()
        .map(|(_, share)| *share)
        .fold(f64::MIN_POSITIVE, f64::max);
    let columns = width.saturating_sub(ROW_NAME + 8);
    let mut lines = vec![Line::default(), Line::from(bold("response times up to"))];
    lines.extend(rows.into_iter().map(|(upper, share)| {
        Line::from(vec![
            Span::raw(format!("{:>11}  ", text::latency(Some(upper)))),
            coloured(bar(share / largest, columns), Color::Cyan),
            Span::raw(format!("{:6.2}%", 100.0 * share)),
        ])
    }));
    lines
}

fn keys(phase: Phase) -> Line<'static> {
    let pause = if phase == Phase::Paused {
        "resume"
    } else {
        "pause"
    };
    let text = format!("p {pause}   q quit and report what was measured");
    Line::from(Span::styled(text, Style::new().add_modifier(Modifier::DIM)))
}

#[cfg(test)]
mod tests {
    use super::super::histogram::Bar;
    use super::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use std::time::Duration;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn snapshot() -> LiveSnapshot {
        let percentiles = |max| Percentiles {
            p50: Some(ms(1)),
            p90: Some(ms(2)),
            p99: Some(ms(5)),
            p999: Some(ms(12)),
            max: Some(ms(max)),
        };
        let row = |reason: &str, count, class| OutcomeRow {
            reason: reason.to_owned(),
            count,
            class,
        };
        let bar = |millis, share| Bar {
            upper: Duration::from_millis(millis),
            share,
        };
        LiveSnapshot {
            title: "http://127.0.0.1:8000/flags/br/br.gif".to_owned(),
            model: "open, 2,000/s poisson".to_owned(),
            phase: Phase::Running,
            elapsed: Duration::from_millis(15_200),
            length: RunLength::Duration(Duration::from_secs(30)),
            requests: 30_211,
            failures: 12,
            rate: 1999.4,
            asked_rate: Some(2000.0),
            in_flight: 7,
            lateness_p99: Some(Duration::from_micros(61)),
            bytes_per_second: 5_400_000.0,
            last: percentiles(13),
            all: percentiles(31),
            histogram: vec![bar(1, 0.5), bar(2, 0.4), bar(5, 0.09), bar(31, 0.01)],
            last_outcomes: Vec::new(),
            outcomes: vec![
                row("ok", 30_199, OutcomeClass::Ok),
                row("503 Service Unavailable", 9, OutcomeClass::Error),
                row("timed out after 2s", 3, OutcomeClass::Error),
            ],
        }
    }

    fn drawn(snapshot: &LiveSnapshot, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let draw = |frame: &mut ratatui::Frame<'_>| {
            let area = frame.area();
            render(snapshot, true, area, frame.buffer_mut());
        };
        terminal.draw(draw).unwrap();
        let rows = terminal.backend().buffer().content().chunks(width.into());
        let rows = rows.map(|row| {
            row.iter()
                .map(ratatui::buffer::Cell::symbol)
                .collect::<String>()
        });
        rows.map(|row| row.trim_end().to_owned() + "\n").collect()
    }

    #[test]
    fn terminal_of_80_columns_shows_everything() {
        let expected = "\
http://127.0.0.1:8000/flags/br/br.gif  open, 2,000/s poisson
███████████████▎                0:15 of 0:30, 0:14 left

requests/s   1,999/s of 2,000/s      7 in flight
requests     30,211                  12 failed (0.04%)
received     5.40 MB/s               started 61 µs late (p99)

response            p50       p90       p99     p99.9       max
last second     1.00 ms   2.00 ms   5.00 ms   12.0 ms   13.0 ms
all             1.00 ms   2.00 ms   5.00 ms   12.0 ms   31.0 ms

outcomes
      30,199  ok
           9  503 Service Unavailable
           3  timed out after 2s

response times up to
    1.00 ms  ███████████████████████████████████████████████████████████ 50.00%
    2.00 ms  ███████████████████████████████████████████████▎            40.00%
    5.00 ms  ██████████▋                                                  9.00%
    31.0 ms  █▏                                                           1.00%


p pause   q quit and report what was measured
";
        assert_eq!(drawn(&snapshot(), 80, 24), expected);
    }

    #[test]
    fn small_terminal_keeps_rate_and_latencies() {
        let small = drawn(&snapshot(), 64, 11);
        assert!(small.contains("requests/s   1,999/s of 2,000/s"), "{small}");
        assert!(small.contains("last second     1.00 ms"), "{small}");
        assert!(!small.contains("outcomes"), "{small}");
        assert!(
            small.ends_with("p pause   q quit and report what was measured\n"),
            "{small}"
        );
        for (width, height) in [(1, 1), (20, 3), (200, 60)] {
            drawn(&snapshot(), width, height);
        }
    }

    #[test]
    fn many_bars_share_rows() {
        let mut snapshot = snapshot();
        let bar = |millis| Bar {
            upper: Duration::from_millis(millis),
            share: 0.1,
        };
        snapshot.histogram = (1..=10).map(bar).collect();
        let drawn = drawn(&snapshot, 80, 22);
        assert!(
            drawn.contains("10.0 ms  █") && drawn.contains(" 30.00%"),
            "{drawn}"
        );
    }

    #[test]
    fn run_without_an_end_and_before_the_first_response_is_shown() {
        let paused = LiveSnapshot {
            phase: Phase::Paused,
            ..LiveSnapshot::default()
        };
        let drawn = drawn(&paused, 80, 24);
        assert!(
            drawn.contains("0:00, until it is interrupted  paused"),
            "{drawn}"
        );
        assert!(
            drawn.contains("all                   -         -"),
            "{drawn}"
        );
        assert!(drawn.contains("p resume"), "{drawn}");
    }

    #[test]
    fn colours_can_be_left_out() {
        let area = Rect::new(0, 0, 80, 24);
        let mut buffer = Buffer::empty(area);
        render(&snapshot(), false, area, &mut buffer);
        let plain =
            |cell: &ratatui::buffer::Cell| cell.fg == Color::Reset && cell.bg == Color::Reset;
        assert!(buffer.content().iter().all(plain));
        render(&snapshot(), true, area, &mut buffer);
        assert!(!buffer.content().iter().all(plain));
    }
}
