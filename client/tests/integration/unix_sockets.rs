//! Requests over Unix sockets.

use crate::test_server::{EACH_DRIVER, LONG, OK, by_name, workload};
use flagpole_client::{CancellationToken, Endpoint, Policy, Run, Target, TargetError};
use flagpole_protocol::RunStats;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use tempfile::TempDir;

/// Listens until the process ends.
struct UnixServer {
    path: PathBuf,
    connections: Arc<AtomicUsize>,
    _folder: TempDir,
}

impl UnixServer {
    /// Calls `respond` with the lines of each head, and sends what it returns.
    fn start(respond: impl Fn(&[String]) -> &'static str + Send + Sync + 'static) -> UnixServer {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let connections = Arc::<AtomicUsize>::default();
        let (accepted, respond) = (connections.clone(), Arc::new(respond));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                accepted.fetch_add(1, SeqCst);
                let respond = respond.clone();
                thread::spawn(move || serve(&stream, &*respond));
            }
        });
        UnixServer {
            path,
            connections,
            _folder: folder,
        }
    }

    fn endpoint(&self) -> Endpoint {
        let target: Target = "http://service.example:8080".parse().unwrap();
        target.resolve_at(&self.path).unwrap()
    }

    fn run(&self, strategy: &str, set: impl Fn(Run<'_>) -> Run<'_>) -> RunStats {
        let (workload, endpoint) = (workload("BR CN IN"), self.endpoint());
        let run = set(Run::new(&workload, &endpoint));
        by_name(strategy).run(&run).unwrap()
    }
}

fn serve(stream: &UnixStream, respond: &dyn Fn(&[String]) -> &'static str) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    loop {
        let head: Vec<_> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
        if head.is_empty() || { stream }.write_all(respond(&head).as_bytes()).is_err() {
            return;
        }
    }
}

#[test]
fn requests_go_to_the_socket_and_name_the_host_of_the_url() {
    for strategy in EACH_DRIVER {
        let server = UnixServer::start(|head| {
            let is_right = head[0].starts_with("GET /flags/")
                && head
                    .iter()
                    .any(|line| line.eq_ignore_ascii_case("host: service.example:8080"));
            if is_right {
                OK
            } else {
                "HTTP/1.1 400 x\r\nContent-Length: 0\r\n\r\n"
            }
        });
        let stats = server.run(strategy, |run| run);
        assert_eq!(
            (stats.ok, server.connections.load(SeqCst)),
            (3, 1),
            "{strategy}"
        );
    }
}

#[test]
fn without_reuse_each_request_has_a_connection() {
    for strategy in EACH_DRIVER {
        let server = UnixServer::start(|_| OK);
        let stats = server.run(strategy, |run| {
            let policy = Policy {
                reuse: false,
                ..Policy::default()
            };
            run.policy(policy)
        });
        assert_eq!(
            (stats.ok, server.connections.load(SeqCst)),
            (3, 3),
            "{strategy}"
        );
    }
}

#[test]
fn silent_server_ends_in_a_timeout_and_cancellation_ends_at_once() {
    for strategy in EACH_DRIVER {
        let server = UnixServer::start(|_| "");
        let stats = server.run(strategy, |run| {
            run.timeout(std::time::Duration::from_millis(10))
        });
        assert_eq!(stats.outcomes["timeout"].attempts, 3, "{strategy}");
        let token = CancellationToken::new();
        let cancelling = token.clone();
        let cancel = UnixServer::start(move |_| {
            cancelling.cancel();
            ""
        });
        let stats = cancel.run(strategy, |run| run.cancel(token.clone()).timeout(LONG));
        assert_eq!(stats.outcomes["cancelled"].attempts, 1, "{strategy}");
    }
}

#[test]
fn path_that_no_socket_can_have_is_refused() {
    let target: Target = "http://h".parse().unwrap();
    for path in [String::new(), "x".repeat(200)] {
        let error = target.clone().resolve_at(&path).unwrap_err();
        assert!(matches!(error, TargetError::UnixSocket { .. }));
        let start = format!("cannot use the Unix socket `{path}`: ");
        assert!(error.to_string().starts_with(&start), "{error}");
    }
}
