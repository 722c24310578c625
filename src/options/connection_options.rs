//! Options of the limits on connections and requests.

use super::value_parsers::{positive_duration, valid};
use clap::Args;
use flagpole_protocol::{ByteSize, spec};
use flagpole_server::ConnectionLimits;
use std::time::Duration;

/// Limits on what peers can make grow or wait, for each listener.
#[derive(Args)]
#[command(next_help_heading = "Limits on connections (docs/http.md)")]
pub(crate) struct ConnectionOptions {
    /// Keep at most N connections open; others wait [default: what `ulimit -n` permits, at most 10000]
    #[arg(long, value_name = "N", value_parser = max_connections)]
    pub(crate) max_connections: Option<usize>,

    /// Reject a longer request head with 431; a longer target: 414
    #[arg(long, value_name = "SIZE", default_value = "64KiB", value_parser = head_size)]
    max_head_size: usize,

    /// Reject a request with more fields with 431
    #[arg(long, value_name = "N", default_value = "100", value_parser = max_fields)]
    max_fields: usize,

    /// Wait at most this long for a head; for each piece of a body: 408
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = positive_duration)]
    head_timeout: Duration,

    /// Reject a larger request body with 413
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = request_body)]
    max_request_body: u64,

    /// Close a connection that is without a request for this long
    #[arg(long, value_name = "DURATION", default_value = "75s", value_parser = positive_duration)]
    keep_alive_timeout: Duration,

    /// Reset a connection whose client reads nothing for this long
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = positive_duration)]
    write_timeout: Duration,

    /// After the first signal, finish responses for at most this long; 0: cut them at once
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = spec::duration)]
    pub(crate) grace: Duration,
}

impl ConnectionOptions {
    /// The limits of a listener, with this number of connections.
    pub(crate) fn limits(&self, connections: usize) -> ConnectionLimits {
        let mut limits = ConnectionLimits::default();
        limits.connections = connections;
        limits.head_size = self.max_head_size;
        limits.fields = self.max_fields;
        limits.head_timeout = self.head_timeout;
        limits.request_body = self.max_request_body;
        limits.keep_alive_timeout = self.keep_alive_timeout;
        limits.write_timeout = self.write_timeout;
        limits
    }
}

fn max_connections(text: &str) -> Result<usize, String> {
    let range = 1..=1_000_000;
    valid(text, "1 to 1000000", |number| range.contains(number))
}

fn max_fields(text: &str) -> Result<usize, String> {
    let expected = format!("1 to {}", ConnectionLimits::MAX_FIELDS);
    let range = 1..=ConnectionLimits::MAX_FIELDS;
    valid(text, &expected, |number| range.contains(number))
}

fn head_size(text: &str) -> Result<usize, String> {
    let least = ConnectionLimits::MIN_HEAD_SIZE as u64;
    let size = size(text, least, 16 << 20, "64KiB")?;
    Ok(usize::try_from(size).unwrap_or(usize::MAX))
}

fn request_body(text: &str) -> Result<u64, String> {
    size(text, 0, 1_000_000_000_000, "10MB")
}

/// A size within a range, in bytes.
fn size(text: &str, least: u64, most: u64, example: &str) -> Result<u64, String> {
    let size = ByteSize::parse(text).filter(|size| (least..=most).contains(&size.0));
    size.map(|size| size.0).ok_or_else(|| {
        let (least, most) = (ByteSize(least), ByteSize(most));
        format!("expected a size from {least} to {most}, such as `{example}`, got `{text}`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct ConnectionCli {
        #[command(flatten)]
        options: ConnectionOptions,
    }

    fn limits(line: &str) -> Result<ConnectionLimits, String> {
        let words = ["serve"].into_iter().chain(line.split_whitespace());
        let cli = ConnectionCli::try_parse_from(words).map_err(|error| error.to_string())?;
        Ok(cli.options.limits(10_000))
    }

    #[test]
    fn defaults_are_those_of_the_library() {
        assert_eq!(limits(""), Ok(ConnectionLimits::default()));
    }

    #[test]
    fn each_option_sets_its_limit() {
        let line = "--max-head-size 8KiB --max-fields 7 --head-timeout 1s --max-request-body 0 \
                    --keep-alive-timeout 2m --write-timeout 500ms";
        let mut expected = ConnectionLimits::default();
        expected.head_size = 8 << 10;
        expected.fields = 7;
        expected.head_timeout = Duration::from_secs(1);
        expected.request_body = 0;
        expected.keep_alive_timeout = Duration::from_secs(120);
        expected.write_timeout = Duration::from_millis(500);
        assert_eq!(limits(line), Ok(expected));
    }

    #[test]
    fn values_out_of_range_are_refused_with_the_range() {
        for (line, sentence) in [
            ("--max-connections 0", "expected 1 to 1000000, got `0`"),
            (
                "--max-head-size 8191B",
                "expected a size from 8KiB to 16MiB, such as `64KiB`, got `8191B`",
            ),
            (
                "--max-head-size 17MiB",
                "expected a size from 8KiB to 16MiB, such as `64KiB`, got `17MiB`",
            ),
            ("--max-fields 10001", "expected 1 to 10000, got `10001`"),
            (
                "--max-request-body 64",
                "expected a size from 0 to 1000GB, such as `10MB`, got `64`",
            ),
            ("--head-timeout 0", "expected a duration above 0, got `0`"),
            (
                "--write-timeout 0s",
                "expected a duration above 0, got `0s`",
            ),
            (
                "--keep-alive-timeout 0",
                "expected a duration above 0, got `0`",
            ),
            ("--grace 25h", "a duration is at most 24h, got `25h`"),
        ] {
            let error = limits(line).unwrap_err();
            assert!(error.contains(sentence), "{error}");
        }
    }
}
