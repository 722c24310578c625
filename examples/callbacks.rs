//! The article's three stages, with nested callbacks and with `await`: each stage sends a request made from the
//! response before it, and each may fail.
//! Note the shape: the callbacks nest, pass the error on explicitly at each level, and cannot return a value,
//! so that the caller must pass a callback too. With `await` the same is three consecutive lines, and `?` passes
//! on the error of each. Both print the same.

use anyhow::Result;
use std::fmt;
use tokio::{runtime::Builder, sync::oneshot, task::yield_now};

/// The stage that failed.
#[derive(Clone, Copy)]
struct StageError(u32);

impl fmt::Display for StageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stage {} failed", self.0)
    }
}

/// Answers a request after a few turns of the loop, unless this stage is to fail.
async fn api_call(stage: u32, request: String, fails: Option<u32>) -> Result<String, StageError> {
    yield_now().await;
    if fails == Some(stage) {
        return Err(StageError(stage));
    }
    Ok(format!("{request} -> answer {stage}"))
}

/// The same without `await`: the answer is passed to a callback.
fn api_call_back(
    stage: u32,
    request: String,
    fails: Option<u32>,
    done: impl FnOnce(Result<String, StageError>) + Send + 'static,
) {
    tokio::spawn(async move { done(api_call(stage, request, fails).await) });
}

fn by_callbacks(
    request: String,
    fails: Option<u32>,
    done: impl FnOnce(Result<String, StageError>) + Send + 'static,
) {
    api_call_back(1, request, fails, move |answer| match answer {
        Err(failed) => done(Err(failed)),
        Ok(second) => api_call_back(2, second, fails, move |answer| match answer {
            Err(failed) => done(Err(failed)),
            Ok(third) => api_call_back(3, third, fails, done),
        }),
    });
}

async fn by_await(request: String, fails: Option<u32>) -> Result<String, StageError> {
    let second = api_call(1, request, fails).await?;
    let third = api_call(2, second, fails).await?;
    api_call(3, third, fails).await
}

fn show(how: &str, result: &Result<String, StageError>) {
    match result {
        Ok(answer) => println!("{how}: {answer}"),
        Err(failed) => println!("{how}: *** {failed}"),
    }
}

async fn both() -> Result<()> {
    for fails in [None, Some(1), Some(2), Some(3)] {
        // From callbacks back to `await`: a future that the last callback resolves.
        let (resolve, result) = oneshot::channel();
        by_callbacks("request".into(), fails, |answer| {
            // The receiver is gone only if the loop itself has ended.
            let _ = resolve.send(answer);
        });
        show("callbacks", &result.await?);
        show("await    ", &by_await("request".into(), fails).await);
    }
    Ok(())
}

fn main() -> Result<()> {
    Builder::new_current_thread().build()?.block_on(both())
}
