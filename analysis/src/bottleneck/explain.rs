//! What holds a run back, in words: one sentence for what was seen, one for what would help.

use super::BottleneckKind;
use crate::bottleneck::diagnosis::Case;
use crate::report::human_duration::HumanDuration;
use flagpole_protocol::Rejection;
use std::time::Duration;

/// From this share of the wall time on it is told how much of it the bound leaves unexplained.
const UNEXPLAINED: f64 = 10.0;

/// The figures that say so.
pub(crate) fn evidence(case: &Case<'_>, what: BottleneckKind) -> String {
    let told = figures(case, what);
    let rest = case.run.wall.saturating_sub(case.bound);
    let share = percent(rest, case.run.wall);
    let is_by_the_bound = match what {
        BottleneckKind::Latency
        | BottleneckKind::Lanes
        | BottleneckKind::Straggler
        | BottleneckKind::Capacity
        | BottleneckKind::RateLimit
        | BottleneckKind::Bandwidth
        | BottleneckKind::Retries => !case.bound.is_zero(),
        BottleneckKind::ClientCpu
        | BottleneckKind::ServerLateness
        | BottleneckKind::Overhead
        | BottleneckKind::Unknown => false,
    };
    if is_by_the_bound && share >= UNEXPLAINED {
        format!(
            "{told}, {share:.0}% of which the bound of {} does not explain",
            HumanDuration(case.bound)
        )
    } else {
        told
    }
}

fn figures(case: &Case<'_>, what: BottleneckKind) -> String {
    let (wall, bound) = (HumanDuration(case.run.wall), HumanDuration(case.bound));
    let (lanes, attempts) = (lanes(case.run.lanes), case.run.records.len());
    match what {
        BottleneckKind::Latency if case.run.lanes == 1 => format!(
            "one lane waits for {attempts} answers one after the other: their delays add up to \
             {bound} of the {wall} that the run took"
        ),
        BottleneckKind::Latency => format!(
            "on {lanes} no wait is behind another: the longest is {}, the median {}, and the run took {wall}",
            HumanDuration(longest(case)),
            HumanDuration(case.median)
        ),
        BottleneckKind::Lanes => format!(
            "at {lanes} the bound is {bound}; the longest {} {}, and the run took {wall}",
            if case.retries() > 0 {
                "download takes, with its retries and back-off,"
            } else {
                "delay is"
            },
            HumanDuration(longest(case))
        ),
        BottleneckKind::Straggler => format!(
            "the longest download takes {} and the median {}: at {lanes} the bound is {bound}, and the run took {wall}",
            HumanDuration(longest(case)),
            HumanDuration(case.median)
        ),
        BottleneckKind::Capacity => capacity(case),
        BottleneckKind::RateLimit => rate_limit(case),
        BottleneckKind::Bandwidth => format!(
            "the pace of the bodies makes {} of the bound of {bound}, and the run took {wall}",
            HumanDuration(case.terms.map_or(Duration::ZERO, |terms| terms.paced))
        ),
        BottleneckKind::Retries => format!(
            "of the bound of {bound}, {} are failed attempts and back-off, before {} made again; the run took {wall}",
            HumanDuration(case.bound.saturating_sub(case.tried_once)),
            plural(case.retries(), "attempt")
        ),
        BottleneckKind::ClientCpu => format!(
            "the client computed for {} on {}, {:.0}% of the wall time of {wall}",
            HumanDuration(case.run.cpu.unwrap_or_default()),
            plural(case.run.cores.max(1), "core"),
            percent(case.cpu, case.run.wall)
        ),
        BottleneckKind::ServerLateness => format!(
            "answers came later than planned: with the delays that the server kept the bound is {}, \
             not {bound}, and the run took {wall}",
            HumanDuration(case.actual)
        ),
        BottleneckKind::Overhead | BottleneckKind::Unknown => unexplained(case),
    }
}

