//! A minimal HTTP client for the control plane and the server, and both of them.

use flagpole_server::{BlockingServer, ControlPlane, Profile, ServerGroup};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// Much longer than any test takes, on the busiest machine: only a hang fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

pub(crate) fn wait_until(mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < end, "the condition never came true");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A server, or several, and their control plane.
pub(crate) struct Fixture {
    pub(crate) control: ControlPlane,
    pub(crate) servers: Vec<BlockingServer>,
}

impl Fixture {
    /// The servers of a profile, on free ports.
    pub(crate) fn new(profile: &str) -> Fixture {
        let profile: Profile = profile.parse().unwrap();
        let servers: Vec<_> = profile
            .listeners
            .iter()
            .map(|listener| {
                let builder = BlockingServer::builder().seed(profile.seed);
                builder.listener(listener.clone()).start().unwrap()
            })
            .collect();
        let controls = servers.iter().map(|server| server.control());
        let group = ServerGroup::new(controls).about(profile.about.clone());
        let control = ControlPlane::builder(group).start().unwrap();
        Fixture { control, servers }
    }

    /// A clean server.
    pub(crate) fn clean() -> Fixture {
        Fixture::new("[[listener]]")
    }

    /// Calls the control plane.
    pub(crate) fn call(&self, method: &str, target: &str, fields: &str, body: &str) -> Answer {
        call(self.control.addr(), method, target, fields, body)
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        self.call("GET", target, "", "")
    }

    /// Sends a JSON body.
    pub(crate) fn send(&self, method: &str, target: &str, body: &Value) -> Answer {
        let fields = "Content-Type: application/json\r\n";
        self.call(method, target, fields, &body.to_string())
    }

    /// Asks the first server for a flag.
    pub(crate) fn flag(&self, fields: &str) -> Answer {
        call(
            self.servers[0].addr(),
            "GET",
            "/flags/br/br.gif",
            fields,
            "",
        )
    }
}

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        let parsed = serde_json::from_str(&self.body);
        parsed.unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The sentence of a problem.
    pub(crate) fn problem(&self) -> (u16, String) {
        let is_problem = self.field("content-type") == Some("application/problem+json");
        assert!(is_problem, "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        (self.status, problem["detail"].as_str().unwrap().to_owned())
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }
}

/// Sends a request, with a length if it has a body, and reads the response.
pub(crate) fn call(
    address: SocketAddr,
    method: &str,
    target: &str,
    fields: &str,
    body: &str,
) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = match body.len() {
        0 => String::new(),
        length => format!("Content-Length: {length}\r\n"),
    };
    let host = if fields.contains("Host:") {
        ""
    } else {
        "Host: 127.0.0.1\r\n"
    };
    let request = format!(
        "{method} {target} HTTP/1.1\r\n{host}Connection: close\r\n{length}{fields}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    read_answer(&mut stream)
}

/// Reads a response until the end of the connection.
pub(crate) fn read_answer(stream: &mut TcpStream) -> Answer {
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).unwrap();
    let response = String::from_utf8_lossy(&response);
    let (head, body) = response.split_once("\r\n\r\n").expect("a whole head");
    Answer {
        status: head[9..12].parse().unwrap(),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}
