//! A master as far as a worker sees it: acknowledges, echoes heartbeats of workers that it knows, and adds statistics up.

use crate::worker::address::MasterAddress;
use crate::worker::messages::MessageValue;
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time;
use zeromq::{RouterSocket, Socket as _, SocketRecv as _, SocketSend as _, ZmqMessage};

/// How long a condition may take to hold. No test waits for it unless it fails.
const LIMIT: Duration = Duration::from_secs(30);

pub(super) struct FakeMaster {
    pub(super) address: MasterAddress,
    state: Arc<Mutex<MasterState>>,
    frames: UnboundedSender<(String, Vec<u8>)>,
    task: JoinHandle<()>,
}

/// What the master has seen.
#[derive(Default)]
pub(super) struct MasterState {
    /// Known workers with their users, in the order in which they came.
    pub(super) workers: Vec<(String, u64)>,
    /// All messages: type and sender.
    pub(super) messages: Vec<(String, String)>,
    pub(super) requests: u64,
    pub(super) failures: u64,
    pub(super) log: String,
    /// The last state in a heartbeat.
    pub(super) heartbeat: String,
    pub(super) exceptions: Vec<String>,
    pub(super) log_lines: Vec<String>,
    pub(super) is_silent: bool,
    /// The number of `stats` messages.
    pub(super) reports: u64,
}

impl MasterState {
    pub(super) fn count(&self, kind: &str) -> usize {
        self.messages
            .iter()
            .filter(|(name, _)| name == kind)
            .count()
    }
}

impl FakeMaster {
    /// A master on a free port.
    pub(super) async fn start() -> FakeMaster {
        FakeMaster::start_on(0).await
    }

    pub(super) async fn start_on(port: u16) -> FakeMaster {
        let mut socket = RouterSocket::new();
        let bound = Instant::now();
        let endpoint = loop {
            match socket.bind(&format!("tcp://127.0.0.1:{port}")).await {
                Ok(endpoint) => break endpoint.to_string(),
                // The port of an earlier master may be taken for a moment.
                Err(error) => assert!(bound.elapsed() < LIMIT, "{error}"),
            }
            time::sleep(Duration::from_millis(10)).await;
        };
        let port = endpoint.rsplit(':').next().unwrap().parse().unwrap();
        let state = Arc::new(Mutex::new(MasterState::default()));
        let (frames, mut outgoing) = unbounded_channel::<(String, Vec<u8>)>();
        let shared = state.clone();
        let task = tokio::spawn(async move {
            loop {
                tokio::select! {
                    message = socket.recv() => {
                        for (kind, data, to) in received(&shared, message.unwrap()) {
                            send(&mut socket, to, frame(kind, &data)).await;
                        }
                    }
                    Some((to, bytes)) = outgoing.recv() => send(&mut socket, to, bytes).await,
                }
            }
        });
        let host = "127.0.0.1".to_owned();
        let address = MasterAddress { host, port };
        FakeMaster {
            address,
            state,
            frames,
            task,
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, MasterState> {
        self.state.lock().unwrap()
    }

    /// Sends to the worker that came last.
    pub(super) fn send(&self, kind: &str, data: &Value) {
        self.send_frame(frame(kind, data));
    }

    pub(super) fn send_frame(&self, frame: Vec<u8>) {
        let to = self.state().workers.last().unwrap().0.clone();
        self.frames.send((to, frame)).unwrap();
    }

    /// Demands users of the class `Reader`.
    pub(super) fn spawn(&self, timestamp: f64, users: u64) {
        let data = json!({
            "timestamp": timestamp,
            "user_classes_count": {"Reader": users},
            "host": "http://127.0.0.1:1",
            "stop_timeout": 0.0,
            "parsed_options": {"flagpole_run": "r1", "flagpole_think": "1ms", "num_users": users},
        });
        self.send("spawn", &data);
    }

    /// Waits until something holds.
    pub(super) async fn until(&self, what: &str, holds: impl Fn(&MasterState) -> bool) {
        let start = Instant::now();
        while !holds(&self.state()) {
            let last = |state: &MasterState| {
                state
                    .messages
                    .iter()
                    .rev()
                    .take(9)
                    .cloned()
                    .collect::<Vec<_>>()
            };
            assert!(start.elapsed() < LIMIT, "{what}: {:?}", last(&self.state()));
            time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Ends as if it was killed.
    pub(super) async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

fn frame(kind: &str, data: &Value) -> Vec<u8> {
    rmp_serde::to_vec_named(&(kind, data, "worker")).unwrap()
}

async fn send(socket: &mut RouterSocket, to: String, frame: Vec<u8>) {
    let mut message = ZmqMessage::from(Bytes::from(to));
    message.push_back(frame.into());
    // The worker may have gone.
    let _ = socket.send(message).await;
}

/// What the master answers.
fn received(state: &Mutex<MasterState>, message: ZmqMessage) -> Vec<(&'static str, Value, String)> {
    let mut state = state.lock().unwrap();
    let frames = message.into_vec();
    assert_eq!(frames.len(), 2, "the identity and one frame");
    let from = String::from_utf8(frames[0].to_vec()).unwrap();
    let MessageValue::List(parts) = MessageValue::decode(&frames[1]).unwrap() else {
        panic!("expected an array");
    };
    let [MessageValue::Text(kind), data, MessageValue::Text(node)] = &parts[..] else {
        panic!("expected `[type, data, node id]`: {parts:?}");
    };
    assert_eq!(*node, from, "the node id is the identity");
    state.messages.push((kind.clone(), from.clone()));
    if state.is_silent {
        return Vec::new();
    }
    let count = |value: &MessageValue, key: &str| value.get(key).unwrap().as_count().unwrap();
    match kind.as_str() {
        "client_ready" => {
            assert_eq!(*data, MessageValue::Int(-1));
            state.workers.retain(|(name, _)| *name != from);
            state.workers.push((from.clone(), 0));
            return vec![("ack", json!({"index": 0}), from)];
        }
        "heartbeat" => {
            data.get("state")
                .unwrap()
                .as_text()
                .unwrap()
                .clone_into(&mut state.heartbeat);
            if state.workers.iter().any(|(name, _)| *name == from) {
                return vec![("heartbeat", Value::Null, from)];
            }
        }
        "client_stopped" | "quit" => state.workers.retain(|(name, _)| *name != from),
        "stats" => {
            let total = data.get("stats_total").unwrap();
            state.requests += count(total, "num_requests");
            state.failures += count(total, "num_failures");
            let log = data.get("flagpole_log").and_then(MessageValue::as_text);
            state.log += log.unwrap_or_default();
            state.reports += 1;
            set_users(&mut state, &from, count(data, "user_count"));
        }
        "spawning_complete" => set_users(&mut state, &from, count(data, "user_count")),
        "exception" => {
            state
                .exceptions
                .push(data.get("msg").unwrap().as_text().unwrap().to_owned());
        }
        "logs" => state.log_lines = log_lines(data),
        _ => {}
    }
    Vec::new()
}

fn set_users(state: &mut MasterState, worker: &str, count: u64) {
    let known = state.workers.iter_mut().find(|(name, _)| name == worker);
    if let Some((_, users)) = known {
        *users = count;
    }
}

fn log_lines(data: &MessageValue) -> Vec<String> {
    let Some(MessageValue::List(lines)) = data.get("logs") else {
        panic!("expected lines");
    };
    lines
        .iter()
        .map(|line| line.as_text().unwrap().to_owned())
        .collect()
}
