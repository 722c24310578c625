//! The ledgers: `GET /ledger` and `POST /reset`.

use super::problem::{Problem, json};
use super::query::Query;
use super::slot::ConnectionSlot;
use super::state::ControlState;
use super::stopping::Stopping;
use crate::server_control::ServerControl;
use axum::response::Response;
use flagpole_protocol::{Ledger, LedgerDocument, LedgerReport, ListenerLedger, SpecError, spec};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task;

/// The longest wait for connections to close.
const MAX_DRAIN: Duration = Duration::from_secs(60);

/// The counts at the moment.
pub(super) fn read(state: &ControlState, query: &Query) -> Result<Response, Problem> {
    let has_histogram = has_histogram(query)?;
    let servers = state.selected(query)?.into_iter();
    let ledgers = servers.map(|server| listener_ledger(server, &server.ledger(), has_histogram));
    Ok(json(&LedgerReport::new(ledgers.collect(), None)))
}

/// Forgets earlier requests, and answers with the counts until then.
pub(super) async fn reset(
    state: &ControlState,
    slot: &Arc<ConnectionSlot>,
    query: &Query,
) -> Result<Response, Problem> {
    let servers = state.selected(query)?;
    let has_histogram = has_histogram(query)?;
    if let Some(timeout) = query.value("drain", spec::duration)? {
        let _call = state.slots.begin_long_call(slot)?;
        let draining: Vec<_> = servers.iter().map(|&server| server.clone()).collect();
        let timeout = timeout.min(MAX_DRAIN);
        // One after the other: all have the same end.
        let end = Instant::now() + timeout;
        let drain = task::spawn_blocking(move || {
            for server in draining {
                server.drain(end.saturating_duration_since(Instant::now()));
            }
        });
        tokio::select! {
            // It ends in time and does not panic; after a panic the reset still holds.
            _ = drain => {}
            () = state.stopping.wait() => return Err(Stopping::problem()),
        }
    }
    let ledgers = servers
        .into_iter()
        .map(|server| listener_ledger(server, &server.reset(), has_histogram));
    let report = LedgerReport::new(ledgers.collect(), state.take_process_usage());
    Ok(json(&report))
}

fn has_histogram(query: &Query) -> Result<bool, Problem> {
    let parse = |text: &str| {
        let value = text.parse();
        value.map_err(|_| SpecError::expected("`true` or `false`", text))
    };
    Ok(query.value("histogram", parse)?.unwrap_or(false))
}

fn listener_ledger(server: &ServerControl, ledger: &Ledger, has_histogram: bool) -> ListenerLedger {
    let mut document = LedgerDocument::from(ledger);
    if has_histogram {
        document.lateness = document.lateness.with_histogram(&ledger.lateness);
    }
    ListenerLedger::new(server.name(), server.url(), document)
}
