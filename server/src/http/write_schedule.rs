//! When which byte of an answer may be written: a fate, once the answer's size is known.
//!
//! A pure function of the time since the answer was due and of the bytes written, so that it can be
//! tested without waiting and carried out without knowing why.

use flagpole_protocol::{Ending, Fate, Offset, Pace};
use std::borrow::Cow;
use std::time::Duration;

/// How often a second a body of a given rate moves on, unless that is less than a byte.
const STEPS: u64 = 100;

/// The schedule of one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    head: u64,
    body: u64,
    pace: Pace,
    ending: Ending,
}

impl Schedule {
    /// The schedule of an answer with so many bytes in its head and its body.
    pub(crate) fn of(fate: &Fate, head: u64, body: u64) -> Schedule {
        Schedule {
            head,
            body,
            pace: fate.pace,
            ending: fate.ending,
        }
    }

    /// Whether a fate leaves an answer's bytes alone, so that it needs no schedule.
    pub(crate) fn is_plain(fate: &Fate) -> bool {
        fate.pace == Pace::AtOnce && fate.ending == Ending::Complete
    }

    /// The place at which the answer ends: its length if it is complete.
    pub(crate) fn end(&self) -> u64 {
        match self.ending {
            Ending::Complete => self.head + self.body,
            Ending::Cut(at) | Ending::Reset(at) => self.place(at),
        }
    }

    /// How the answer ends there.
    pub(crate) fn ending(&self) -> Ending {
        self.ending
    }

    /// How many bytes may have been written so long after the answer was due.
    pub(crate) fn allowed(&self, elapsed: Duration) -> u64 {
        let paced = match self.pace {
            Pace::Rate(rate) => self.head.saturating_add(at_rate(rate, elapsed)),
            Pace::Slices(count, over) => self.head + self.slices(count, over, elapsed),
            Pace::SlowHead(over) if elapsed < over => share(self.head, elapsed, over),
            Pace::AtOnce | Pace::SlowHead(_) => u64::MAX,
            Pace::Pause(_, Some(time)) if elapsed >= time => u64::MAX,
            Pace::Pause(at, _) => self.place(at),
        };
        paced.min(self.end())
    }

    /// How long after the answer was due more than `written` bytes may be written; `None` if that
    /// is never.
    pub(crate) fn next(&self, written: u64) -> Option<Duration> {
        let body = written.saturating_sub(self.head);
        match self.pace {
            _ if written >= self.end() => None,
            Pace::Rate(rate) if written >= self.head => {
                let step = (rate / STEPS).max(1);
                Some(time_for(rate, (body + step).min(self.end() - self.head)))
            }
            Pace::Slices(count, over) if written >= self.head => {
                Some(self.slice_after(count, over, body))
            }
            Pace::SlowHead(over) => Some(ratio(over, (written + 1).min(self.head), self.head)),
            Pace::Pause(at, time) if written >= self.place(at) => time,
            _ => Some(Duration::ZERO),
        }
    }

    /// Whether all of the answer is among so many bytes.
    pub(crate) fn is_whole(&self, written: u64) -> bool {
        written == self.head + self.body
    }

    /// How long after the answer was due the connection is given back behind its last byte; `None` if
    /// never.
    pub(crate) fn release(&self) -> Option<Duration> {
        match self.pace {
            Pace::Pause(at, time) if self.place(at) == self.end() => time,
            _ => Some(Duration::ZERO),
        }
    }

    /// How long after the answer was due its last byte is, or may be, written; `None` if never.
    pub(crate) fn duration(&self) -> Option<Duration> {
        match self.end().checked_sub(1) {
            None => Some(Duration::ZERO),
            Some(before_last) => self.next(before_last),
        }
    }

    fn place(&self, at: Offset) -> u64 {
        match at {
            Offset::BeforeHead => 0,
            Offset::Bytes(bytes) => self.head + bytes.min(self.body),
            Offset::PerCent(share) => self.head + self.body * u64::from(share) / 100,
        }
    }

    /// The bytes of the slices that are due: slice i of n is due at i / (n - 1) of the time.
    fn slices(&self, count: u32, over: Duration, elapsed: Duration) -> u64 {
        let (last, count) = (u64::from(count) - 1, u64::from(count));
        let due = if elapsed >= over {
            count
        } else {
            share(last, elapsed, over) + 1
        };
        self.body * due / count
    }

