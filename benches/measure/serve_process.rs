//! A server in a process of its own, as users run it, so that its processor time and memory are not counted
//! with those of the client.

use flagpole_client::{Endpoint, Target};
use std::env::var;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// A `flagpole serve` process that ends when this value is dropped.
pub(crate) struct ServeProcess {
    child: Child,
    pub(crate) endpoint: Endpoint,
    /// The control plane, if the options ask for one.
    pub(crate) control: Option<SocketAddr>,
}

impl ServeProcess {
    /// Starts a server with these options on a free port.
    pub(crate) fn start(options: &str) -> ServeProcess {
        let built = || env!("CARGO_BIN_EXE_flagpole").to_owned();
        let mut child = Command::new(var("FLAGPOLE").unwrap_or_else(|_| built()))
            .args(["serve", "--port", "0"])
            .args(options.split_whitespace())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("cargo has built it, or FLAGPOLE names another binary");
        let out = child.stdout.as_mut().expect("it is piped");
        let mut lines = BufReader::new(out).lines().map_while(Result::ok);
        let url = find_url(&mut lines, "http://");
        let target: Target = url.parse().expect("a server knows its own URL");
        let endpoint = target
            .resolve()
            .expect("an IP address needs no name lookup");
        let control = options.contains("--control").then(|| {
            let url = find_url(&mut lines, "Control plane: ");
            let address = url.trim_start_matches("http://").trim_end_matches('/');
            address.parse().expect("a URL with an IP address")
        });
        ServeProcess {
            child,
            endpoint,
            control,
        }
    }

    /// The process number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

/// The URL in the next line with this text.
fn find_url(lines: &mut impl Iterator<Item = String>, text: &str) -> String {
    let line = lines.find(|line| line.contains(text));
    let line = line.expect("a server that starts prints its URLs");
    let mut words = line.split_whitespace();
    let url = words.find(|word| word.starts_with("http://"));
    url.expect("the line has the URL").to_owned()
}

impl Drop for ServeProcess {
    fn drop(&mut self) {
        // Both fail only if the child has already been reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
