//! The article's warning never to sleep or save a file on the event loop, and its `run_in_executor`.
//! A spinner is drawn beside 1 s of work (or as many seconds as the argument says), and its frames are
//! counted. Note the two zeros: work that does not await stops everything on its thread, although
//! both are `async`. `spawn_blocking` moves the work to another thread, and the frames return.

use anyhow::{Context as _, Result};
use std::io::{self, Write as _};
use std::time::{Duration, Instant};
use std::{cell::Cell, convert::Infallible, env, fs::File, path::Path, thread};
use tokio::{runtime::Builder, task::spawn_blocking};

const FRAME: Duration = Duration::from_millis(50);

/// Draws on standard error, and counts each frame after it was shown.
async fn spin(frames: &Cell<usize>) -> io::Result<Infallible> {
    loop {
        let turn = ["|", "/", "-", "\\"][frames.get() % 4];
        write!(io::stderr(), "{turn} working\r")?;
        tokio::time::sleep(FRAME).await;
        frames.set(frames.get() + 1);
    }
}

/// Number of frames that the spinner draws during the work, both on one thread.
async fn frames_during(work: impl Future<Output = Result<()>>) -> Result<usize> {
    let frames = Cell::new(0);
    tokio::select! {
        // Polls the spinner first: a frame that is due counts even if the work has ended.
        biased;
        Err(failed) = spin(&frames) => Err(failed.into()),
        done = work => done.map(|()| frames.get()),
    }
}

/// Saves a flag to disk repeatedly: a blocking call that is short, but made many times.
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
