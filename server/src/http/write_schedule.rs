//! The write schedule: which bytes of a response may be written when.
//!
//! A schedule follows from the pace (when bytes are written) and the ending (cut, reset or complete) of a
//! fate, the plain data that says all that will happen to a response. It is a pure function of the time
//! since the response was due and of the bytes written, so tests need not wait.

use flagpole_protocol::{ChunkFlaw, Ending, Fate, Framing, Offset, Pace, WrongLength};
use std::borrow::Cow;
use std::time::Duration;

/// Number of writes per second at `Pace::Rate`; fewer if a write would be less than a byte.
const WRITES_PER_SECOND: u64 = 100;

/// The time of a rate in bytes per second.
const SECOND: Duration = Duration::from_secs(1);

/// The schedule of one response. Offsets count bytes from the start of the head; `head` and `body` are
/// lengths in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WriteSchedule {
    head: u64,
    body: u64,
    pace: Pace,
    pub(crate) ending: Ending,
}

/// How a fate spreads a response over time, after its delay. A time is `None` if it has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlannedPacing {
    /// From the end of the delay to the last byte of the head.
    pub(crate) head: Option<Duration>,
    /// From the last byte of the head to the last byte of the response.
    pub(crate) body: Option<Duration>,
    /// From the last byte to when the connection takes its next request; zero if the connection ends.
    pub(crate) pause_after: Option<Duration>,
}

impl PlannedPacing {
    /// The pacing of a response with a body of `body` bytes.
    pub(crate) fn new(fate: &Fate, body: u64) -> PlannedPacing {
        // The length of the head, here 1 byte, makes no difference.
        let schedule = WriteSchedule::new(fate, 1, body);
        let head = schedule.head_at();
        let whole = schedule.last_byte_at();
        PlannedPacing {
            head,
            body: match head {
                _ if fate.framing.is_endless() && body > 0 => None,
                None => Some(Duration::ZERO),
                Some(head) => whole.map(|whole| whole.saturating_sub(head)),
            },
            pause_after: match fate.ending {
                Ending::Complete => schedule.reuse_at(),
                Ending::Cut(_) | Ending::Reset(_) | Ending::CutAtNextRequest => {
                    Some(Duration::ZERO)
                }
            },
        }
    }
}

impl WriteSchedule {
    /// The schedule of a response with these lengths of head and body.
    pub(crate) fn new(fate: &Fate, head: u64, body: u64) -> WriteSchedule {
        WriteSchedule {
            head,
            body,
            pace: fate.pace,
            ending: fate.ending,
        }
    }

    /// This schedule with another ending.
    pub(crate) fn with_ending(self, ending: Ending) -> WriteSchedule {
        WriteSchedule { ending, ..self }
    }

    /// Whether the connection ends with the response.
    pub(crate) fn ends_connection(&self) -> bool {
        match self.ending {
            Ending::Cut(_) | Ending::Reset(_) => true,
            Ending::Complete | Ending::CutAtNextRequest => false,
        }
    }

    /// Whether a fate changes when bytes are written, or how many.
    pub(crate) fn is_needed_for(fate: &Fate) -> bool {
        fate.pace != Pace::Immediate || fate.ending != Ending::Complete
    }

    /// The offset at which the response ends: its length if it is complete.
    pub(crate) fn end_offset(&self) -> u64 {
        match self.ending {
            Ending::Complete | Ending::CutAtNextRequest => self.head.saturating_add(self.body),
            Ending::Cut(at) | Ending::Reset(at) => self.offset(at),
        }
    }

    /// The number of bytes that may have been written in total, `elapsed` after the response was due.
    pub(crate) fn byte_budget(&self, elapsed: Duration) -> u64 {
        let paced = match self.pace {
            Pace::Rate(rate) => self.head.saturating_add(bytes_after(elapsed, rate, SECOND)),
            Pace::Slices(count, time) => self.head + self.slice_bytes(count, time, elapsed),
            Pace::SlowHead(time) if elapsed < time => bytes_after(elapsed, self.head, time),
            Pace::Immediate | Pace::SlowHead(_) => u64::MAX,
            Pace::Pause(_, Some(time)) if elapsed >= time => u64::MAX,
            Pace::Pause(at, _) => self.offset(at),
        };
        paced.min(self.end_offset())
    }

    /// The time after the response was due when more than `written` bytes may be written; `None` if
    /// never.
    pub(crate) fn next_write_at(&self, written: u64) -> Option<Duration> {
        let body = written.saturating_sub(self.head);
        match self.pace {
            _ if written >= self.end_offset() => None,
            Pace::Rate(rate) if written >= self.head => {
                let step = (rate / WRITES_PER_SECOND).max(1);
                let target = (body + step).min(self.end_offset() - self.head);
                Some(time_of(target, rate, SECOND))
            }
            Pace::Slices(count, time) if written >= self.head => {
                Some(self.next_slice_at(count, time, body))
            }
            Pace::SlowHead(time) => Some(time_of((written + 1).min(self.head), self.head, time)),
            Pace::Pause(at, time) if written >= self.offset(at) => time,
            _ => Some(Duration::ZERO),
        }
    }

    /// Whether `written` bytes are the complete response.
    pub(crate) fn is_complete(&self, written: u64) -> bool {
        written == self.head.saturating_add(self.body)
    }

