//! The article's warning never to sleep or save on the event loop, and its `run_in_executor`.
//! The same spinner is drawn beside work of 1 s (or as many as the argument says), and its frames are
//! counted. Look at the two zeros: work that does not await stops all that shares its thread, though
//! both are `async`. `spawn_blocking` moves it to another thread, and the frames are back.

use anyhow::{Context as _, Result};
use std::cell::Cell;
use std::convert::Infallible;
use std::env;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::Builder;
use tokio::task::spawn_blocking;

const FRAME: Duration = Duration::from_millis(50);

/// Draws on the standard error, and counts each frame when its time is over.
async fn spin(frames: &Cell<usize>) -> io::Result<Infallible> {
    loop {
        let turn = ["|", "/", "-", "\\"][frames.get() % 4];
        write!(io::stderr(), "{turn} working\r")?;
        tokio::time::sleep(FRAME).await;
        frames.set(frames.get() + 1);
    }
}

/// How many frames the spinner draws while the work goes on, both on one thread.
async fn frames_during(work: impl Future<Output = Result<()>>) -> Result<usize> {
    let frames = Cell::new(0);
    tokio::select! {
        // The spinner first: a frame that is due is counted, though the work has ended meanwhile.
        biased;
        Err(failed) = spin(&frames) => Err(failed.into()),
        done = work => done.map(|()| frames.get()),
    }
}

/// Saves a flag to the disk, again and again: a blocking call that is short, but not once.
fn save(path: &Path, time: Duration) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < time {
        let mut file = File::create(path)?;
        file.write_all(&[0; 10_000])?;
        file.sync_all()?;
    }
    Ok(())
}

async fn measure(time: Duration) -> Result<()> {
    let show = |what: &str, frames: usize| println!("{what:<48}{frames:>7}");
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("br.gif");
    let due = time.as_millis() / FRAME.as_millis();
    println!("{:<48}{:>7}", "work on one thread with a spinner", "frames");

    let awaited = async {
        tokio::time::sleep(time).await;
        Ok(())
    };
    show("tokio::time::sleep, awaited", frames_during(awaited).await?);
    let asleep = async {
        thread::sleep(time);
        Ok(())
    };
    show("thread::sleep on the loop", frames_during(asleep).await?);
    let saving = async { save(&path, time) };
    show("save on the loop", frames_during(saving).await?);
    let moved = async { Ok(spawn_blocking(move || thread::sleep(time)).await?) };
    show(
        "thread::sleep by spawn_blocking",
        frames_during(moved).await?,
    );
    let file = path.clone();
    let moved = async { spawn_blocking(move || save(&file, time)).await? };
    show("save by spawn_blocking", frames_during(moved).await?);
    println!("{:<48}{due:>7}", "at most");
    Ok(())
}

fn main() -> Result<()> {
    let seconds = env::args().nth(1).unwrap_or_else(|| "1".into());
    let seconds: f64 = seconds.parse().context("expected a number of seconds")?;
    let time = Duration::try_from_secs_f64(seconds)?;
    let event_loop = Builder::new_current_thread().enable_time().build()?;
    event_loop.block_on(measure(time))
}
