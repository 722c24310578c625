//! What the listeners do now: latency, faults, rules and limits, and where they are.

use super::server_sample::ServerSample;
use crate::config::listener::Listener;
use serde::Serialize;

/// The configuration of all listeners at one moment.
#[derive(Debug, Serialize)]
pub(super) struct ServerState<'a> {
    version: &'static str,
    about: Option<&'a str>,
    /// As text, because a script cannot hold every whole number.
    seed: String,
    listeners: Vec<ListenerState<'a>>,
}

#[derive(Debug, Serialize)]
struct ListenerState<'a> {
    /// The value of the parameter `listener` of operations: the name, or without one the port.
    key: String,
    url: &'a str,
    is_serving: bool,
    /// As in a profile.
    profile: &'a Listener,
}

impl ServerState<'_> {
    pub(super) fn new(sample: &ServerSample) -> ServerState<'_> {
        let profiles = sample.profile.listeners.iter();
        let listeners = profiles.zip(&sample.listeners).map(|(profile, listener)| {
            let port = profile.port.map(|port| port.to_string());
            let key = profile.name.clone().or(port);
            ListenerState {
                key: key.unwrap_or_default(),
                url: &listener.url,
                is_serving: listener.is_serving,
                profile,
            }
        });
        ServerState {
            version: env!("CARGO_PKG_VERSION"),
            about: sample.profile.about.as_deref(),
            seed: sample.profile.seed.to_string(),
            listeners: listeners.collect(),
        }
    }
}
