//! The article's `Future` and `Task` beside tokio's: done or not, reading a result too early, code after a
//! result, cancelling, waiting with a time limit, waiting for several.
//! A bare future is a `oneshot::Receiver` here, a task a `JoinHandle`, and `run_sync` the article's
//! helper for the console. Note the first line: a future in Rust is only a description, and nothing
//! happens until it is polled; the last four are `asyncio.wait` and its conditions to return.

use anyhow::Result;
use std::{cell::Cell, future::pending, io, time::Duration};
use tokio::task::{JoinSet, yield_now};
use tokio::time::{Instant, timeout, timeout_at};
use tokio::{runtime::Builder, sync::oneshot};

const LIMIT: Duration = Duration::from_millis(50);

/// Runs a future to its end on a loop of its own.
fn run_sync<T>(future: impl Future<Output = T>) -> io::Result<T> {
    let event_loop = Builder::new_current_thread().enable_time().build()?;
    Ok(event_loop.block_on(future))
}

fn show(what: &str, result: impl std::fmt::Debug) {
    println!("{what:<40}{result:?}");
}

/// A future that is never polled, and one that is awaited.
async fn laziness() {
    let has_run = Cell::new(false);
    drop(async { has_run.set(true) });
    show("a future never polled has run", has_run.get());
    async { has_run.set(true) }.await;
    show("a future awaited has run", has_run.get());
}

/// `Future`: a result that other code will set.
async fn bare_future() -> Result<()> {
    let (set, mut future) = oneshot::channel();
    show("result before it is set", future.try_recv());
    show("it can be set", set.send(42).is_ok());
    show("result after it is set", future.try_recv());

    let (set, future) = oneshot::channel::<u32>();
    drop(set);
    show("the sender was dropped", future.await);
    Ok(())
}

/// `Task`: a future that the loop drives by itself.
async fn task() -> Result<()> {
    let task = tokio::spawn(async { 42 });
    show("a task just spawned is done", task.is_finished());
    yield_now().await;
    show("one turn of the loop later", task.is_finished());
    show("its result", task.await?);

    // The code after an `await` takes the place of `add_done_callback`.
    let task = tokio::spawn(async { 42 });
    let called_back = tokio::spawn(async { task.await.map(|answer| format!("received {answer}")) });
    show("a callback on completion", called_back.await??);

    let task = tokio::spawn(async { "x".parse::<u32>() });
    show("an error is kept until awaited", task.await?);

    let task = tokio::spawn(pending::<u32>());
    task.abort();
    let ended = task.await;
    show(
        "a task that was cancelled",
        ended.is_err_and(|e| e.is_cancelled()),
    );
    Ok(())
}

/// A result with a time limit. Unlike `asyncio.wait_for`, this does not cancel the task.
async fn result_with_a_limit() -> Result<()> {
    let (set, wanted) = oneshot::channel();
    let mut task = tokio::spawn(wanted);
    let early = timeout(LIMIT, &mut task).await;
    show("a result within 50 ms", early.is_ok());
    show("the task was harmed", task.is_finished());
    show("it can be set", set.send(42).is_ok());
    show("its result", task.await??);
    Ok(())
}

/// Two tasks that succeed, one that fails, one that never ends: in this order, because the loop is fair.
fn four() -> JoinSet<Result<u32, &'static str>> {
    let mut set = JoinSet::new();
    set.spawn(async { Ok(1) });
    set.spawn(async { Ok(2) });
    set.spawn(async { Err("no 3") });
    set.spawn(pending());
    set
}

/// `asyncio.wait`: collects results until the condition holds, the time is up, or no task is left. Pending tasks
/// stay in the set and are cancelled when it is dropped.
async fn wait<T: 'static>(
    set: &mut JoinSet<T>,
    limit: Duration,
    is_enough: fn(&T) -> bool,
) -> Result<Vec<T>> {
    let (mut done, deadline) = (Vec::new(), Instant::now() + limit);
    while let Ok(Some(ended)) = timeout_at(deadline, set.join_next()).await {
        done.push(ended?);
        if done.last().is_some_and(is_enough) {
            break;
        }
    }
    Ok(done)
}

async fn waiting_for_many() -> Result<()> {
    let show = |what: &str, done: &[_], set: &JoinSet<_>| {
        println!("{what:<40}done {done:?}, pending {}", set.len());
    };
    let never = Duration::from_secs(3600);
    let mut set = four();
    let done = wait(&mut set, LIMIT, |_| false).await?;
    show("wait for 50 ms", &done, &set);

    let mut set = four();
    let done = wait(&mut set, never, |_| true).await?;
    show("wait for the first", &done, &set);

    let mut set = four();
    let done = wait(&mut set, never, Result::is_err).await?;
    show("wait for the first error", &done, &set);

    // Removes the task that never ends.
    let mut set = JoinSet::new();
    set.spawn(async { Ok(1) });
    set.spawn(async { Ok(2) });
    let done = wait(&mut set, never, |_| false).await?;
    show("wait for all", &done, &set);
    Ok(())
}

fn main() -> Result<()> {
    run_sync(async {
        laziness().await;
        bare_future().await?;
        task().await?;
        result_with_a_limit().await?;
        waiting_for_many().await
    })?
}
