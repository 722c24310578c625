//! A master for one worker, as far as the worker sees it: acknowledges, echoes heartbeats and adds statistics up.

use crate::harness::wait_until;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use zeromq::{RouterSocket, Socket as _, SocketRecv as _, SocketSend as _, ZmqMessage};

pub(super) struct Master {
    pub(super) port: u16,
    state: Arc<Mutex<Seen>>,
    /// Dropped to end the master.
    commands: Option<UnboundedSender<(&'static str, Value)>>,
    thread: Option<JoinHandle<()>>,
}

/// What the worker has said.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) kinds: Vec<String>,
    pub(super) requests: u64,
    pub(super) failures: u64,
    /// The text of interval logs.
    pub(super) log: String,
    pub(super) users: u64,
    pub(super) exceptions: Vec<String>,
}

impl Seen {
    pub(super) fn count(&self, kind: &str) -> usize {
        self.kinds.iter().filter(|one| *one == kind).count()
    }
}

#[derive(Deserialize)]
struct StatsMessage {
    stats_total: StatsTotal,
    #[serde(default)]
    flagpole_log: String,
    user_count: u64,
}

#[derive(Deserialize)]
struct StatsTotal {
    num_requests: u64,
    num_failures: u64,
}

#[derive(Deserialize)]
struct UserCount {
    user_count: u64,
}

#[derive(Deserialize)]
struct ExceptionMessage {
    msg: String,
}

impl Master {
    /// A master on a free port.
    pub(super) fn start() -> Master {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let mut socket = RouterSocket::new();
        let endpoint = runtime
            .block_on(socket.bind("tcp://127.0.0.1:0"))
            .unwrap()
            .to_string();
        let state = Arc::new(Mutex::new(Seen::default()));
        let (commands, received) = unbounded_channel();
        let seen = state.clone();
        let thread = thread::spawn(move || runtime.block_on(serve(socket, received, &seen)));
        Master {
            port: endpoint.rsplit(':').next().unwrap().parse().unwrap(),
            state,
            commands: Some(commands),
            thread: Some(thread),
        }
    }

    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.state.lock().unwrap()
    }

    pub(super) fn wait(&self, what: &str, holds: impl Fn(&Seen) -> bool) {
        wait_until(what, || holds(&self.seen()));
    }

    pub(super) fn send(&self, kind: &'static str, data: Value) {
        self.commands.as_ref().unwrap().send((kind, data)).unwrap();
    }

    /// Demands users by class, when the worker is ready, and waits until they run.
    pub(super) fn spawn(&self, timestamp: f64, users: &Value, stop_timeout: f64, host: &str) {
        self.wait("ready", |seen| seen.count("client_ready") > 0);
        let count = users
            .as_object()
            .unwrap()
            .values()
            .map(|one| one.as_u64().unwrap());
        let count: u64 = count.sum();
        let options = json!({"flagpole_run": "run-1"});
        let data = json!({
            "timestamp": timestamp, "user_classes_count": users, "host": host, "stop_timeout": stop_timeout,
            "parsed_options": options,
        });
        self.send("spawn", data);
        self.wait("users", |seen| seen.users == count);
    }

    /// Ends as if it was killed.
    pub(super) fn kill(&mut self) {
        self.commands = None;
        self.thread.take().unwrap().join().unwrap();
    }
}

async fn serve(
    mut socket: RouterSocket,
    mut commands: UnboundedReceiver<(&'static str, Value)>,
    seen: &Mutex<Seen>,
) {
    let mut worker = None;
    loop {
        tokio::select! {
            message = socket.recv() => {
                let frames = message.unwrap().into_vec();
                let answer = read(&mut seen.lock().unwrap(), &frames[1]);
                let from = worker.insert(frames[0].clone());
                if let Some((kind, data)) = answer {
                    send(&mut socket, from.clone(), kind, &data).await;
                }
            }
            command = commands.recv() => match (command, &worker) {
                (Some((kind, data)), Some(to)) => send(&mut socket, to.clone(), kind, &data).await,
                (Some(_), None) => panic!("no worker yet"),
                (None, _) => return,
            }
        }
    }
}

async fn send(socket: &mut RouterSocket, to: bytes::Bytes, kind: &str, data: &Value) {
    let mut message = ZmqMessage::from(to);
    message.push_back(
        rmp_serde::to_vec_named(&(kind, data, "worker"))
            .unwrap()
            .into(),
    );
    // The worker may have gone.
    let _ = socket.send(message).await;
}

/// Notes a message; returns the answer.
fn read(seen: &mut Seen, frame: &[u8]) -> Option<(&'static str, Value)> {
    let (kind, _, _): (String, serde::de::IgnoredAny, String) =
        rmp_serde::from_slice(frame).unwrap();
    seen.kinds.push(kind.clone());
    match kind.as_str() {
        "client_ready" => return Some(("ack", json!({"index": 0}))),
        "heartbeat" => return Some(("heartbeat", Value::Null)),
        "stats" => {
            let data: StatsMessage = data(frame);
            seen.requests += data.stats_total.num_requests;
            seen.failures += data.stats_total.num_failures;
            seen.log += &data.flagpole_log;
            seen.users = data.user_count;
        }
        "spawning_complete" => seen.users = data::<UserCount>(frame).user_count,
        "exception" => seen.exceptions.push(data::<ExceptionMessage>(frame).msg),
        _ => {}
    }
    None
}

fn data<'a, T: Deserialize<'a>>(frame: &'a [u8]) -> T {
    let (_, data, _): (String, T, String) = rmp_serde::from_slice(frame).unwrap();
    data
}
