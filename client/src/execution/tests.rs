//! Two attempts of one download, in orders that only rare schedules bring.

use super::{evaluation::Evaluated, run_state::RunState};
use crate::policy::{Hedge, HedgeDelay, Policy};
use crate::scheduler::{Action, AttemptSpec};
use crate::{Concurrency, Endpoint, Run, Workload};
use crate::{storage::resume::LocalCopy, transport::RawResponse};
use bytes::Bytes;
use flagpole_protocol::{ContentDigest, Outcome};
use std::{net::SocketAddr, time::Duration};
use tokio_util::sync::CancellationToken;

/// A run, and a first attempt and its hedge that have been taken from the scheduler and not been sent.
fn hedged_pair() -> (RunState, AttemptSpec, AttemptSpec) {
    let workload = Workload::flags(["BR".parse().unwrap()]);
    let endpoint = Endpoint::from(SocketAddr::from(([127, 0, 0, 1], 1)));
    let hedge = Hedge {
        delay: HedgeDelay::Fixed(Duration::ZERO),
        max_ratio: 1.0,
    };
    let policy = Policy {
        hedge: Some(hedge),
        ..Policy::default()
    };
    let run = Run::new(&workload, &endpoint)
        .policy(policy)
        .concurrency(Concurrency::new(2).unwrap());
    let state = RunState::start(&run).unwrap();
    let [first, hedge] = [(); 2].map(|()| match state.next() {
        Action::Start(spec) => spec,
        other => panic!("{other:?}"),
    });
    (state, first, hedge)
}

fn response(result: Result<Bytes, Outcome>) -> Box<RawResponse> {
    let body = Bytes::from_static(b"GIF");
    Box::new(RawResponse {
        status: Some(200),
        repr_digest: Some(ContentDigest::from_body(b"GIF89a")),
        length: Some(6),
        etag: flagpole_protocol::EntityTag::parse("\"v1\""),
        bytes: body.len() as u64,
        partial_body: result.is_err().then_some(body),
        result,
        ..RawResponse::default()
    })
}

fn evaluate(
    state: &RunState,
    spec: AttemptSpec,
    result: Result<&'static [u8], Outcome>,
) -> Evaluated {
    let response = response(result.map(Bytes::from_static));
    state.evaluate_response(spec, None, &LocalCopy::default(), response, false)
}

fn token(state: &RunState, spec: &AttemptSpec) -> CancellationToken {
    state.hedge_token(spec.id, &state.template.cancel).unwrap()
}

#[test]
fn attempt_superseded_before_it_is_sent_is_cancelled_at_once() {
    let (state, first, hedge) = hedged_pair();
    let first_token = token(&state, &first);
    let winner = evaluate(&state, first, Ok(b"GIF89a"));
    assert!(winner.record.is_final && !first_token.is_cancelled());
    assert!(token(&state, &hedge).is_cancelled());
}

#[test]
fn attempt_superseded_in_flight_is_cancelled_and_stores_nothing() {
    let (state, first, hedge) = hedged_pair();
    let [first_token, _] = [&first, &hedge].map(|spec| token(&state, spec));
    let winner = evaluate(&state, hedge, Ok(b"GIF89a"));
    assert!(winner.record.is_final && first_token.is_cancelled());
    // The start of its body would stay on disk beside the whole file.
    let loser = evaluate(&state, first, Err(Outcome::Cancelled));
    assert_eq!(loser.record.outcome, Outcome::HedgeLost);
    assert!(loser.job.is_none(), "{:?}", loser.job);
}

#[test]
fn cancelled_run_cancels_both_attempts() {
    let (state, first, hedge) = hedged_pair();
    let both = [&first, &hedge].map(|spec| token(&state, spec));
    state.template.cancel.cancel();
    assert!(both.iter().all(CancellationToken::is_cancelled));
}

#[test]
fn nothing_is_started_after_a_cancelled_attempt() {
    let (state, first, _) = hedged_pair();
    let cancelled = evaluate(&state, first, Err(Outcome::Cancelled));
    assert_eq!(cancelled.record.outcome, Outcome::Cancelled);
    assert_eq!(state.next(), Action::Finished);
}