    fn slice_after(&self, count: u32, over: Duration, body: u64) -> Duration {
        let slices = u64::from(count);
        let is_more = |slice: &u64| self.body * (slice + 1) / slices > body;
        let slice = (0..slices).find(is_more).unwrap_or(slices - 1);
        if slices == 1 {
            Duration::ZERO
        } else {
            ratio(over, slice, slices - 1)
        }
    }
}

/// How and where an answer ends whose body has so many bytes, in words: `complete`, `cut at byte 700`,
/// `hangs before the head`. A byte counts those of the body before it.
pub(crate) fn ends(pace: Pace, ending: Ending, body: u64) -> Cow<'static, str> {
    let (verb, at) = match (pace, ending) {
        (Pace::Pause(at, None), _) => ("hangs", at),
        (_, Ending::Cut(at)) => ("cut", at),
        (_, Ending::Reset(at)) => ("reset", at),
        (_, Ending::Complete) => return "complete".into(),
    };
    let schedule = Schedule {
        head: 0,
        body,
        pace,
        ending,
    };
    match at {
        Offset::BeforeHead => format!("{verb} before the head").into(),
        Offset::Bytes(_) | Offset::PerCent(_) => {
            format!("{verb} at byte {}", schedule.place(at)).into()
        }
    }
}

