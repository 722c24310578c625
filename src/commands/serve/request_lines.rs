//! `--verbose`: a line on standard error for each request that is over.

use anstream::{AutoStream, ColorChoice};
use std::io;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

/// The number of lines that wait to be written; further ones are dropped.
const CAPACITY: usize = 10_000;

/// Writes the events of requests as lines, on a separate thread, because a slow terminal must delay no response.
pub(super) struct RequestLines {
    guard: WorkerGuard,
    errors: ErrorCounter,
}

impl RequestLines {
    /// Subscribes to the events of the servers that are started later.
    pub(super) fn start() -> RequestLines {
        let builder = NonBlockingBuilder::default().thread_name("request lines");
        let builder = builder.lossy(true).buffered_lines_limit(CAPACITY);
        let (writer, guard) = builder.finish(io::stderr());
        let errors = writer.error_counter();
        let has_colors = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
        let lines = fmt::layer()
            .with_writer(writer)
            .with_ansi(has_colors)
            .with_level(false)
            .with_target(false)
            .with_filter(filter_fn(|event| event.target() == "flagpole::request"));
        tracing_subscriber::registry().with(lines).init();
        RequestLines { guard, errors }
    }

    /// Writes the lines that wait, for about a second at most. Returns a sentence about those that were dropped.
    pub(super) fn finish(self) -> Option<String> {
        drop(self.guard);
        let dropped = Some(self.errors.dropped_lines()).filter(|lines| *lines > 0);
        dropped.map(|lines| {
            format!("flagpole: --verbose: {lines} lines were dropped, because standard error was too slow")
        })
    }
}
