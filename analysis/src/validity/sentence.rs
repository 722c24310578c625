//! The reasons of a verdict as sentences, with their figures and, if there is one, a remedy.

use super::lateness;
use super::reason::Reason;
use crate::human::HumanDuration;
use crate::human::plural;
use std::fmt;

impl fmt::Display for Reason {
    #[expect(clippy::too_many_lines, reason = "one sentence per reason")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Aborted { why } => f.write_str(why),
            Reason::ResourceExhausted {
                resource,
                what,
                available,
            } => write!(
                f,
                "{what}: out of {resource} ({available} available); {}",
                resource.remedy()
            ),
            Reason::ConnectFailed {
                count,
                attempts,
                why,
            } => write!(
                f,
                "{count} of {attempts} attempts did not reach the server: {why}"
            ),
            Reason::NoDownloads => f.write_str("no download succeeded; check --url"),
            Reason::EarlyResponses { count } => {
                let were = if *count == 1 { "was" } else { "were" };
                let they = if *count == 1 { "it was" } else { "they were" };
                write!(
                    f,
                    "{} {were} sent before {they} due",
                    plural(*count, "response")
                )
            }
            Reason::ServerLate { lateness, delay } => write!(
                f,
                "the server was too late: p99 lateness {} = {:.0}% of the median delay of {} (limit {:.0}%); run on \
                 an idle machine or use longer delays",
                HumanDuration(*lateness),
                100.0 * lateness::share(*lateness, *delay),
                HumanDuration(*delay),
                lateness::limit_percent(self.severity())
            ),
            Reason::FatesDiffer { one, other } => write!(
                f,
                "different fates: {} has digest {}, {} has {}; the server does not treat runs alike",
                one.0, one.1, other.0, other.1
            ),
            Reason::FatesUnknown { attempts } => write!(
                f,
                "cannot tell whether the fates were the same: each of the {attempts} attempts was timing-dependent \
                 in at least one trial"
            ),
            Reason::WorkDiffers { one, other } => write!(
                f,
                "different results: the downloads of {} ended with {}, those of {} with {}, so no ratio of their \
                 wall times is given",
                one.0, one.1, other.0, other.1
            ),
            Reason::LedgerMismatch {
                strategy,
                round,
                mismatch,
            } => write!(
                f,
                "round {round}: {strategy} recorded {mismatch}; is another client using the server?"
            ),
            Reason::BelowBound {
                strategy,
                efficiency,
            } => write!(
                f,
                "{strategy} was faster than the planned delays allow: efficiency {efficiency:.3}; did the server apply \
                 the delays that it reported?"
            ),
            Reason::RoundsMissing { rounds, requested } => {
                write!(f, "only {rounds} of {requested} rounds were completed")
            }
            Reason::ClientSaturated {
                strategy,
                share,
                cores,
            } => write!(
                f,
                "{strategy} used {:.0}% of its {}: the client itself was the bottleneck; lower the \
                 concurrency or use longer delays",
                100.0 * share,
                plural(*cores, "core")
            ),
            Reason::MachineSaturated {
                strategy,
                share,
                cores,
            } => write!(
                f,
                "{strategy} and the server used {:.0}% of {} and disturbed each other; lower the \
                 concurrency or use longer delays",
                100.0 * share,
                if *cores == 1 {
                    "the only core".to_owned()
                } else {
                    format!("all {cores} cores")
                }
            ),
            Reason::BusyTimeMismatch {
                strategy,
                busy,
                attempts,
            } => write!(
                f,
                "the connections of {strategy} were busy for {}, but its attempts took {}: the difference is more than \
                 2%; run on an idle machine",
                HumanDuration(*busy),
                HumanDuration(*attempts)
            ),
            Reason::RoundsDrift {
                strategy,
                p,
                change,
            } => write!(
                f,
                "{strategy}: the last third of the rounds took {:.1}% {} than the first third (p = {p:.2e}, \
                 Mann-Kendall test); run on an idle machine",
                100.0 * change.abs(),
                if *change > 0.0 { "longer" } else { "less time" }
            ),
            Reason::FewRounds { rounds, needed } => write!(
                f,
                "{}; a confidence interval needs {needed}; raise --rounds",
                plural(*rounds, "round")
            ),
            Reason::FewSamples {
                strategy,
                samples,
                needed,
            } => write!(
                f,
                "{strategy} has {samples} independent {}, too few for {}; raise --rounds or --flags",
                if *samples == 1 {
                    "latency"
                } else {
                    "latencies"
                },
                required(needed)
            ),
        }
    }
}

/// `p50 (5 needed), p99 (299 needed)`.
fn required(needed: &[(f64, u64)]) -> String {
    let each = needed.iter();
    let each = each.map(|(quantile, samples)| format!("p{} ({samples} needed)", 100.0 * quantile));
    each.collect::<Vec<_>>().join(", ")
}
