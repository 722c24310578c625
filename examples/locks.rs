//! The article's argument for tasks: a thread may be interrupted between any two steps, so all shared data must
//! be locked; a task yields only where it awaits.
//! Two threads, then two tasks, each add 1 to a counter a thousand times, in two steps: read, write.
//! Note what happens between the steps. Chance plays no part: a barrier makes the threads meet in
//! the middle, as the scheduler may do at any time. (Without the atomic, Rust refuses to compile it.)

use anyhow::Result;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Barrier, Mutex, PoisonError};
use std::{cell::Cell, thread};
use tokio::{runtime::Builder, task::yield_now};

const TIMES: usize = 1000;

/// Two threads do this a thousand times each.
fn two_threads(add_one: impl Fn() + Sync) {
    let work = || (0..TIMES).for_each(|_| add_one());
    thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
}

/// Two futures on one thread do this a thousand times each; `join!` polls them as a loop polls tasks.
async fn two_tasks(add_one: impl AsyncFn()) {
    let work = async || {
        for _ in 0..TIMES {
            add_one().await;
        }
    };
    tokio::join!(work(), work());
}

fn threads_without_a_lock() -> u64 {
    let (counter, middle) = (AtomicU64::new(0), Barrier::new(2));
    two_threads(|| {
        let read = counter.load(Relaxed);
        middle.wait();
        counter.store(read + 1, Relaxed);
    });
    counter.into_inner()
}

fn threads_with_a_lock() -> u64 {
    let counter = Mutex::new(0);
    two_threads(|| {
        let mut counter = counter.lock().unwrap_or_else(PoisonError::into_inner);
        let read = *counter;
        thread::yield_now();
        *counter = read + 1;
    });
    counter.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The two steps as one atomic step.
fn threads_with_one_step() -> u64 {
    let counter = AtomicU64::new(0);
    two_threads(|| {
        counter.fetch_add(1, Relaxed);
    });
    counter.into_inner()
}

async fn tasks_without_a_lock() -> u64 {
    let counter = Cell::new(0);
    two_tasks(async || {
        let read = counter.get();
        counter.set(read + 1);
        yield_now().await;
    })
    .await;
    counter.get()
}

async fn tasks_that_await_in_the_middle() -> u64 {
    let counter = Cell::new(0);
    two_tasks(async || {
        let read = counter.get();
        yield_now().await;
        counter.set(read + 1);
    })
    .await;
    counter.get()
}

async fn tasks_that_await_in_the_middle_with_a_lock() -> u64 {
    let counter = tokio::sync::Mutex::new(0);
    two_tasks(async || {
        let mut counter = counter.lock().await;
        let read = *counter;
        yield_now().await;
        *counter = read + 1;
    })
    .await;
    counter.into_inner()
}

fn main() -> Result<()> {
    let expected = 2 * TIMES as u64;
    let show = |what, counted: u64| {
        println!("{what:<45}{counted:>6}{:>6} lost", expected - counted);
    };
    show("threads, no lock", threads_without_a_lock());
    show("threads, a lock", threads_with_a_lock());
    show("threads, one step (fetch_add)", threads_with_one_step());
    Builder::new_current_thread().build()?.block_on(async {
        show("tasks, no lock", tasks_without_a_lock().await);
        show(
            "tasks, no lock, an await in the middle",
            tasks_that_await_in_the_middle().await,
        );
        show(
            "tasks, a lock, an await in the middle",
            tasks_that_await_in_the_middle_with_a_lock().await,
        );
    });
    Ok(())
}
