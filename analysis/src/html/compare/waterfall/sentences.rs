//! What a waterfall says in words.

use super::density::{MAX_DRAWN, is_folded};
use super::phase::{Phase, made};
use crate::comparison::{StrategyResult, WallMeasuredAt};
use crate::grouped;
use crate::html::chart::label::clipped;
use crate::human::{HumanDuration, plural};
use crate::stats::max_overlap;

/// The most characters of a name above a panel.
const MAX_NAME: usize = 50;

/// The most strategies that a conclusion names.
const MAX_NAMED: usize = 4;

/// The name of a panel: `async: 60 attempts, wall time 61.2 ms (round 4)`.
pub(super) fn panel_name(strategy: &StrategyResult) -> String {
    let (listed, attempts) = (strategy.median_round_attempts.len(), made(strategy));
    let later = strategy.median_round_attempt_count.saturating_sub(listed);
    let (shown, all) = (attempts.len(), attempts.len() + later);
    let of = if all > shown {
        format!("first {} of ", grouped(shown as u64))
    } else {
        String::new()
    };
    let mut rounds = strategy.rounds.iter();
    let round = rounds.find(|round| round.round == strategy.median_round);
    let wall = round.map_or_else(String::new, |round| {
        format!(", wall time {}", HumanDuration::from_micros(round.wall_us))
    });
    let name = clipped(&strategy.name, MAX_NAME);
    let attempts = if all == 1 { "attempt" } else { "attempts" };
    format!(
        "{name}: {of}{} {attempts}{wall} (round {})",
        grouped(all as u64),
        strategy.median_round
    )
}

/// The number of attempts of each strategy, and how many were repeated or failed.
pub(super) fn conclusion(strategies: &[&StrategyResult]) -> String {
    let clauses = strategies.iter().map(|one| {
        let attempts = made(one);
        let count = |kind: &str| attempts.iter().filter(|it| it.kind == kind).count() as u64;
        let failed = attempts.iter().filter(|it| Phase::has_failed(it)).count() as u64;
        let parts = [
            (count("retry"), "retry", "retries"),
            (count("hedge"), "hedge", "hedges"),
            (failed, "failure", "failures"),
        ];
        let parts = parts.into_iter().filter(|(count, ..)| *count > 0);
        let parts = parts.map(|(count, one, several)| {
            format!("{count} {}", if count == 1 { one } else { several })
        });
        let with: Vec<_> = parts.collect();
        let with = if with.is_empty() {
            String::new()
        } else {
            format!(" with {}", with.join(", "))
        };
        let most = max_overlap(attempts.iter().map(|one| (one.sent_us, one.done_us)));
        format!(
            "{}: {}{with}, at most {most} in flight",
            one.name,
            plural(attempts.len() as u64, "attempt")
        )
    });
    let clauses: Vec<_> = clauses.take(MAX_NAMED).collect();
    let more = match strategies.len() - clauses.len() {
        0 => String::new(),
        rest => format!("; {rest} more in the picture"),
    };
    format!("{}{more}.", clauses.join("; "))
}

/// How to read rows and strips.
pub(super) fn reading(strategies: &[&StrategyResult], wall_measured_at: WallMeasuredAt) -> String {
    format!(
        "{}{}",
        reading_of_attempts(strategies),
        match wall_measured_at {
            WallMeasuredAt::Server => {
                " Attempts of programs are on the clock of the server; those of strategies are on the clock of the client, which begins \
             before the first request, so that they end later than the wall time, which is measured at the server for all."
            }
            WallMeasuredAt::Client => "",
        }
    )
}

fn reading_of_attempts(strategies: &[&StrategyResult]) -> String {
    let rows = "Each row is an attempt, in the order of downloads: a staircase is one after the other, a wall is all at once, and \
        thin lines lead from an attempt to its retry or hedge";
    let strips = "The height of a strip is how many attempts are in each phase at that time";
    let is_folded = |one: &&&StrategyResult| is_folded(one);
    let folded = strategies.iter().filter(is_folded).count();
    match folded {
        0 => format!("{rows}."),
        all if all == strategies.len() => {
            format!(
                "{strips}; a round of more than {MAX_DRAWN} attempts is folded to such a strip."
            )
        }
        _ => format!(
            "{rows}. {strips}; a round of more than {MAX_DRAWN} attempts is folded to such a strip."
        ),
    }
}