    /// The time after the response was due when the connection can be reused; `None` if never. A pause
    /// after the last byte (`hang:100%`) delays no byte of this response, but the next request.
    pub(crate) fn reuse_at(&self) -> Option<Duration> {
        match self.pace {
            Pace::Pause(at, time) if self.offset(at) == self.end_offset() => time,
            _ => Some(Duration::ZERO),
        }
    }

    /// The time after the response was due when its last byte may be written; `None` if never.
    pub(crate) fn last_byte_at(&self) -> Option<Duration> {
        match self.end_offset().checked_sub(1) {
            None => Some(Duration::ZERO),
            Some(before_last) => self.next_write_at(before_last),
        }
    }

    /// The time after the response was due when the last byte of the head may be written; `None` if never. Zero if the
    /// response ends before the head.
    fn head_at(&self) -> Option<Duration> {
        match self.head.min(self.end_offset()).checked_sub(1) {
            None => Some(Duration::ZERO),
            Some(before_last) => self.next_write_at(before_last),
        }
    }

    fn offset(&self, at: Offset) -> u64 {
        body_offset(at, self.body).map_or(0, |offset| self.head + offset)
    }

    /// The bytes of the slices that are due: of n slices, counted from 0, slice i is due at i / (n - 1) of
    /// `time`.
    fn slice_bytes(&self, count: u32, time: Duration, elapsed: Duration) -> u64 {
        let (last, count) = (u64::from(count) - 1, u64::from(count));
        let due = if elapsed >= time {
            count
        } else {
            bytes_after(elapsed, last, time) + 1
        };
        self.body * due / count
    }

    /// The time when the first slice is due of which bytes are missing; `written` counts bytes of the body.
    fn next_slice_at(&self, count: u32, time: Duration, written: u64) -> Duration {
        let slices = u64::from(count);
        let is_unwritten = |slice: &u64| self.body * (slice + 1) / slices > written;
        let slice = (0..slices).find(is_unwritten).unwrap_or(slices - 1);
        if slices == 1 {
            Duration::ZERO
        } else {
            time_of(slice, slices - 1, time)
        }
    }
}

/// How a response with a body of `body` bytes ends, as text: `complete`, `cut at byte 700`, `hangs before
/// the head`, `hangs after the last byte`. The text counts bytes of the body, without the head.
pub(crate) fn describe_ending(
    pace: Pace,
    framing: &Framing,
    ending: Ending,
    body: u64,
) -> Cow<'static, str> {
    if let Some(text) = describe_flaw(framing).filter(|_| body > 0) {
        return text;
    }
    let (verb, at) = match (pace, ending) {
        (Pace::Pause(at, None), _) => ("hangs", at),
        (_, Ending::Cut(at)) => ("cut", at),
        (_, Ending::Reset(at)) => ("reset", at),
        (_, Ending::Complete) => return "complete".into(),
        (_, Ending::CutAtNextRequest) => return "closes at the next request".into(),
    };
    match body_offset(at, body) {
        None => format!("{verb} before the head").into(),
        // The response is complete; only the next request gets no response.
        Some(offset) if offset == body && matches!(pace, Pace::Pause(..)) => {
            "hangs after the last byte".into()
        }
        // The end of the connection is the regular end of the body.
        Some(offset) if offset == body && *framing == Framing::UntilClose => "complete".into(),
        Some(offset) => format!("{verb} at byte {offset}").into(),
    }
}

/// How a body ends that is sent whole, but whose end does not fit its framing.
fn describe_flaw(framing: &Framing) -> Option<Cow<'static, str>> {
    Some(match framing {
        Framing::Length | Framing::UntilClose | Framing::WrongLength(WrongLength::Double) => {
            return None;
        }
        Framing::WrongLength(WrongLength::Longer(bytes)) => {
            format!("cut {bytes} bytes before the announced end").into()
        }
        Framing::WrongLength(WrongLength::Shorter(bytes)) => {
            format!("ends {bytes} bytes after the announced end").into()
        }
        Framing::Chunked(chunking) => match chunking.flaw? {
            ChunkFlaw::Truncated => "cut within a chunk".into(),
            ChunkFlaw::Malformed => "cut after a malformed chunk".into(),
            ChunkFlaw::Unterminated => "cut before the last chunk".into(),
            ChunkFlaw::Endless => "never ends".into(),
        },
    })
}

/// An offset in bytes from the start of a body of `body` bytes; `None` before the head.
fn body_offset(at: Offset, body: u64) -> Option<u64> {
    match at {
        Offset::BeforeHead => None,
        Offset::Bytes(bytes) => Some(bytes.min(body)),
        Offset::Percent(percent) => Some(body * u64::from(percent) / 100),
    }
}

/// The bytes due at `elapsed`, rounded down, if `total` bytes are due in every `time`, spread evenly.
fn bytes_after(elapsed: Duration, total: u64, time: Duration) -> u64 {
    let bytes = u128::from(total) * elapsed.as_nanos() / time.as_nanos();
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// The inverse of [`bytes_after`]: when `bytes` of `total` are due. Rounded up to nanoseconds; rounded down,
/// the byte budget at that time might be a byte too small.
fn time_of(bytes: u64, total: u64, time: Duration) -> Duration {
    let nanos = (time.as_nanos() * u128::from(bytes)).div_ceil(u128::from(total.max(1)));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
