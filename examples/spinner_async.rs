//! The article's `spinner_asyncio.py`: a task draws a spinner while another task thinks for 3 s (or as
//! many seconds as the argument says), both on one thread.
//! Note `abort`: a task can be ended from outside, because it only ever stops at an `await`. No
//! exception is raised there; the future is dropped, and the values it owns clean up: see `ClearLine`.

use anyhow::{Context as _, Result};
use std::io::{self, Write as _};
use std::{env, time::Duration};
use tokio::{runtime::Builder, time::sleep};

const FRAME: Duration = Duration::from_millis(100);

/// Clears a line of this many characters when dropped.
struct ClearLine(usize);

impl Drop for ClearLine {
    fn drop(&mut self) {
        let (blank, back) = (" ".repeat(self.0), "\x08".repeat(self.0));
        let mut out = io::stdout();
        // Drop cannot report an error; the next print meets the same one.
        let _ = write!(out, "{blank}{back}").and_then(|()| out.flush());
    }
}

async fn spin(message: &str) -> io::Result<()> {
    let mut out = io::stdout();
    let _wipe = ClearLine("| ".len() + message.len());
    for turn in r"|/-\".chars().cycle() {
        let status = format!("{turn} {message}");
        write!(out, "{status}{}", "\x08".repeat(status.len()))?;
        out.flush()?;
        sleep(FRAME).await;
    }
    Ok(())
}

async fn slow_function(thinking: Duration) -> u32 {
    sleep(thinking).await;
    42
}

async fn supervisor(thinking: Duration) -> Result<u32> {
    let spinner = tokio::spawn(spin("thinking!"));
    println!("spinner object: {spinner:?}");
    let answer = slow_function(thinking).await;
    spinner.abort();
    // `abort` only requests the end; after the `await` the task has ended and its line is cleared.
    match spinner.await {
        Err(ended) if ended.is_cancelled() => Ok(answer),
        Err(panicked) => Err(panicked.into()),
        Ok(result) => Ok(result.map(|()| answer)?),
    }
}

fn main() -> Result<()> {
    let seconds = env::args().nth(1).unwrap_or_else(|| "3".into());
    let seconds: f64 = seconds.parse().context("expected a number of seconds")?;
    let event_loop = Builder::new_current_thread().enable_time().build()?;
    let answer = event_loop.block_on(supervisor(Duration::try_from_secs_f64(seconds)?))?;
    println!("Answer {answer}");
    Ok(())
}
