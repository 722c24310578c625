//! Two attempts at one flag, in the orders that only an unlucky schedule brings.

use super::*;
use crate::policy::{Hedge, HedgeDelay, Policy};
use crate::run::Run;
use crate::workload::concurrency::Concurrency;
use crate::workload::plan::Workload;
use crate::workload::target::Endpoint;
use flagpole_protocol::ContentDigest;
use std::net::SocketAddr;
use std::time::Duration;

/// A session, and a first try whose hedge has just been handed out; nobody has begun either.
fn pair() -> (RunState, AttemptSpec, AttemptSpec) {
    let plan = Workload::flags(["BR".parse().unwrap()]);
    let endpoint = Endpoint::from(SocketAddr::from(([127, 0, 0, 1], 1)));
    let hedge = Hedge {
        after: HedgeDelay::Time(Duration::ZERO),
        share: 1.0,
    };
    let policy = Policy {
        hedge: Some(hedge),
        ..Policy::default()
    };
    let run = Run::new(&plan, &endpoint)
        .policy(policy)
        .concurrency(Concurrency::new(2).unwrap());
    let session = RunState::start(&run, 2).unwrap();
    let [first, hedge] = [(); 2].map(|()| match session.next() {
        Action::Start(start) => start,
        other => panic!("{other:?}"),
    });
    (session, first, hedge)
}

fn exchange(result: Result<Bytes, Outcome>) -> Box<RawResponse> {
    let body = Bytes::from_static(b"GIF");
    Box::new(RawResponse {
        status: Some(200),
        repr_digest: Some(ContentDigest::of(b"GIF89a")),
        length: Some(6),
        etag: Some("\"v1\"".into()),
        bytes: body.len() as u64,
        begun: result.is_err().then_some(body),
        result,
        ..RawResponse::default()
    })
}

fn whole() -> Box<RawResponse> {
    exchange(Ok(Bytes::from_static(b"GIF89a")))
}

/// By which an attempt of a run that hedges is given up.
fn token(session: &RunState, start: &AttemptSpec) -> CancellationToken {
    session.token(start.id, &session.wire.cancel).unwrap()
}

#[test]
fn who_is_superseded_before_it_is_begun_is_given_up_at_once() {
    let (session, first, hedge) = pair();
    let one = token(&session, &first);
    let won = session.conclude(first, None, &LocalCopy::default(), whole(), false);
    assert!(won.record.is_final && !one.is_cancelled());
    assert!(token(&session, &hedge).is_cancelled());
}

#[test]
fn who_is_superseded_while_it_is_under_way_is_given_up_and_keeps_nothing() {
    let (session, first, hedge) = pair();
    let left = LocalCopy::default();
    let [one, _] = [&first, &hedge].map(|start| token(&session, start));
    let won = session.conclude(hedge, None, &left, whole(), false);
    assert!(won.record.is_final && one.is_cancelled());
    // It had the start of a body, which would lie beside the whole one for ever.
    let broken = exchange(Err(Outcome::Cancelled));
    let lost = session.conclude(first, None, &left, broken, false);
    assert_eq!(lost.record.outcome, Outcome::HedgeLost);
    assert!(lost.errand.is_none(), "{:?}", lost.errand);
}

#[test]
fn a_run_that_is_cancelled_cancels_both() {
    let (session, first, hedge) = pair();
    let both = [&first, &hedge].map(|start| token(&session, start));
    session.wire.cancel.cancel();
    assert!(both.iter().all(CancellationToken::is_cancelled));
}