/// The bytes that `rate` bytes a second make in a time, rounded down.
fn at_rate(rate: u64, elapsed: Duration) -> u64 {
    let bytes = u128::from(rate) * elapsed.as_nanos() / 1_000_000_000;
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// The least time in which `rate` bytes a second make so many bytes.
fn time_for(rate: u64, bytes: u64) -> Duration {
    ratio(Duration::from_secs(1), bytes, rate)
}

/// `whole * elapsed / over`, rounded down; `elapsed` is less than `over`.
fn share(whole: u64, elapsed: Duration, over: Duration) -> u64 {
    let share = u128::from(whole) * elapsed.as_nanos() / over.as_nanos();
    u64::try_from(share).unwrap_or(u64::MAX)
}

/// `time * part / whole`, rounded up to nanoseconds, so that what is due then is due indeed.
fn ratio(time: Duration, part: u64, whole: u64) -> Duration {
    let nanos = (time.as_nanos() * u128::from(part)).div_ceil(u128::from(whole.max(1)));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: Duration = Duration::from_millis(1);

    fn schedule(pace: Pace, ending: Ending) -> Schedule {
        Schedule::of(
            &Fate {
                pace,
                ending,
                ..Fate::default()
            },
            100,
            1000,
        )
    }

    fn paced(pace: Pace) -> Schedule {
        schedule(pace, Ending::Complete)
    }

    #[test]
    fn a_plain_answer_is_allowed_at_once() {
        assert_eq!(paced(Pace::AtOnce).allowed(Duration::ZERO), 1100);
        assert!(Schedule::is_plain(&Fate::default()));
    }

    #[test]
    fn a_body_at_a_rate_takes_its_length_over_the_rate() {
        let trickle = paced(Pace::Rate(500));
        assert_eq!(trickle.allowed(Duration::ZERO), 100);
        assert_eq!(trickle.allowed(1000 * MS), 600);
        assert_eq!(trickle.allowed(1999 * MS), 1099);
        assert_eq!(trickle.allowed(2000 * MS), 1100);
        assert_eq!(
            trickle.next(100),
            Some(10 * MS),
            "five bytes, a hundredth of a second"
        );
        assert_eq!(trickle.next(1099), Some(2000 * MS));
        assert_eq!(trickle.next(1100), None);
    }

    #[test]
    fn slices_come_evenly_from_the_first_to_the_last() {
        let dribble = paced(Pace::Slices(5, 400 * MS));
        let at = |ms| dribble.allowed(ms * MS);
        assert_eq!(
            [at(0), at(99), at(100), at(399), at(400)],
            [300, 300, 500, 900, 1100]
        );
        assert_eq!(dribble.next(300), Some(100 * MS));
        assert_eq!(dribble.next(900), Some(400 * MS));
        assert_eq!(
            paced(Pace::Slices(1, 400 * MS)).allowed(Duration::ZERO),
            1100
        );
    }

    #[test]
    fn a_slow_head_comes_byte_by_byte_and_the_body_behind_it() {
        let slow = paced(Pace::SlowHead(1000 * MS));
        assert_eq!(slow.allowed(Duration::ZERO), 0);
        assert_eq!(slow.allowed(500 * MS), 50);
        assert_eq!(slow.allowed(1000 * MS), 1100);
        assert_eq!(slow.next(50), Some(510 * MS));
    }

    #[test]
    fn a_pause_is_silence_for_its_time_or_for_ever() {
        let pause = paced(Pace::Pause(Offset::Bytes(700), Some(50 * MS)));
        assert_eq!(
            [pause.allowed(49 * MS), pause.allowed(50 * MS)],
            [800, 1100]
        );
        assert_eq!(pause.next(800), Some(50 * MS));
        let silence = paced(Pace::Pause(Offset::BeforeHead, None));
        assert_eq!(silence.allowed(Duration::MAX), 0);
        assert_eq!(silence.next(0), None);
    }

    #[test]
    fn the_last_byte_has_its_time() {
        assert_eq!(paced(Pace::AtOnce).duration(), Some(Duration::ZERO));
        assert_eq!(paced(Pace::Rate(500)).duration(), Some(2000 * MS));
        assert_eq!(paced(Pace::Slices(5, 400 * MS)).duration(), Some(400 * MS));
        assert_eq!(paced(Pace::SlowHead(400 * MS)).duration(), Some(400 * MS));
        assert_eq!(paced(Pace::Pause(Offset::Bytes(7), None)).duration(), None);
        assert_eq!(
            schedule(Pace::Rate(500), Ending::Cut(Offset::Bytes(500))).duration(),
            Some(1000 * MS)
        );
    }

    #[test]
    fn a_pause_behind_the_last_byte_holds_the_connection() {
        assert_eq!(
            paced(Pace::Pause(Offset::PerCent(100), Some(50 * MS))).release(),
            Some(50 * MS)
        );
        assert_eq!(
            paced(Pace::Pause(Offset::PerCent(100), None)).release(),
            None
        );
        assert_eq!(
            paced(Pace::Pause(Offset::Bytes(7), Some(50 * MS))).release(),
            Some(Duration::ZERO)
        );
    }

    #[test]
    fn an_ending_has_its_place() {
        let end = |at| schedule(Pace::AtOnce, Ending::Reset(at)).end();
        assert_eq!(end(Offset::BeforeHead), 0);
        assert_eq!([end(Offset::Bytes(0)), end(Offset::Bytes(700))], [100, 800]);
        assert_eq!(
            [end(Offset::Bytes(1000)), end(Offset::Bytes(9999))],
            [1100, 1100]
        );
        assert_eq!(
            [
                end(Offset::PerCent(0)),
                end(Offset::PerCent(50)),
                end(Offset::PerCent(100))
            ],
            [100, 600, 1100]
        );
        let bare = Schedule::of(
            &Fate {
                ending: Ending::Cut(Offset::Bytes(700)),
                ..Fate::default()
            },
            100,
            0,
        );
        assert_eq!(bare.end(), 100);
    }

    proptest! {
        /// Whoever writes what is allowed and waits until `next` always gets on, and arrives.
        #[test]
        fn waiting_as_told_gets_to_the_end(
            body in 0_u64..5000,
            pace in prop_oneof![
                (1_u64..1_000_000).prop_map(Pace::Rate),
                (1_u64..).prop_map(Pace::Rate),
                (1_u32..50, 0_u64..5000).prop_map(|(count, ms)| Pace::Slices(count, Duration::from_millis(ms))),
                (0_u64..5000).prop_map(|ms| Pace::SlowHead(Duration::from_millis(ms))),
                (0_u64..6000, 0_u64..5000).prop_map(|(at, ms)| Pace::Pause(Offset::Bytes(at), Some(Duration::from_millis(ms)))),
            ],
        ) {
            let fate = Fate { pace, ..Fate::default() };
            let schedule = Schedule::of(&fate, 100, body);
            let mut written = schedule.allowed(Duration::ZERO);
            while let Some(time) = schedule.next(written) {
                let allowed = schedule.allowed(time);
                prop_assert!(allowed > written, "{schedule:?} at {time:?}: {allowed} of {written}");
                written = allowed;
            }
            prop_assert_eq!(written, schedule.end());
        }
    }
}
