//! Tests of the write schedule: budgets and times of paces and endings.

use super::*;
use crate::fate::fault::test_support::fate_with;
use proptest::prelude::*;

const MS: Duration = Duration::from_millis(1);

fn schedule(pace: Pace, ending: Ending) -> WriteSchedule {
    WriteSchedule::new(
        &Fate {
            pace,
            ending,
            ..Fate::default()
        },
        100,
        1000,
    )
}

fn paced(pace: Pace) -> WriteSchedule {
    schedule(pace, Ending::Complete)
}

#[test]
fn unpaced_response_is_written_immediately() {
    assert_eq!(paced(Pace::Immediate).byte_budget(Duration::ZERO), 1100);
    assert!(!WriteSchedule::is_needed_for(&Fate::default()));
}

#[test]
fn body_at_a_rate_takes_length_divided_by_rate() {
    let trickle = paced(Pace::Rate(500));
    assert_eq!(trickle.byte_budget(Duration::ZERO), 100);
    assert_eq!(trickle.byte_budget(1000 * MS), 600);
    assert_eq!(trickle.byte_budget(1999 * MS), 1099);
    assert_eq!(trickle.byte_budget(2000 * MS), 1100);
    assert_eq!(
        trickle.next_write_at(100),
        Some(10 * MS),
        "five bytes, a hundredth of a second"
    );
    assert_eq!(trickle.next_write_at(1099), Some(2000 * MS));
    assert_eq!(trickle.next_write_at(1100), None);
}

#[test]
fn slices_are_evenly_spaced_from_first_to_last() {
    let dribble = paced(Pace::Slices(5, 400 * MS));
    let at = |ms| dribble.byte_budget(ms * MS);
    assert_eq!(
        [at(0), at(99), at(100), at(399), at(400)],
        [300, 300, 500, 900, 1100]
    );
    assert_eq!(dribble.next_write_at(300), Some(100 * MS));
    assert_eq!(dribble.next_write_at(900), Some(400 * MS));
    assert_eq!(
        paced(Pace::Slices(1, 400 * MS)).byte_budget(Duration::ZERO),
        1100
    );
}

#[test]
fn slow_head_is_written_byte_by_byte_and_then_the_body() {
    let slow = paced(Pace::SlowHead(1000 * MS));
    assert_eq!(slow.byte_budget(Duration::ZERO), 0);
    assert_eq!(slow.byte_budget(500 * MS), 50);
    assert_eq!(slow.byte_budget(1000 * MS), 1100);
    assert_eq!(slow.next_write_at(50), Some(510 * MS));
}

#[test]
fn pause_stops_writing_for_a_time_or_forever() {
    let pause = paced(Pace::Pause(Offset::Bytes(700), Some(50 * MS)));
    assert_eq!(
        [pause.byte_budget(49 * MS), pause.byte_budget(50 * MS)],
        [800, 1100]
    );
    assert_eq!(pause.next_write_at(800), Some(50 * MS));
    let silence = paced(Pace::Pause(Offset::BeforeHead, None));
    assert_eq!(silence.byte_budget(Duration::MAX), 0);
    assert_eq!(silence.next_write_at(0), None);
}

#[test]
fn last_byte_is_due_when_the_pace_permits() {
    assert_eq!(paced(Pace::Immediate).last_byte_at(), Some(Duration::ZERO));
    assert_eq!(paced(Pace::Rate(500)).last_byte_at(), Some(2000 * MS));
    assert_eq!(
        paced(Pace::Slices(5, 400 * MS)).last_byte_at(),
        Some(400 * MS)
    );
    assert_eq!(
        paced(Pace::SlowHead(400 * MS)).last_byte_at(),
        Some(400 * MS)
    );
    assert_eq!(
        paced(Pace::Pause(Offset::Bytes(7), None)).last_byte_at(),
        None
    );
    assert_eq!(
        schedule(Pace::Rate(500), Ending::Cut(Offset::Bytes(500))).last_byte_at(),
        Some(1000 * MS)
    );
}

#[test]
fn pause_after_the_last_byte_delays_only_reuse() {
    let hang = paced(Pace::Pause(Offset::Percent(100), None));
    assert_eq!(hang.last_byte_at(), Some(Duration::ZERO));
    assert_eq!(
        describe_ending(hang.pace, &Framing::Length, hang.ending, 1000),
        "hangs after the last byte"
    );
    assert_eq!(
        describe_ending(
            Pace::Pause(Offset::Bytes(999), None),
            &Framing::Length,
            Ending::Complete,
            1000
        ),
        "hangs at byte 999"
    );
    assert_eq!(
        paced(Pace::Pause(Offset::Percent(100), Some(50 * MS))).reuse_at(),
        Some(50 * MS)
    );
    assert_eq!(
        paced(Pace::Pause(Offset::Percent(100), None)).reuse_at(),
        None
    );
    assert_eq!(
        paced(Pace::Pause(Offset::Bytes(7), Some(50 * MS))).reuse_at(),
        Some(Duration::ZERO)
    );
}

