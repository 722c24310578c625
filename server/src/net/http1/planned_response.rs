//! A response whose bytes are written by a plan.

use crate::http::write_schedule::WriteSchedule;
use crate::net::http1::connection_state::ConnectionState;
use crate::net::http1::phase::WritePlan;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

/// A response whose bytes are written by a plan, and how far it is.
pub(super) struct PlannedResponse {
    pub(super) plan: Box<WritePlan>,
    pub(super) schedule: WriteSchedule,
    /// Bytes written, from the start of the head.
    pub(super) written: u64,
    sleep: Option<BoxedSleep>,
}

/// A wait of a stream, which outlives the call that begins it.
pub(super) type BoxedSleep = Pin<Box<dyn Future<Output = ()>>>;

impl PlannedResponse {
    /// The response whose first bytes, which hyper writes, are `bytes`.
    pub(super) fn new(plan: Box<WritePlan>, bytes: &[u8]) -> PlannedResponse {
        let schedule = if let Some(image) = &plan.image {
            let (head, body) = (image.head_length(), image.body_length());
            WriteSchedule::new(&plan.fate, head, body).with_ending(image.ending)
        } else {
            // hyper writes a head in one slice, alone or before the body.
            let head_end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
            let head = head_end.map_or(bytes.len(), |end| end + 4);
            WriteSchedule::new(&plan.fate, head as u64, plan.body_length)
        };
        PlannedResponse {
            plan,
            schedule,
            written: 0,
            sleep: None,
        }
    }

    /// Whether its last byte is written, and the client does not miss an end.
    pub(super) fn is_complete(&self) -> bool {
        let lacks_end = self.plan.image.as_ref().is_some_and(|it| it.lacks_end);
        self.schedule.is_complete(self.written) && !lacks_end
    }

    /// Waits until an instant; without end if there is none.
    pub(super) fn poll_sleep(
        &mut self,
        context: &mut Context<'_>,
        state: &Rc<ConnectionState>,
        until: Option<Instant>,
    ) -> Poll<()> {
        let Some(until) = until else {
            return Poll::Pending;
        };
        let sleep = self.sleep.get_or_insert_with(|| sleep_until(state, until));
        ready!(sleep.as_mut().poll(context));
        self.sleep = None;
        Poll::Ready(())
    }
}

/// Waits until an instant.
pub(super) fn sleep_until(state: &Rc<ConnectionState>, until: Instant) -> BoxedSleep {
    let state = state.clone();
    Box::pin(async move { state.worker.timer.sleep_until(until).await })
}
