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
            "raise the concurrency to at most {max}: there the lower bound is {lowest}"
        ),
        BottleneckKind::Latency | BottleneckKind::Concurrency => {
            format!("only shorter delays help: a concurrency above {max} does not")
        }
        BottleneckKind::Straggler => format!(
            "add a hedge, or a timeout with retries, for the slowest download; a concurrency above {max} does not \
             help, because the longest download takes {}",
            HumanDuration(analysis.critical_path())
        ),
        BottleneckKind::ServerConcurrencyLimit
            if analysis.rejections(Rejection::ConcurrencyLimit) > 0 =>
        {
            "raise the server's concurrency limit, or lower the concurrency until no request is rejected".to_owned()
        }
        BottleneckKind::ServerConcurrencyLimit => format!(
            "raise the server's concurrency limit or make its responses take less time; a concurrency above {max} \
             does not help"
        ),
        BottleneckKind::ServerRateLimit => {
            "raise the rate limit or send fewer requests; a higher concurrency does not help".to_owned()
        }
        BottleneckKind::Bandwidth if concurrency_helps => format!(
            "make the pace faster, send fewer bytes, or raise the concurrency to at most {max}: there the lower bound \
             is {lowest}"
        ),
        BottleneckKind::Bandwidth => {
            "make the pace faster or send fewer bytes; a higher concurrency does not help".to_owned()
        }
        BottleneckKind::Retries => format!(
            "reduce failures or shorten the backoff: without retries the lower bound is {}",
            HumanDuration(analysis.bound_without_retries)
        ),
        BottleneckKind::ClientCpu => {
            "use more cores, or a strategy that needs less CPU per request; a higher concurrency does not help"
                .to_owned()
        }
        BottleneckKind::ServerLateness => {
            "give the server more CPU or send fewer concurrent requests".to_owned()
        }
        BottleneckKind::Overhead => {
            "reuse connections or use a cheaper transport; a higher concurrency helps only if downloads wait \
             for a connection"
                .to_owned()
        }
        // Timing decides which hedges start, so a hedged run has no lower bound.
        BottleneckKind::Unknown if analysis.is_hedged() => "repeat the run without hedges".to_owned(),
        BottleneckKind::Unknown => "omit --url to use flagpole's own server".to_owned(),
    }
}
