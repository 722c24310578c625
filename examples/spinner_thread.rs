//! The article's `spinner_thread.py`: a thread draws a spinner while another thread thinks for 3 s (or as
//! many seconds as the argument says).
//! Note `go`: a thread cannot be ended from outside, because it might hold a lock. It checks a flag after every
//! frame, and `join` waits until it has ended.

use anyhow::{Context as _, Result, anyhow};
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::{env, sync::Arc, thread, time::Duration};

const FRAME: Duration = Duration::from_millis(100);

fn spin(message: &str, go: &AtomicBool) -> io::Result<()> {
    let mut out = io::stdout();
    for turn in r"|/-\".chars().cycle() {
        let status = format!("{turn} {message}");
        let back = "\x08".repeat(status.len());
        write!(out, "{status}{back}")?;
        out.flush()?;
        thread::sleep(FRAME);
        if !go.load(Relaxed) {
            let blank = " ".repeat(status.len());
            write!(out, "{blank}{back}")?;
            break;
        }
    }
    out.flush()
}

fn slow_function(thinking: Duration) -> u32 {
    thread::sleep(thinking);
    42
}

fn supervisor(thinking: Duration) -> Result<u32> {
    let go = Arc::new(AtomicBool::new(true));
    // A thread runs as soon as it is spawned: the lock makes its first frame appear after our line.
    let mut out = io::stdout().lock();
    let spinner = thread::Builder::new().name("spinner".into()).spawn({
        let go = go.clone();
        move || spin("thinking!", &go)
    })?;
    writeln!(out, "spinner object: {:?}", spinner.thread())?;
    drop(out);
    let answer = slow_function(thinking);
    go.store(false, Relaxed);
    spinner
        .join()
        .map_err(|_| anyhow!("the spinner panicked"))??;
    Ok(answer)
}

fn main() -> Result<()> {
    let seconds = env::args().nth(1).unwrap_or_else(|| "3".into());
    let seconds: f64 = seconds.parse().context("expected a number of seconds")?;
    let answer = supervisor(Duration::try_from_secs_f64(seconds)?)?;
    println!("Answer {answer}");
    Ok(())
}
