//! The text of a log: the head of a process, a block for each interval, and its end. A block is complete or it does not count, so
//! that blocks of several processes may be appended to one file.

use super::comment::{self, EndComment, IntervalComment};
use super::stats_record::{StatsRecord, TaggedTimes, exact_lines, summary_lines};
use super::tags;
use flagpole_analysis::load::process::{ProcessEnd, ProcessHead, ProcessInterval};
use flagpole_protocol::LatencyStats;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The line with the names of the columns, which readers skip.
const LEGEND: &str =
    "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";

/// What the timestamps of lines count from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timestamps {
    /// The start of the process: for a file of one process.
    FromStart,
    /// The Unix epoch: for a file in which several processes are.
    Absolute,
}

/// The response times, those of failures included, of the requests with a method and a name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EndpointTimes<'a> {
    pub(crate) method: &'a str,
    pub(crate) name: &'a str,
    pub(crate) response_time: &'a LatencyStats,
}

/// Makes the blocks of one process.
pub(crate) struct LogBlocks {
    process: String,
    /// What is added to the start of an interval.
    origin: Duration,
    serializer: V2DeflateSerializer,
}

impl LogBlocks {
    /// The blocks of the process, and the text with its head.
    pub(crate) fn new(head: &ProcessHead, timestamps: Timestamps) -> (LogBlocks, String) {
        let start = Duration::from_micros(head.started_unix_us);
        let (origin, base) = match timestamps {
            Timestamps::FromStart => (Duration::ZERO, start),
            Timestamps::Absolute => (start, Duration::ZERO),
        };
        let mut blocks = LogBlocks {
            process: head.process.clone(),
            origin,
            serializer: V2DeflateSerializer::new(),
        };
        let mut text = blocks.head(UNIX_EPOCH + base);
        text += &comment::line(comment::PROCESS, head);
        (blocks, text)
    }

    /// The text of an interval.
    pub(crate) fn interval(
        &mut self,
        interval: &ProcessInterval,
        endpoints: &[EndpointTimes<'_>],
    ) -> String {
        let stats = &interval.stats;
        let mut lines = Vec::from(summary_lines(stats));
        lines.extend(exact_lines(stats));
        lines.extend(endpoints.iter().map(|endpoint| {
            let tag = tags::endpoint(endpoint.method, endpoint.name);
            (tag, Cow::Borrowed(endpoint.response_time))
        }));
        let mut text = self.lines(&lines, interval.start, interval.length);
        text += &comment::line(
            comment::INTERVAL,
            &IntervalComment {
                process: Cow::Borrowed(&self.process),
                interval: Cow::Borrowed(interval),
                stats: StatsRecord::new(stats, &lines),
            },
        );
        text
    }

    /// The text of the end of the process, whose warm-up had this length.
    pub(crate) fn end(&mut self, end: &ProcessEnd, warm_up: Duration) -> String {
        let mut lines = exact_lines(&end.warm_up);
        for (tag, _) in &mut lines {
            tag.insert_str(0, tags::WARM_UP);
        }
        let mut text = self.lines(&lines, Duration::ZERO, warm_up);
        text += &comment::line(
            comment::END,
            &EndComment {
                process: Cow::Borrowed(&self.process),
                end: Cow::Borrowed(end),
                warm_up: StatsRecord::new(&end.warm_up, &lines),
            },
        );
        text
    }

    /// The comments for other tools. Those of `Absolute` have 0 as start too: tools leave out intervals before the start.
    fn head(&mut self, base: SystemTime) -> String {
        let mut out = Vec::new();
        let version = env!("CARGO_PKG_VERSION");
        IntervalLogWriterBuilder::new()
            .add_comment(&format!("[Logged with flagpole {version}]"))
            .add_comment("[Histogram log format version 1.3]")
            .add_comment("[Values, and Interval_Max, in microseconds]")
            .with_start_time(base)
            .with_base_time(base)
            .begin_log_with(&mut out, &mut self.serializer)
            .expect("a vector takes all bytes");
        text(out) + LEGEND
    }

    fn lines(&mut self, lines: &[TaggedTimes<'_>], start: Duration, length: Duration) -> String {
        let mut out = Vec::new();
        // Without a head, the writer writes only what follows.
        let mut log = IntervalLogWriterBuilder::new()
            .begin_log_with(&mut out, &mut self.serializer)
            .expect("a vector takes all bytes");
        for (tag, times) in lines {
            let histogram = times.to_log_histogram();
            let tag = Tag::new(tag).filter(|tag| !tag.is_empty());
            log.write_histogram(&histogram, self.origin + start, length, tag)
                .expect("a vector takes all bytes, and the counts of a log are below 2^63");
        }
        text(out)
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("comments, tags and base64 are text")
}
