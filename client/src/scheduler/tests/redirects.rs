//! Flags and the metadata that names them: who goes first.

use super::*;

const ROUND: Duration = Duration::from_millis(50);

fn named(count: usize) -> Workload {
    Workload::with_metadata(CountryCode::every().take(count))
}

/// Carries out a plan whose every exchange takes one round.
fn in_rounds(plan: &Workload, lanes: usize) -> Story {
    let story = carry_out(plan, &Policy::default(), lanes, &|_| {
        (end(Outcome::Ok), ROUND)
    });
    for (start, verdict) in &story.attempts {
        let (kind, then) = if start.names_file {
            (AttemptKind::Metadata, BodyAction::RenameStaged)
        } else {
            (AttemptKind::First, BodyAction::Stage)
        };
        assert_eq!(
            (start.kind, verdict.body_action, verdict.is_final),
            (kind, then, start.names_file)
        );
    }
    story
}

/// The most flags that were there at once and had no name.
fn most_unnamed(story: &Story) -> usize {
    let (mut unnamed, mut most) = (0, 0);
    for (start, _) in &story.attempts {
        if start.names_file {
            unnamed -= 1;
        } else {
            unnamed += 1;
        }
        most = most.max(unnamed);
    }
    most
}

#[test]
fn flags_and_their_metadata_need_no_more_rounds_than_they_must() {
    for lanes in [1, 2, 7, 32, 100, 194, 200, 248, 249, 498, 1000] {
        let story = in_rounds(&named(249), lanes);
        // One chain is two exchanges long, and in all there are so many.
        let rounds = 498_usize.div_ceil(lanes).max(2);
        let bound = ROUND * u32::try_from(rounds).unwrap();
        assert_eq!(story.wall, bound, "on {lanes} lanes");
    }
}

#[test]
fn a_run_that_is_interrupted_loses_the_flags_of_two_rounds_at_most() {
    for lanes in [1, 2, 7, 32, 100] {
        let most = most_unnamed(&in_rounds(&named(249), lanes));
        assert!(most < 2 * lanes, "{most} on {lanes} lanes");
    }
    let first: Vec<_> = in_rounds(&named(3), 1)
        .attempts
        .iter()
        .map(|(start, _)| (start.download, start.names_file))
        .collect();
    let each = [1, 2, 3].map(|place| [(place, false), (place, true)]);
    assert_eq!(first, each.concat());
}

#[test]
fn metadata_does_not_wait_for_a_flag_that_is_not_due_yet() {
    let mut plan = named(2);
    plan.jobs[1].due = Some(1000 * MS);
    let story = in_rounds(&plan, 4);
    let named = story.attempts.iter().find(|(start, _)| start.names_file);
    assert_eq!(story.times[&named.unwrap().0.id], ROUND);
}
