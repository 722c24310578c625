//! A server with a chosen timer in a separate process: this program, started once more. `flagpole serve` has no
//! option for the timer, because there is no reason to choose tokio's but to compare with it.

use flagpole_server::BlockingServer;
use std::env::current_exe;
use std::io::{self, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// The environment variable that makes this program a server: its timer, latency and seed.
pub(crate) const SERVER_OPTIONS: &str = "FLAGPOLE_TIMER_SERVER";

/// What the ledger of a server says of its delayed responses.
pub(super) struct Lateness {
    pub(super) count: u64,
    /// Responses that were written before they were due.
    pub(super) early: u64,
    /// p50, p90 and p99 in microseconds.
    pub(super) quantiles: [f64; 3],
}

/// Serves until standard input ends; prints the address first, and what [`Lateness`] holds last.
pub(crate) fn serve(options: &str) {
    let words: Vec<_> = options.split(' ').collect();
    let [timer, latency, seed] = words[..] else {
        panic!("{SERVER_OPTIONS}={options}: expected a timer, a latency and a seed")
    };
    let builder = BlockingServer::builder()
        .latency(latency.parse().expect("it is a latency"))
        .seed(seed.parse().expect("it is a number"))
        .journal_capacity(0);
    let builder = match timer {
        "tokio" => builder.tokio_timer(),
        _ => builder,
    };
    let server = builder.start().expect("a free port is found");
    println!("{}", server.addr());
    let _ = io::stdin().read_to_end(&mut Vec::new());
    let ledger = server.shutdown(Duration::from_secs(1));
    let [p50, p90, p99] = [0.5, 0.9, 0.99].map(|quantile| {
        let lateness = ledger.lateness.quantile(quantile).unwrap_or_default();
        lateness.as_micros()
    });
    let (count, early) = (ledger.lateness.count(), ledger.early_responses);
    println!("{count} {early} {p50} {p90} {p99}");
}

/// The server process; it ends when this value is dropped.
pub(super) struct TimerServer {
    child: Child,
    output: BufReader<ChildStdout>,
    pub(super) address: SocketAddr,
}

impl TimerServer {
    /// Starts a server with the timer `own` or `tokio`.
    pub(super) fn start(timer: &str, latency: &str, seed: u64) -> TimerServer {
        let mut child = Command::new(current_exe().expect("the system knows this program"))
            .env(SERVER_OPTIONS, format!("{timer} {latency} {seed}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program can be started again");
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        let address = read_line(&mut output).parse();
        TimerServer {
            child,
            output,
            address: address.expect("the server prints its address"),
        }
    }

    /// Stops the server.
    pub(super) fn finish(mut self) -> Lateness {
        drop(self.child.stdin.take());
        let line = read_line(&mut self.output);
        let words = line.split(' ');
        let numbers = words.map(|word| word.parse().expect("it is a number"));
        let [count, early, p50, p90, p99] = numbers.collect::<Vec<u32>>()[..] else {
            panic!("{line}: expected 5 numbers")
        };
        Lateness {
            count: count.into(),
            early: early.into(),
            quantiles: [p50, p90, p99].map(f64::from),
        }
    }
}

impl Drop for TimerServer {
    fn drop(&mut self) {
        // Both fail only if the child has already been reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_line(output: &mut impl io::BufRead) -> String {
    let mut line = String::new();
    output.read_line(&mut line).expect("the server prints text");
    line.trim_end().to_owned()
}
