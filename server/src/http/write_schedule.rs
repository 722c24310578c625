//! The write schedule of a response: which bytes may be written when.
//!
//! A pure function of the time since the response was due and of the bytes written, so tests need not
//! wait.

use flagpole_protocol::{Ending, Fate, Offset, Pace};
use std::borrow::Cow;
use std::time::Duration;

/// Number of writes per second of a body with a rate, unless a write would be less than a byte.
const WRITES_PER_SECOND: u64 = 100;

/// The schedule of one response. Offsets and lengths are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WriteSchedule {
    head: u64,
    body: u64,
    pace: Pace,
    ending: Ending,
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

    /// Whether a fate changes when bytes are written, or how many.
    pub(crate) fn is_needed_for(fate: &Fate) -> bool {
        fate.pace != Pace::Immediate || fate.ending != Ending::Complete
    }

    /// The offset at which the response ends: its length if it is complete.
    pub(crate) fn end_offset(&self) -> u64 {
        match self.ending {
            Ending::Complete => self.head + self.body,
            Ending::Cut(at) | Ending::Reset(at) => self.offset(at),
        }
    }

    /// How the response ends.
    pub(crate) fn ending(&self) -> Ending {
        self.ending
    }

    /// The number of bytes that may have been written at this time after the response was due.
    pub(crate) fn byte_budget(&self, elapsed: Duration) -> u64 {
        let paced = match self.pace {
            Pace::Rate(rate) => self.head.saturating_add(bytes_at_rate(rate, elapsed)),
            Pace::Slices(count, over) => self.head + self.slice_bytes(count, over, elapsed),
            Pace::SlowHead(over) if elapsed < over => share(self.head, elapsed, over),
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
                Some(time_for_bytes(rate, target))
            }
            Pace::Slices(count, over) if written >= self.head => {
                Some(self.next_slice_at(count, over, body))
            }
            Pace::SlowHead(over) => Some(time_share(over, (written + 1).min(self.head), self.head)),
            Pace::Pause(at, time) if written >= self.offset(at) => time,
            _ => Some(Duration::ZERO),
        }
    }

    /// Whether `written` bytes are the complete response.
    pub(crate) fn is_complete(&self, written: u64) -> bool {
        written == self.head + self.body
    }

    /// The time after the response was due when the connection can be reused; `None` if never.
    pub(crate) fn reuse_at(&self) -> Option<Duration> {
        match self.pace {
            Pace::Pause(at, time) if self.offset(at) == self.end_offset() => time,
            _ => Some(Duration::ZERO),
        }
    }

    /// The time after the response was due when its last byte may be written; `None` if never.
    pub(crate) fn duration(&self) -> Option<Duration> {
        match self.end_offset().checked_sub(1) {
            None => Some(Duration::ZERO),
            Some(before_last) => self.next_write_at(before_last),
        }
    }

    fn offset(&self, at: Offset) -> u64 {
        match at {
            Offset::BeforeHead => 0,
            Offset::Bytes(bytes) => self.head + bytes.min(self.body),
            Offset::Percent(percent) => self.head + self.body * u64::from(percent) / 100,
        }
    }

    /// The bytes of the slices that are due: slice i of n is due at i / (n - 1) of the time.
    fn slice_bytes(&self, count: u32, over: Duration, elapsed: Duration) -> u64 {
        let (last, count) = (u64::from(count) - 1, u64::from(count));
        let due = if elapsed >= over {
            count
        } else {
            share(last, elapsed, over) + 1
        };
        self.body * due / count
    }

    fn next_slice_at(&self, count: u32, over: Duration, body: u64) -> Duration {
        let slices = u64::from(count);
        let is_unwritten = |slice: &u64| self.body * (slice + 1) / slices > body;
        let slice = (0..slices).find(is_unwritten).unwrap_or(slices - 1);
        if slices == 1 {
            Duration::ZERO
        } else {
            time_share(over, slice, slices - 1)
        }
    }
}

/// How a response with a body of this length ends, as text: `complete`, `cut at byte 700`, `hangs before
/// the head`. The offset counts bytes of the body.
pub(crate) fn describe_ending(pace: Pace, ending: Ending, body: u64) -> Cow<'static, str> {
    let (verb, at) = match (pace, ending) {
        (Pace::Pause(at, None), _) => ("hangs", at),
        (_, Ending::Cut(at)) => ("cut", at),
        (_, Ending::Reset(at)) => ("reset", at),
        (_, Ending::Complete) => return "complete".into(),
    };
    let schedule = WriteSchedule {
        head: 0,
        body,
        pace,
        ending,
    };
    match at {
        Offset::BeforeHead => format!("{verb} before the head").into(),
        Offset::Bytes(_) | Offset::Percent(_) => {
            format!("{verb} at byte {}", schedule.offset(at)).into()
        }
    }
}

/// The bytes that a rate in bytes per second yields in a time, rounded down.
fn bytes_at_rate(rate: u64, elapsed: Duration) -> u64 {
    let bytes = u128::from(rate) * elapsed.as_nanos() / 1_000_000_000;
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// The shortest time in which a rate in bytes per second yields this many bytes.
fn time_for_bytes(rate: u64, bytes: u64) -> Duration {
    time_share(Duration::from_secs(1), bytes, rate)
}

/// `total * elapsed / over`, rounded down; `elapsed` must be less than `over`.
fn share(total: u64, elapsed: Duration, over: Duration) -> u64 {
    let share = u128::from(total) * elapsed.as_nanos() / over.as_nanos();
    u64::try_from(share).unwrap_or(u64::MAX)
}

/// `time * part / total`, rounded up to nanoseconds: at that time the bytes are within the budget.
fn time_share(time: Duration, part: u64, total: u64) -> Duration {
    let nanos = (time.as_nanos() * u128::from(part)).div_ceil(u128::from(total.max(1)));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
