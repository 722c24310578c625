//! The table of both timers and the ratios of their quantiles.

use super::Round;
use crate::common::median;
use crate::goals::judge;

/// Up to this share of the machine's processor time, used by other programs or by other machines of the host, the
/// machine counts as quiet.
const QUIET: f64 = 0.03;

/// Name of a quantile, and the goals for its ratio on a quiet and on a noisy machine.
const QUANTILES: [(&str, f64, f64); 3] = [("p50", 0.2, 0.2), ("p90", 0.3, 0.3), ("p99", 0.2, 1.0)];

/// Prints the medians of all rounds and judges their ratios.
pub(super) fn compare(own: &[Round], tokio: &[Round]) {
    println!(
        "{:<10} {:>9} {:>9} {:>9}   client and server, others",
        "timer", "p50 us", "p90 us", "p99 us"
    );
    for (name, rounds) in [("own", own), ("tokio", tokio)] {
        let [p50, p90, p99] = [0, 1, 2].map(|index| quantile(rounds, index));
        let ours = 100.0 * median(rounds.iter().map(|round| round.ours));
        let others = 100.0 * others(rounds);
        println!(
            "{name:<10} {p50:>9.0} {p90:>9.0} {p99:>9.0}   {ours:.1}% and {others:.1}% of the machine"
        );
    }
    let is_quiet = others(own).max(others(tokio)) <= QUIET;
    let machine = if is_quiet { "quiet" } else { "noisy" };
    for (index, (name, quiet_goal, noisy_goal)) in QUANTILES.into_iter().enumerate() {
        let ratio = quantile(own, index) / quantile(tokio, index);
        let goal = if is_quiet { quiet_goal } else { noisy_goal };
        judge(
            &format!("{name}: {ratio:.3}x that of tokio's timer"),
            &format!("at most {goal}x on a {machine} machine"),
            ratio <= goal,
        );
    }
}

/// The median of a quantile over all rounds, in microseconds.
fn quantile(rounds: &[Round], index: usize) -> f64 {
    median(rounds.iter().map(|round| round.lateness.quantiles[index]))
}

fn others(rounds: &[Round]) -> f64 {
    median(rounds.iter().map(|round| round.others))
}