#[test]
fn end_offset_is_in_the_response() {
    let end = |at| schedule(Pace::Immediate, Ending::Reset(at)).end_offset();
    assert_eq!(end(Offset::BeforeHead), 0);
    assert_eq!([end(Offset::Bytes(0)), end(Offset::Bytes(700))], [100, 800]);
    assert_eq!(
        [end(Offset::Bytes(1000)), end(Offset::Bytes(9999))],
        [1100, 1100]
    );
    assert_eq!(
        [
            end(Offset::Percent(0)),
            end(Offset::Percent(50)),
            end(Offset::Percent(100))
        ],
        [100, 600, 1100]
    );
    let bare = WriteSchedule::new(
        &Fate {
            ending: Ending::Cut(Offset::Bytes(700)),
            ..Fate::default()
        },
        100,
        0,
    );
    assert_eq!(bare.end_offset(), 100);
}

proptest! {
    /// At each time from `next_write_at` the budget grows, until the end is reached.
    #[test]
    fn writing_at_the_scheduled_times_reaches_the_end(
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
        let schedule = WriteSchedule::new(&fate, 100, body);
        let mut written = schedule.byte_budget(Duration::ZERO);
        while let Some(time) = schedule.next_write_at(written) {
            let allowed = schedule.byte_budget(time);
            prop_assert!(allowed > written, "{schedule:?} at {time:?}: {allowed} of {written}");
            written = allowed;
        }
        prop_assert_eq!(written, schedule.end_offset());
    }
}

#[test]
fn head_body_and_pause_after_have_times_of_their_own() {
    let pacing = |pace, ending| {
        let fate = Fate {
            pace,
            ending,
            ..Fate::default()
        };
        let pacing = PlannedPacing::new(&fate, 1000);
        [pacing.head, pacing.body, pacing.pause_after]
    };
    let complete = |pace| pacing(pace, Ending::Complete);
    let pause = |at, time| complete(Pace::Pause(at, time));
    let (zero, ms50) = (Some(Duration::ZERO), Some(50 * MS));
    assert_eq!(complete(Pace::Immediate), [zero; 3]);
    assert_eq!(complete(Pace::SlowHead(50 * MS)), [ms50, zero, zero]);
    assert_eq!(complete(Pace::Rate(20_000)), [zero, ms50, zero]);
    assert_eq!(complete(Pace::Slices(5, 50 * MS)), [zero, ms50, zero]);
    assert_eq!(pause(Offset::BeforeHead, ms50), [ms50, zero, zero]);
    assert_eq!(pause(Offset::Bytes(7), ms50), [zero, ms50, zero]);
    assert_eq!(pause(Offset::Percent(100), ms50), [zero, zero, ms50]);
    assert_eq!(pause(Offset::BeforeHead, None), [None, zero, zero]);
    assert_eq!(pause(Offset::Bytes(7), None), [zero, None, zero]);
    assert_eq!(pause(Offset::Percent(100), None), [zero, zero, None]);
    let cut = Ending::Cut(Offset::Bytes(500));
    assert_eq!(
        pacing(Pace::Rate(10_000), cut),
        [zero, ms50, zero],
        "500 of 1000 bytes"
    );
    let reset = Ending::Reset(Offset::BeforeHead);
    assert_eq!(pacing(Pace::Immediate, reset), [zero; 3]);
}

#[test]
fn the_text_of_an_ending_says_what_is_wrong_with_the_framing() {
    for (fault, with_body, without_body) in [
        ("chunked", "complete", "complete"),
        ("chunked:truncated", "cut within a chunk", "cut at byte 0"),
        ("chunked:endless", "never ends", "complete"),
        ("until-close", "complete", "complete"),
        ("until-close:700", "cut at byte 700", "complete"),
        (
            "content-length:+10",
            "cut 10 bytes before the announced end",
            "cut at byte 0",
        ),
        (
            "content-length:-10",
            "ends 10 bytes after the announced end",
            "complete",
        ),
        (
            "stale:next",
            "closes at the next request",
            "closes at the next request",
        ),
    ] {
        let fate = fate_with(fault);
        let text = |body| describe_ending(fate.pace, &fate.framing, fate.ending, body);
        assert_eq!(
            (&*text(1000), &*text(0)),
            (with_body, without_body),
            "{fault}"
        );
    }
}

#[test]
fn an_endless_body_has_no_planned_end() {
    let fate = fate_with("chunked:endless");
    assert_eq!(PlannedPacing::new(&fate, 1000).body, None);
    assert_eq!(PlannedPacing::new(&fate, 0).body, Some(Duration::ZERO));
    let endless = WriteSchedule::new(&fate, 100, u64::MAX);
    assert_eq!(endless.byte_budget(Duration::ZERO), u64::MAX);
    assert!(!endless.is_complete(1 << 60));
}
