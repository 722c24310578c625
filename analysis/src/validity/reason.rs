//! What can speak against a comparison: how much each reason weighs, and how it is told.

use crate::comparison::plan_digest::FatesDigest;
use crate::human_duration::HumanDuration;
use crate::validity::reconcile::Mismatch;
use crate::validity::server_work::DownloadCounts;
use crate::validity::verdict::Validity;
use std::fmt;
use std::time::Duration;

/// From these shares of the delay on lateness makes a measurement suspect, and invalid. An answer that
/// is 5% late moves the efficiency by as much, which is what strategies differ by; one that is 20% late
/// was not delayed as asked.
const LATE: f64 = 0.05;
pub(crate) const TOO_LATE: f64 = 0.2;

/// What speaks against a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// It came to no end, or not all of it was measured.
    BrokenOff {
        /// What happened, without a full stop.
        why: String,
    },
    /// There was too little of something.
    Short {
        /// Of what.
        of: Resource,
        /// What came of it.
        what: String,
        /// How many there are.
        available: u64,
    },
    /// Attempts did not get to the server, which nobody asked for.
    Unreached {
        /// How many.
        count: u64,
        /// Of how many.
        of: u64,
        /// Why.
        why: String,
    },
    /// Not one download was done: there is nothing to compare.
    NothingDone,
    /// Answers came before they were due.
    Early {
        /// How many.
        count: u64,
    },
    /// The delays were not those asked for.
    Late {
        /// The 99th percentile of the median round.
        lateness: Duration,
        /// The median delay asked for.
        delay: Duration,
    },
    /// Two strategies met different fates.
    Fates {
        /// A strategy and what it met.
        one: (String, FatesDigest),
        /// Another, and what it met.
        other: (String, FatesDigest),
    },
    /// Nothing that was met can be compared.
    UnknownFates {
        /// How many attempts were made.
        apart: u64,
    },
    /// Two strategies did different work.
    DownloadCounts {
        /// A strategy and how its downloads ended.
        one: (String, DownloadCounts),
        /// Another under the same policy, and how its downloads ended.
        other: (String, DownloadCounts),
    },
    /// Client and server do not agree on what was asked.
    Ledgers {
        /// Of which strategy.
        strategy: String,
        /// In which round, from 1.
        round: usize,
        /// On what.
        on: Mismatch,
    },
    /// A run took less time than possible.
    BelowBound {
        /// Of which strategy.
        strategy: String,
        /// The bound over the wall time.
        efficiency: f64,
    },
    /// Fewer rounds were made than asked for.
    Partial {
        /// So many.
        rounds: usize,
        /// So many were asked for.
        asked: usize,
    },
    /// The client had no computing to spare.
    Cpu {
        /// Of which strategy.
        strategy: String,
        /// The CPU time over the wall time of so many cores.
        share: f64,
        /// How many cores it can use.
        cores: usize,
    },
    /// Client and server together had most of the machine.
    Crowded {
        /// Of which strategy.
        strategy: String,
        /// The CPU time of both over the wall time of all cores.
        share: f64,
        /// How many cores there are.
        cores: usize,
    },
    /// The time that lanes were busy is not the time that attempts took.
    Books {
        /// Of which strategy.
        strategy: String,
        /// The one.
        busy: Duration,
        /// The other.
        attempts: Duration,
    },
    /// Rounds took longer and longer, or less and less time.
    Drift {
        /// Of which strategy.
        strategy: String,
        /// How often chance would look like this.
        p: f64,
        /// By how much the last third of the rounds took longer than the first: 0.1 is 10%.
        change: f64,
    },
    /// There are too few rounds for an interval.
    FewRounds {
        /// So many.
        rounds: usize,
        /// So many are needed.
        needed: usize,
    },
    /// There are too few samples for a percentile.
    FewSamples {
        /// Of which strategy.
        strategy: String,
        /// How many there are.
        samples: u64,
        /// The percentiles, 0 to 1, and how many each of them needs.
        needed: Vec<(f64, u64)>,
    },
}

/// What there can be too little of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Open files, of which every connection is one.
    Descriptors,
    /// Ports of its own that a client connects from.
    Ports,
}

impl Reason {
    /// How much it weighs. [`Reason::Late`] weighs nothing up to 5% of the delay.
    pub fn severity(&self) -> Validity {
        match self {
            Reason::Late { lateness, delay } => lateness_is(*lateness, *delay),
            Reason::BrokenOff { .. }
            | Reason::Short { .. }
            | Reason::Unreached { .. }
            | Reason::NothingDone
            | Reason::Early { .. }
            | Reason::Fates { .. }
            | Reason::Ledgers { .. }
            | Reason::BelowBound { .. }
            | Reason::Partial { .. } => Validity::Invalid,
            Reason::Cpu { .. }
            | Reason::Crowded { .. }
            | Reason::UnknownFates { .. }
            | Reason::DownloadCounts { .. }
            | Reason::Books { .. }
            | Reason::Drift { .. }
            | Reason::FewRounds { .. }
            | Reason::FewSamples { .. } => Validity::Suspect,
        }
    }

