//! Lines on standard error while the server runs: which limit on connections and requests was reached and which option
//! raises it, and that lines of the journal were dropped.

use crate::commands::serve::notes::NoteSender;
use flagpole_protocol::ByteSize;
use flagpole_protocol::spec::DurationDisplay;
use flagpole_server::{ConnectionLimits, ServerLimit, open_files};
use std::sync::{Arc, OnceLock};

/// What the server of a listener calls when a limit is reached, with the number of times. The URL is known once the server
/// is started.
pub(super) fn limit_reporter(
    notes: NoteSender,
    limits: ConnectionLimits,
    url: Arc<OnceLock<String>>,
) -> impl Fn(ServerLimit, u64) + Send + Sync + 'static {
    move |limit, count| {
        let url = url.get().map_or("", String::as_str);
        if let Some(line) = line(url, limit, count, &limits) {
            // The ledger counts the limit even if there are too many lines.
            notes.send(line);
        }
    }
}

/// What the journal calls when lines are dropped, with the number of lines.
pub(super) fn drop_reporter(notes: NoteSender) -> impl Fn(u64) + Send + Sync + 'static {
    move |lines| {
        let lines = plural(lines, "line");
        // The end of the journal reports all of them.
        notes.send(format!(
            "flagpole: --journal: {lines} dropped, because it is too slow"
        ));
    }
}

/// The line about a limit that was reached `count` times; `None` if it is reached in normal use.
fn line(url: &str, limit: ServerLimit, count: u64, limits: &ConnectionLimits) -> Option<String> {
    let (requests, responses) = (plural(count, "request"), plural(count, "response"));
    let event = match limit {
        ServerLimit::Connections => {
            let connections = plural(count, "connection");
            let open = limits.connections;
            format!("{connections} waited because {open} were open; raise --max-connections")
        }
        ServerLimit::HeadSize => {
            let size = ByteSize(limits.head_size as u64);
            format!("{requests} with a head above {size} got 431 or 414; raise --max-head-size")
        }
        ServerLimit::Fields => {
            let fields = limits.fields;
            format!("{requests} with more than {fields} fields got 431; raise --max-fields")
        }
        ServerLimit::HeadTime => {
            let time = DurationDisplay(limits.head_timeout);
            format!("{requests} got no further within {time}; raise --head-timeout")
        }
        ServerLimit::RequestBody => {
            let size = ByteSize(limits.request_body);
            format!("{requests} had a body above {size}; raise --max-request-body")
        }
        ServerLimit::WriteTime => {
            let time = DurationDisplay(limits.write_timeout);
            format!(
                "{responses} cut because the client read nothing for {time}; raise --write-timeout"
            )
        }
        ServerLimit::OpenFiles => {
            let files = open_files::limit();
            return Some(format!(
                "flagpole: cannot accept connections on {url}: too many open files (limit {files}); serving those that \
                 are open; raise the limit with `ulimit -n`"
            ));
        }
        // Clients leave connections idle all the time.
        _ => return None,
    };
    Some(format!("flagpole: {url}: {event}"))
}

fn plural(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_names_the_server_the_limit_and_the_option_that_raises_it() {
        let limits = ConnectionLimits::default();
        let url = "http://127.0.0.1:8000/";
        for (limit, count, event) in [
            (
                ServerLimit::Connections,
                3,
                "3 connections waited because 10000 were open; raise --max-connections",
            ),
            (
                ServerLimit::HeadSize,
                1,
                "1 request with a head above 64KiB got 431 or 414; raise --max-head-size",
            ),
            (
                ServerLimit::Fields,
                2,
                "2 requests with more than 100 fields got 431; raise --max-fields",
            ),
            (
                ServerLimit::HeadTime,
                2,
                "2 requests got no further within 60s; raise --head-timeout",
            ),
            (
                ServerLimit::RequestBody,
                1,
                "1 request had a body above 64MiB; raise --max-request-body",
            ),
            (
                ServerLimit::WriteTime,
                1,
                "1 response cut because the client read nothing for 60s; raise --write-timeout",
            ),
        ] {
            let expected = format!("flagpole: {url}: {event}");
            assert_eq!(line(url, limit, count, &limits), Some(expected));
        }
    }

    #[test]
    fn the_end_of_an_idle_connection_is_no_line() {
        let line = line("", ServerLimit::KeepAlive, 1, &ConnectionLimits::default());
        assert_eq!(line, None);
    }
}
