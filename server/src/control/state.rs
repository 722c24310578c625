//! What the operations of the control plane work on.

use super::live::server_page::ServerPage;
use super::problem::Problem;
use super::query::Query;
use super::slot::ConnectionSlots;
use super::stopping::Stopping;
use crate::server_control::ServerControl;
use crate::server_group::ServerGroup;
use flagpole_protocol::{ProcessUsage, SpecError};
use http::StatusCode;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// A function that returns what the process used since its previous call.
pub(crate) type UsageReader = Box<dyn FnMut() -> ProcessUsage + Send>;

/// What the operations share.
pub(super) struct ControlState {
    pub(super) servers: ServerGroup,
    pub(super) live: ServerPage,
    /// The files that the profile named when the control plane started.
    pub(super) initial_files: BTreeSet<PathBuf>,
    pub(super) process_usage: Option<Mutex<UsageReader>>,
    pub(super) slots: Arc<ConnectionSlots>,
    pub(super) stopping: Stopping,
}

impl ControlState {
    /// The servers that the parameter `listener` selects: one, or without it all.
    pub(super) fn selected(&self, query: &Query) -> Result<Vec<&ServerControl>, Problem> {
        match query.text("listener") {
            None => Ok(self.servers.servers().iter().collect()),
            Some(name) => Ok(vec![&self.servers.servers()[self.find(name)?]]),
        }
    }

    /// The index of the server with this name or port.
    pub(super) fn find(&self, name_or_port: &str) -> Result<usize, Problem> {
        let names = |server: &ServerControl| {
            let port = server.addr().port().to_string();
            server.name().into_iter().chain([port])
        };
        let mut servers = self.servers.servers().iter();
        let found = servers.position(|server| names(server).any(|name| name == name_or_port));
        found.ok_or_else(|| {
            let known: Vec<_> = self.servers.servers().iter().flat_map(names).collect();
            let known = known.iter().map(String::as_str);
            let detail = SpecError::unknown("listener", name_or_port, known);
            Problem::new(StatusCode::NOT_FOUND, detail)
        })
    }

    /// What the process used since the previous call, if it is measured.
    pub(super) fn take_process_usage(&self) -> Option<ProcessUsage> {
        let reader = self.process_usage.as_ref()?;
        let mut reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
        Some(reader())
    }
}
