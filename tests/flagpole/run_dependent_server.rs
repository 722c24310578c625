//! A server that treats runs differently: its delay and its body depend on whether a run is the first, the second and so
//! on. It distinguishes runs by `Flagpole-Run`, and reports its delays truthfully.

use crate::servers::head;
use std::io::{self, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The smallest GIF, of one pixel.
pub(crate) const SMALL_GIF: &[u8] =
    b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// How a run is served.
pub(crate) struct RunResponse {
    /// The delay of each response; `None` responds at once and without `Server-Timing`.
    pub(crate) delay: Option<Duration>,
    pub(crate) body: Vec<u8>,
}

/// Starts a server that serves the run of each position, from 1, as the function says. Requests without a run get 404.
/// Runs until the test process ends.
pub(crate) fn start_run_dependent_server(respond: fn(usize) -> RunResponse) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let runs = Arc::new(Mutex::default());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let runs = runs.clone();
            // The client may close the connection at any time.
            thread::spawn(move || serve(stream, &runs, respond));
        }
    });
    format!("http://{address}")
}

fn serve(
    stream: TcpStream,
    runs: &Mutex<Vec<String>>,
    respond: fn(usize) -> RunResponse,
) -> io::Result<()> {
    let mut peer = BufReader::new(stream);
    loop {
        let head = head(&mut peer)?;
        let arrived = Instant::now();
        if head.is_empty() {
            return Ok(());
        }
        let fields = head.iter().filter_map(|line| line.split_once(": "));
        let mut runs_named = fields.filter(|(name, _)| name.eq_ignore_ascii_case("flagpole-run"));
        let response = match runs_named.next() {
            Some((_, run)) => ok_response(arrived, &respond(position(runs, run))),
            None => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
        };
        peer.get_mut().write_all(&response)?;
    }
}

/// The position of a run among all runs, from 1.
fn position(runs: &Mutex<Vec<String>>, run: &str) -> usize {
    let mut runs = runs.lock().unwrap();
    let known = runs.iter().position(|known| known == run);
    let index = known.unwrap_or_else(|| {
        runs.push(run.to_owned());
        runs.len() - 1
    });
    index + 1
}

/// A whole response, after its delay.
fn ok_response(arrived: Instant, response: &RunResponse) -> Vec<u8> {
    let ms = |time: Duration| format!("{:.3}", time.as_secs_f64() * 1e3);
    let timing = response.delay.map(|delay| {
        thread::sleep(delay.saturating_sub(arrived.elapsed()));
        let (planned, actual) = (ms(delay), ms(arrived.elapsed()));
        format!("Server-Timing: planned;dur={planned}, actual;dur={actual}\r\n")
    });
    let timing = timing.unwrap_or_default();
    let length = response.body.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{timing}\r\n");
    [head.as_bytes(), &response.body].concat()
}
