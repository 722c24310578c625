//! The table of the servers, and flagpole's figures relative to those of the faster nginx.

use crate::common::median;
use crate::contender::Contender;
use crate::goals::judge;
use crate::median_ratio::MedianRatio;

/// The goal for requests per second, relative to nginx.
const MIN_RATE_RATIO: f64 = 1.05;

/// The goal for processor time per request, relative to nginx.
const MAX_CPU_RATIO: f64 = 0.9;

/// Prints the table and judges flagpole, the first, by the nginx that answers more requests per second.
pub(super) fn compare(contenders: &[Contender; 3]) {
    for one in contenders {
        println!(
            "{:<20} {:>10.0} requests/s {:>8.2} us CPU per request",
            one.name,
            one.median_rate(),
            median(one.cpu())
        );
    }
    let [flagpole, nginx @ ..] = contenders;
    let faster = nginx
        .iter()
        .max_by(|left, right| left.median_rate().total_cmp(&right.median_rate()))
        .expect("there are two");
    let rate = MedianRatio::new(&flagpole.rates(), &faster.rates());
    judge(
        &format!("requests/s: {rate} that of {}", faster.name),
        &format!("at least {MIN_RATE_RATIO}x, and the interval above 1"),
        rate.median >= MIN_RATE_RATIO && rate.interval.is_some_and(|(low, _)| low > 1.0),
    );
    let cpu = MedianRatio::new(&flagpole.cpu(), &faster.cpu());
    judge(
        &format!("CPU per request: {cpu} that of {}", faster.name),
        &format!("at most {MAX_CPU_RATIO}x"),
        cpu.median <= MAX_CPU_RATIO,
    );
}