/// What would help.
pub(crate) fn remedy(case: &Case<'_>, what: BottleneckKind) -> String {
    let knee = case.terms.map_or(1, |terms| terms.knee);
    let floor = HumanDuration(case.floor());
    match what {
        BottleneckKind::Latency | BottleneckKind::Lanes if case.run.lanes < knee => format!(
            "more lanes help up to {knee}, where the bound is {floor}; past {knee} lanes more can not help"
        ),
        BottleneckKind::Latency | BottleneckKind::Lanes => {
            format!("only shorter delays help: past {} more can not", lanes(knee))
        }
        BottleneckKind::Straggler => format!(
            "a timeout or a hedge for the slowest would help; past {} more can not: the longest download takes {}",
            lanes(knee),
            HumanDuration(longest(case))
        ),
        BottleneckKind::Capacity if case.refusals(Rejection::ConcurrencyLimit) > 0 => format!(
            "more seats on the server would help, or fewer lanes, so that fewer are turned away: past {} more can not",
            lanes(knee)
        ),
        BottleneckKind::Capacity => format!(
            "more seats on the server would help, or answers that take less time; more lanes than {knee} can not"
        ),
        BottleneckKind::RateLimit => {
            "a higher rate or fewer requests would help; more lanes can not".to_owned()
        }
        BottleneckKind::Bandwidth if case.run.lanes < knee => format!(
            "a faster pace or fewer bytes would help, and more lanes up to {knee}, where the bound is {floor}"
        ),
        BottleneckKind::Bandwidth => {
            "a faster pace or fewer bytes would help; more lanes can not".to_owned()
        }
        BottleneckKind::Retries => format!(
            "fewer failures or a shorter back-off would help: without retries the bound is {}",
            HumanDuration(case.tried_once)
        ),
        BottleneckKind::ClientCpu => {
            "a strategy that costs less a request, or one that uses more cores, would help; more lanes can not"
                .to_owned()
        }
        BottleneckKind::ServerLateness => {
            "a server that has more of the machine would help, or fewer requests at once".to_owned()
        }
        BottleneckKind::Overhead => {
            "connections that are used again and a cheaper transport would help; more lanes only if \
             requests wait for each other"
                .to_owned()
        }
        BottleneckKind::Unknown if case.is_hedged() => {
            "the same run without hedges would tell".to_owned()
        }
        BottleneckKind::Unknown => "the same run against a server of flagpole's, started for it, would tell".to_owned(),
    }
}

fn capacity(case: &Case<'_>) -> String {
    let (in_vain, took) = (in_vain(case, Rejection::ConcurrencyLimit), took(case));
    let Some(seats) = case.run.limits.seats else {
        return format!("{in_vain} for want of capacity{took}");
    };
    format!(
        "on the {} of the server its answers take {} at least; {in_vain}{took}",
        plural(seats, "seat"),
        HumanDuration(case.terms.map_or(Duration::ZERO, |terms| terms.capacity))
    )
}

fn rate_limit(case: &Case<'_>) -> String {
    let (in_vain, took) = (in_vain(case, Rejection::RateLimit), took(case));
    let least = case.terms.map_or(Duration::ZERO, |terms| terms.rate_limit);
    match case.run.limits.rate {
        None => format!("{in_vain} by its rate limit{took}"),
        Some(rate) if least.is_zero() => format!(
            "{in_vain} by its rate limit of {} a second behind the first {}{took}",
            rate.per_second, rate.burst
        ),
        Some(rate) => format!(
            "behind the first {} requests the server lets in {} a second, which takes {} at least for those \
             that it let in; {in_vain}{took}",
            rate.burst,
            rate.per_second,
            HumanDuration(least)
        ),
    }
}

/// How many attempts came to nothing for a limit of the server.
fn in_vain(case: &Case<'_>, reason: Rejection) -> String {
    let (attempts, refused) = (case.run.records.len(), case.refusals(reason));
    let given_up = match case.given_up() {
        0 => String::new(),
        count => format!(", and {count} were given up while they waited"),
    };
    format!("the server turned away {refused} of {attempts} attempts{given_up}")
}

/// How long the run took, and what of it those attempts account for.
fn took(case: &Case<'_>) -> String {
    let backed_off = if case.turned_away > case.bound {
        let turned_away = HumanDuration(case.turned_away);
        format!("; with those and the back-off behind them the bound would be {turned_away}")
    } else {
        String::new()
    };
    format!(
        "{backed_off}, and the run took {}",
        HumanDuration(case.run.wall)
    )
}

fn unexplained(case: &Case<'_>) -> String {
    let bound = match case.terms {
        Some(_) if case.bound.is_zero() => "no answer was to be delayed".to_owned(),
        Some(_) => format!("the bound is {}", HumanDuration(case.bound)),
        None if case.is_hedged() => "there is no bound, because the run was hedged,".to_owned(),
        None if case.is_told() => format!(
            "there is no bound, because it is not known what was planned for {} without a head,",
            plural(case.headless(), "attempt")
        ),
        None => "there is no bound, because the server did not say what it planned,".to_owned(),
    };
    let cpu = match case.run.cpu {
        Some(_) => format!("the client's computing makes {}", HumanDuration(case.cpu)),
        None => "the client's CPU time is not known".to_owned(),
    };
    let wall = HumanDuration(case.run.wall);
    format!("{bound} and {cpu}: neither explains half of the {wall} that the run took")
}

fn longest(case: &Case<'_>) -> Duration {
    case.terms.map_or(Duration::ZERO, |terms| terms.longest)
}

fn lanes(count: usize) -> String {
    plural(count, "lane")
}

fn plural(count: usize, one: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {one}{s}")
}

/// In per cent; 0 of nothing.
fn percent(part: Duration, whole: Duration) -> f64 {
    if whole.is_zero() {
        return 0.0;
    }
    100.0 * part.as_secs_f64() / whole.as_secs_f64()
}
