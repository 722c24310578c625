//! What a reader must know to understand valid figures: what the limit was, and what they do not say.

use super::observed::ObservedLoad;
use super::verdict::BusyShares;

/// Sentences without a full stop.
pub(super) fn notes(observed: &ObservedLoad) -> Vec<String> {
    shared_processors(observed).into_iter().collect()
}

/// In the closed model, client and server on one machine use all that there is of it.
fn shared_processors(observed: &ObservedLoad) -> Option<String> {
    let is_busy = BusyShares::new(&observed.loops)?.is_runnable_throughout();
    let is_shared = observed.is_server_local && !observed.asked.model.is_open();
    let cores = crate::human::plural(observed.environment.cores as u64, "processor");
    let sentence = format!(
        "limited by this machine: client and server share {cores} without idle time; on another machine, the client \
         would take none from the server"
    );
    (is_busy && is_shared).then_some(sentence)
}
