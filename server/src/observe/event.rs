//! An event of `tracing` for each request that is over.

use flagpole_protocol::{RequestEntry, RequestOutcome};

/// The target of the events.
#[cfg(feature = "tracing")]
const TARGET: &str = "flagpole::request";

/// Whether a subscriber wants the events.
#[cfg(feature = "tracing")]
pub(crate) fn is_wanted() -> bool {
    tracing::enabled!(target: TARGET, tracing::Level::INFO)
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn is_wanted() -> bool {
    false
}

/// Emits the event of a request.
#[cfg(feature = "tracing")]
pub(crate) fn emit(request: &RequestEntry, outcome: &RequestOutcome) {
    use flagpole_protocol::ResponseEnd;

    let milliseconds = |time: std::time::Duration| time.as_micros() as f64 / 1e3;
    let path = request.path.as_deref().unwrap_or(request.resource.as_str());
    let (mark, query) = match &request.query {
        Some(query) => ("?", &**query),
        None => ("", ""),
    };
    let planned = Some(request.planned).filter(|delay| !delay.is_zero());
    let actual = planned
        .zip(outcome.lateness)
        .map(|(planned, late)| planned + late);
    tracing::event!(
        target: TARGET,
        tracing::Level::INFO,
        listener = request.listener.as_deref(),
        status = outcome.status,
        fault = request.fault.as_deref().map(display),
        planned_ms = planned.map(milliseconds),
        actual_ms = actual.map(milliseconds),
        bytes = outcome.bytes,
        end = Some(outcome.end.label()).filter(|_| outcome.end != ResponseEnd::Completed),
        "{} {path}{mark}{query}",
        request.method,
    );
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn emit(_request: &RequestEntry, _outcome: &RequestOutcome) {}
