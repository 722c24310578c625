//! Messages of a worker.

use super::check::check;
use super::stats_data::StatsData;
use crate::worker::user_load::MachineShare;
use serde::Serialize;
use std::collections::BTreeMap;

/// A version that the master does not compare with its own.
const ANY_VERSION: i64 = -1;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum WorkerMessage {
    ClientReady,
    Spawning,
    SpawningComplete { users: BTreeMap<String, u64> },
    Stats(Box<StatsData>),
    Heartbeat(ReportedState, MachineShare),
    ClientStopped,
    Quit,
    Exception { message: String },
    Logs { lines: Vec<String> },
}

/// The states of a worker that count as present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ReportedState {
    Ready,
    Spawning,
    Running,
}

#[derive(Serialize)]
struct SpawningCompleteData<'a> {
    user_classes_count: &'a BTreeMap<String, u64>,
    user_count: u64,
}

#[derive(Serialize)]
struct HeartbeatData {
    state: ReportedState,
    current_cpu_usage: f64,
    current_memory_usage: u64,
}

#[derive(Serialize)]
struct ExceptionData<'a> {
    msg: &'a str,
    traceback: &'a str,
}

#[derive(Serialize)]
struct LogsData<'a> {
    worker_id: &'a str,
    logs: &'a [String],
}

impl WorkerMessage {
    /// The frame of the message from the worker with this id. An error says why the master would not understand it.
    pub(crate) fn encode(&self, node_id: &str) -> Result<Vec<u8>, String> {
        let kind = self.kind();
        let frame = match self {
            WorkerMessage::ClientReady => to_frame(kind, ANY_VERSION, node_id),
            WorkerMessage::Spawning | WorkerMessage::ClientStopped | WorkerMessage::Quit => {
                to_frame(kind, (), node_id)
            }
            WorkerMessage::SpawningComplete { users } => {
                let data = SpawningCompleteData {
                    user_classes_count: users,
                    user_count: users.values().sum(),
                };
                to_frame(kind, data, node_id)
            }
            WorkerMessage::Stats(data) => to_frame(kind, data, node_id),
            WorkerMessage::Heartbeat(state, share) => {
                let data = HeartbeatData {
                    state: *state,
                    current_cpu_usage: share.cpu_percent,
                    current_memory_usage: share.memory_bytes,
                };
                to_frame(kind, data, node_id)
            }
            WorkerMessage::Exception { message } => {
                // The master groups exceptions by their traceback.
                let data = ExceptionData {
                    msg: message,
                    traceback: message,
                };
                to_frame(kind, data, node_id)
            }
            WorkerMessage::Logs { lines } => {
                let data = LogsData {
                    worker_id: node_id,
                    logs: lines,
                };
                to_frame(kind, data, node_id)
            }
        }?;
        check(&frame).map_err(|error| format!("{kind}: {error}"))?;
        Ok(frame)
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            WorkerMessage::ClientReady => "client_ready",
            WorkerMessage::Spawning => "spawning",
            WorkerMessage::SpawningComplete { .. } => "spawning_complete",
            WorkerMessage::Stats(_) => "stats",
            WorkerMessage::Heartbeat(..) => "heartbeat",
            WorkerMessage::ClientStopped => "client_stopped",
            WorkerMessage::Quit => "quit",
            WorkerMessage::Exception { .. } => "exception",
            WorkerMessage::Logs { .. } => "logs",
        }
    }
}

/// With names of fields: the master expects maps.
fn to_frame(kind: &str, data: impl Serialize, node_id: &str) -> Result<Vec<u8>, String> {
    rmp_serde::to_vec_named(&(kind, data, node_id)).map_err(|error| error.to_string())
}
