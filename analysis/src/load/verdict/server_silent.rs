//! `server_stalled`, `server_gone`: the server answered no request for a time, although there were requests, and the
//! client was running.

use crate::human::{HumanDuration, grouped, plural};
use crate::load::observed::ObservedLoad;
use crate::load::second::LoadSecond;
use crate::load::stop_reason::StopReason;
use crate::stats::median::lower_median;
use crate::validity::ValidityIssue;
use flagpole_protocol::as_micros;

/// The shortest silence that is one, in microseconds: shorter ones lie within a second of the time series.
const MIN_US: u64 = 1_000_000;
/// A silence is more than this many times as long as the slowest response of a usual second: a server whose responses
/// take 3 s is silent for 3 s.
const USUAL_TIMES: u64 = 3;

/// A time without a response, in microseconds from the end of the warm-up.
#[derive(Clone, Copy)]
struct Silence {
    from: u64,
    until: u64,
}

/// Suspect if the server went on: the figures are true, but not what the server usually does. Invalid if it did not: the
/// load that was asked for never came to its end.
pub(super) fn check(observed: &ObservedLoad) -> Option<ValidityIssue> {
    if matches!(observed.stop, StopReason::ServerGone { .. }) {
        // The end of the run says so.
        return None;
    }
    let silences = silences(observed);
    let seconds = observed.seconds.iter();
    let last_response = seconds.filter_map(|one| one.last_response_us).max();
    let last_response = last_response.unwrap_or(0);
    if let Some(last) = silences
        .iter()
        .find(|silence| silence.from >= last_response)
    {
        return Some(ValidityIssue::invalid("server_gone", gone(*last, observed)));
    }
    let longest = silences.iter().max_by_key(|silence| silence.length())?;
    let others = match silences.len() as u64 - 1 {
        0 => String::new(),
        others => format!(", and {} for at least 1 s", plural(others, "more time")),
    };
    let message = format!(
        "the server did not answer for {} from {} on{others}; the figures have this time in them: see what stopped it",
        HumanDuration::from_micros(longest.length()),
        HumanDuration::from_micros(longest.from)
    );
    Some(ValidityIssue::suspect("server_stalled", message))
}

fn gone(silence: Silence, observed: &ObservedLoad) -> String {
    let seconds = observed
        .seconds
        .iter()
        .filter(|one| one.start_us >= silence.from);
    let failed: u64 = seconds.map(LoadSecond::failures).sum();
    let failed = match failed {
        0 => "it accepted requests, but answered none".to_owned(),
        failed => format!(
            "{} requests failed in the seconds after that",
            grouped(failed)
        ),
    };
    format!(
        "the server did not answer any more from {} on until the end of the run: {failed}; see why it stopped, and start \
         it again",
        HumanDuration::from_micros(silence.from)
    )
}

/// How long the server was silent in all, in microseconds.
pub(super) fn total_us(observed: &ObservedLoad) -> u64 {
    silences(observed).iter().map(Silence::length).sum()
}

/// The silences in which the server had requests and the client was running, in the order of time.
fn silences(observed: &ObservedLoad) -> Vec<Silence> {
    let seconds = &observed.seconds;
    let slowest = seconds.iter().filter_map(|second| second.max_us);
    let usual = lower_median(slowest, Ord::cmp).unwrap_or(0);
    let stopped = observed.lost.stopped_us.unwrap_or(0);
    let late = observed.stats.lateness.max().map_or(0, as_micros);
    let mut silences = Vec::new();
    let mut from = 0;
    let responses = seconds
        .iter()
        .filter_map(|one| one.first_response_us.zip(one.last_response_us));
    let end = as_micros(observed.window.min(observed.elapsed));
    for (first, last) in responses.chain([(end, end)]) {
        silences.push(Silence { from, until: first });
        from = last.max(from);
    }
    silences.retain(|silence| {
        let is_long = silence.length() >= MIN_US.max(USUAL_TIMES * usual);
        let is_client = stopped.max(late) > silence.length() / 2;
        // The others look at all seconds, and most silences are short.
        is_long
            && !is_client
            && seconds.iter().any(|second| silence.has_requests(second))
            && (silence.until == end || silence.was_waited_for(seconds))
    });
    silences
}

impl Silence {
    fn length(&self) -> u64 {
        self.until.saturating_sub(self.from)
    }

    /// Whether requests waited for its end: one that ended with it took at least half of it, or some failed in it. Otherwise
    /// nothing was asked for most of the time.
    fn was_waited_for(&self, seconds: &[LoadSecond]) -> bool {
        let mut within = seconds
            .iter()
            .filter(|one| one.start_us + one.length_us > self.from && one.start_us <= self.until);
        within.any(|one| {
            let is_last = self.until < one.start_us + one.length_us;
            one.failures() > 0 || is_last && one.max_us.unwrap_or(0) >= self.length() / 2
        })
    }

    /// Whether the server had requests at the end of a second within the silence, or failed some in it.
    fn has_requests(&self, second: &LoadSecond) -> bool {
        let end = second.start_us + second.length_us;
        let ends_within = self.from < end && end <= self.until;
        ends_within && (second.in_flight > 0 || second.failures() > 0)
    }
}
