//! Remedies for bottlenecks, as sentences.

use super::analysis::BottleneckAnalysis;
use super::kind::BottleneckKind;
use crate::human_duration::HumanDuration;
use flagpole_protocol::Rejection;

/// What would help against this bottleneck.
pub(super) fn sentence(analysis: &BottleneckAnalysis<'_>, kind: BottleneckKind) -> String {
    let max = analysis.max_useful_concurrency();
    let lowest = HumanDuration(analysis.lowest_bound());
    let concurrency_helps = analysis.run.concurrency < max;
    match kind {
        BottleneckKind::Latency | BottleneckKind::Concurrency if concurrency_helps => format!(
            "a concurrency of up to {max} helps, where the lower bound is {lowest}; more does not"
        ),
        BottleneckKind::Latency | BottleneckKind::Concurrency => {
            format!("only shorter delays help: a concurrency above {max} does not")
        }
        BottleneckKind::Straggler => format!(
            "add a timeout or a hedge for the slowest download; a concurrency above {max} does not help, because \
             the longest download takes {}",
            HumanDuration(analysis.critical_path())
        ),
        BottleneckKind::ServerConcurrencyLimit => format!(
            "{}; a concurrency above {max} does not help",
            if analysis.rejections(Rejection::ConcurrencyLimit) > 0 {
                "raise the server's concurrency limit or lower the concurrency, so that fewer requests are rejected"
            } else {
                "raise the server's concurrency limit or shorten its responses"
            }
        ),
        BottleneckKind::ServerRateLimit => {
            "raise the rate limit or send fewer requests; a higher concurrency does not help".to_owned()
        }
        BottleneckKind::Bandwidth if concurrency_helps => format!(
            "increase the pace or send fewer bytes; a concurrency of up to {max} helps, where the lower bound is \
             {lowest}"
        ),
        BottleneckKind::Bandwidth => {
            "increase the pace or send fewer bytes; a higher concurrency does not help".to_owned()
        }
        BottleneckKind::Retries => format!(
            "reduce failures or shorten the backoff: without retries the lower bound is {}",
            HumanDuration(analysis.bound_without_retries)
        ),
        BottleneckKind::ClientCpu => {
            "use a strategy that needs less CPU per request or more cores; a higher concurrency does not help"
                .to_owned()
        }
        BottleneckKind::ServerLateness => {
            "give the server more CPU or send fewer concurrent requests".to_owned()
        }
        BottleneckKind::Overhead => {
            "reuse connections or use a cheaper transport; a higher concurrency helps only if requests wait for \
             each other"
                .to_owned()
        }
        BottleneckKind::Unknown if analysis.is_hedged() => "repeat the run without hedges".to_owned(),
        BottleneckKind::Unknown => "omit --url to use flagpole's own server".to_owned(),
    }
}