    /// A name for machines, which stays the same.
    pub fn label(&self) -> &'static str {
        match self {
            Reason::BrokenOff { .. } => "broken_off",
            Reason::Short {
                of: Resource::Descriptors,
                ..
            } => "descriptors_short",
            Reason::Short {
                of: Resource::Ports,
                ..
            } => "ports_short",
            Reason::Unreached { .. } => "unreached",
            Reason::NothingDone => "nothing_done",
            Reason::Early { .. } => "early_answers",
            Reason::Late { .. } => "server_late",
            Reason::Fates { .. } => "fates_differ",
            Reason::UnknownFates { .. } => "fates_unknown",
            Reason::DownloadCounts { .. } => "work_differs",
            Reason::Ledgers { .. } => "ledgers_disagree",
            Reason::BelowBound { .. } => "below_bound",
            Reason::Partial { .. } => "partial",
            Reason::Cpu { .. } => "client_saturated",
            Reason::Crowded { .. } => "machine_saturated",
            Reason::Books { .. } => "busy_time_off",
            Reason::Drift { .. } => "rounds_drift",
            Reason::FewRounds { .. } => "few_rounds",
            Reason::FewSamples { .. } => "few_samples",
        }
    }
}

fn lateness_is(lateness: Duration, delay: Duration) -> Validity {
    match lateness.as_secs_f64() / delay.as_secs_f64() {
        share if share > TOO_LATE => Validity::Invalid,
        share if share > LATE => Validity::Suspect,
        _ => Validity::Valid,
    }
}

impl fmt::Display for Reason {
    #[expect(clippy::too_many_lines, reason = "a sentence for each reason")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::BrokenOff { why } => f.write_str(why),
            Reason::Short {
                of,
                what,
                available,
            } => write!(
                f,
                "{what}: {of} ran out, of which there are {available}; {}",
                of.remedy()
            ),
            Reason::Unreached { count, of, why } => {
                write!(
                    f,
                    "{count} of {of} attempts did not reach the server: {why}"
                )
            }
            Reason::NothingDone => f.write_str("not one download was done"),
            Reason::Early { count } => {
                write!(f, "{count} answers came before they were due")
            }
            Reason::Late { lateness, delay } => write!(
                f,
                "in the median round 1% of the answers were late by more than {}, {:.1}% of the median delay of {}",
                HumanDuration(*lateness),
                100.0 * lateness.as_secs_f64() / delay.as_secs_f64(),
                HumanDuration(*delay)
            ),
            Reason::Fates { one, other } => write!(
                f,
                "{} met the fates {}, and {} met {}",
                one.0, one.1, other.0, other.1
            ),
            Reason::Ledgers {
                strategy,
                round,
                on,
            } => write!(f, "in round {round} {strategy} recorded {on}"),
            Reason::BelowBound {
                strategy,
                efficiency,
            } => write!(
                f,
                "{strategy} took less time than its delays allow: its efficiency is {efficiency:.3}"
            ),
            Reason::Partial { rounds, asked } => {
                write!(f, "{rounds} of {asked} rounds were made")
            }
            Reason::Cpu {
                strategy,
                share,
                cores,
            } => write!(
                f,
                "{strategy} computed for {:.0}% of what its cores ({cores}) can: it is the client that was measured",
                100.0 * share
            ),
            Reason::Crowded {
                strategy,
                share,
                cores,
            } => write!(
                f,
                "{strategy} and the server computed for {:.0}% of what all cores ({cores}) can: they are in \
                 each other's way",
                100.0 * share
            ),
            Reason::Books {
                strategy,
                busy,
                attempts,
            } => write!(
                f,
                "the lanes of {strategy} were busy for {} and its attempts took {}, which is more than 2% apart",
                HumanDuration(*busy),
                HumanDuration(*attempts)
            ),
            Reason::Drift {
                strategy,
                p,
                change,
            } => write!(
                f,
                "the last rounds of {strategy} took {:.1}% {} than the first (p = {p:.2e})",
                100.0 * change.abs(),
                if *change > 0.0 { "longer" } else { "less" }
            ),
            Reason::FewRounds { rounds, needed } => {
                write!(
                    f,
                    "{needed} rounds are needed for an interval and there are {rounds}"
                )
            }
            Reason::FewSamples {
                strategy,
                samples,
                needed,
            } => write!(
                f,
                "{strategy} has {samples} independent latencies, and {}",
                percentiles(needed)
            ),
            Reason::UnknownFates { apart } => write!(
                f,
                "whether all met the same fates is not known: of {apart} attempts there is none that did not \
                 depend on timing in some trial"
            ),
            Reason::DownloadCounts { one, other } => write!(
                f,
                "the downloads of {} came to {}, and those of {} to {}: it is not the same work, and no ratio is \
                 given",
                one.0, one.1, other.0, other.1
            ),
        }
    }
}

impl Resource {
    /// How there can be more.
    fn remedy(self) -> &'static str {
        match self {
            Resource::Descriptors => "raise the limit with `ulimit -n`",
            Resource::Ports => "widen `ip_local_port_range`",
        }
    }
}

/// What each needs.
fn percentiles(needed: &[(f64, u64)]) -> String {
    let told = |&(percentile, needed): &(f64, u64)| {
        format!("the {}th percentile needs {needed}", 100.0 * percentile)
    };
    let told: Vec<_> = needed.iter().map(told).collect();
    told.join(", ")
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Resource::Descriptors => "open files",
            Resource::Ports => "ports",
        })
    }
}
