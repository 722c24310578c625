//! The stream that hyper reads and writes: reports to the state of the connection what was read and written, and delays,
//! cuts, resets or replaces the bytes of a response by its plan, because hyper can do none of that.

use crate::limits::shared_bandwidth::SharedBandwidth;
use crate::net::http1::closing::Close;
use crate::net::http1::connection_state::ConnectionState;
use crate::net::http1::planned_response::{BoxedSleep, PlannedResponse, sleep_until};
use crate::net::http1::throttle::{Allowance, Throttle};
use flagpole_protocol::Ending;
use hyper::rt::{Read, ReadBufCursor, Write};
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The most bytes that are read at a time. Heads are shorter.
const READ_SIZE: usize = 8 << 10;

/// The stream of one connection, and the response that is written by a plan, if there is one.
pub(super) struct HttpStream<S> {
    inner: S,
    state: Rc<ConnectionState>,
    response: Option<PlannedResponse>,
    /// Whether the peer has closed its sending side.
    pub(super) is_input_over: bool,
    throttle: Throttle,
    /// The wait for the bandwidth of the listener.
    throttled: Option<BoxedSleep>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> HttpStream<S> {
    pub(super) fn new(inner: S, state: Rc<ConnectionState>) -> HttpStream<S> {
        HttpStream {
            inner,
            state,
            response: None,
            is_input_over: false,
            throttle: Throttle::default(),
            throttled: None,
        }
    }

    /// The stream below.
    pub(super) fn into_inner(self) -> S {
        self.inner
    }

    /// Writes bytes to the stream below.
    fn poll_write_below(
        &mut self,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = slices.iter().find(|slice| !slice.is_empty());
        let written = match (self.state.bandwidth(), first) {
            (Some(bandwidth), Some(bytes)) => {
                let allowed = ready!(self.poll_bandwidth(context, &bandwidth, bytes.len()));
                Pin::new(&mut self.inner)
                    .poll_write(context, &bytes[..allowed])
                    .map_ok(|written| {
                        self.throttle.on_written(written);
                        written
                    })
            }
            _ => Pin::new(&mut self.inner).poll_write_vectored(context, slices),
        };
        match &written {
            Poll::Ready(Ok(bytes)) => self.state.on_bytes_written(*bytes),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.state.on_write_blocked(),
        }
        written
    }

    /// The number of bytes, of `wanted`, that the bandwidth of the listener permits to write; ready when it is above 0.
    fn poll_bandwidth(
        &mut self,
        context: &mut Context<'_>,
        bandwidth: &SharedBandwidth,
        wanted: usize,
    ) -> Poll<usize> {
        loop {
            if let Some(sleep) = &mut self.throttled {
                ready!(sleep.as_mut().poll(context));
                self.throttled = None;
            }
            match self.throttle.allowance(bandwidth, wanted, Instant::now()) {
                Allowance::Bytes(bytes) => return Poll::Ready(bytes),
                Allowance::Wait(until) => {
                    self.state.postpone_due_until(until);
                    self.throttled = Some(sleep_until(&self.state, until));
                }
            }
        }
    }

    /// Writes as many bytes as the schedule permits now; ends the connection at the offset of a cut or reset. The bytes of
    /// hyper are taken as written once those in their place are.
    fn poll_planned(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            // Taken out, because writing borrows the stream as well.
            let Some(mut response) = self.response.take() else {
                return self.poll_write_below(context, &[IoSlice::new(bytes)]);
            };
            let polled = self.poll_next_write(context, &mut response, bytes);
            self.response = Some(response);
            match ready!(polled)? {
                NextWrite::Continue => {}
                NextWrite::Written(length) => return Poll::Ready(Ok(length)),
                NextWrite::End => return Poll::Ready(Err(self.end())),
            }
        }
    }

    /// Waits until bytes of a response may be written, then writes them.
    fn poll_next_write(
        &mut self,
        context: &mut Context<'_>,
        response: &mut PlannedResponse,
        bytes: &[u8],
    ) -> Poll<io::Result<NextWrite>> {
        let (schedule, due) = (&response.schedule, response.plan.due);
        if response.written >= schedule.end_offset() {
            let is_over = response.plan.image.is_none() || schedule.ends_connection();
            return Poll::Ready(Ok(if is_over {
                NextWrite::End
            } else {
                NextWrite::Written(bytes.len())
            }));
        }
        let budget = schedule.byte_budget(due.elapsed()) - response.written;
        if budget == 0 {
            let next = schedule.next_write_at(response.written);
            let next = next.map(|time| due + time);
            ready!(response.poll_sleep(context, &self.state, next));
            return Poll::Ready(Ok(NextWrite::Continue));
        }
        let source = match &response.plan.image {
            Some(image) => image.bytes_at(response.written),
            None => bytes,
        };
        let budget = usize::try_from(budget).unwrap_or(usize::MAX);
        let slice = IoSlice::new(&source[..source.len().min(budget)]);
        let written = ready!(self.poll_write_below(context, &[slice]))?;
        response.written += written as u64;
        Poll::Ready(Ok(match response.plan.image {
            None => NextWrite::Written(written),
            Some(_) => NextWrite::Continue,
        }))
    }

    /// Ready at once before the last byte of a planned response, and after it when the connection can be reused or, with an
    /// error for hyper, must be dropped.
    fn poll_completion(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(response) = &mut self.response else {
            return Poll::Ready(Ok(()));
        };
        let schedule = &response.schedule;
        if response.written < schedule.end_offset() {
            return Poll::Ready(Ok(()));
        }
        match schedule.ending {
            Ending::Complete | Ending::CutAtNextRequest => {
                let reuse_at = schedule.reuse_at();
                if reuse_at != Some(Duration::ZERO) {
                    self.state.on_pause();
                }
                let due = response.plan.due;
                if reuse_at.is_none_or(|time| due.elapsed() < time) {
                    let until = reuse_at.map(|time| due + time);
                    ready!(response.poll_sleep(context, &self.state, until));
                }
                self.response = None;
                Poll::Ready(Ok(()))
            }
            Ending::Cut(_) | Ending::Reset(_) => Poll::Ready(Err(self.end())),
        }
    }

    /// Ends the connection as the plan says; the error has hyper drop the connection.
    fn end(&mut self) -> io::Error {
        if let Some(response) = self.response.take() {
            let close = match response.schedule.ending {
                Ending::Reset(_) => Close::Reset,
                // `Complete`: hyper writes more bytes than the body has.
                Ending::Cut(_) | Ending::Complete | Ending::CutAtNextRequest => Close::Fin,
            };
            self.state.end_by_fault(close, response.is_complete());
        }
        io::ErrorKind::ConnectionAborted.into()
    }
}

/// What follows from an attempt to write bytes of a planned response.
enum NextWrite {
    /// Further bytes may be written.
    Continue,
    /// This number of bytes of hyper is written.
    Written(usize),
    /// The connection ends here.
    End,
}

impl<S: AsyncRead + Unpin> Read for HttpStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.state.holds_reading() {
            return Poll::Pending;
        }
        // hyper's buffer is not initialised, and lending it to tokio needs unsafe code; a copy is cheap.
        let mut bytes = [MaybeUninit::uninit(); READ_SIZE];
        let length = cursor.remaining().min(bytes.len());
        let mut buffer = ReadBuf::uninit(&mut bytes[..length]);
        ready!(Pin::new(&mut self.inner).poll_read(context, &mut buffer))?;
        if buffer.filled().is_empty() {
            self.is_input_over = true;
        } else if !self.state.on_bytes_read(buffer.filled()) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        cursor.put_slice(buffer.filled());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Write for HttpStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.response.is_none() {
            if this.state.is_before_request() {
                // The response of hyper to what is not a valid request; `connection` sends another one.
                return Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()));
            }
            let Some(plan) = this.state.take_plan() else {
                return this.poll_write_below(context, slices);
            };
            let first = slices.iter().find(|slice| !slice.is_empty());
            let response = PlannedResponse::new(plan, first.map_or(&[], |slice| slice));
            let first_write = response.schedule.next_write_at(0);
            this.state.postpone_due(first_write.unwrap_or_default());
            this.response = Some(response);
        }
        let first = slices.iter().find(|slice| !slice.is_empty());
        this.poll_planned(context, first.map_or(&[], |slice| slice))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_completion(context))?;
        self.state.on_flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // `closing` ends the connection: hyper would send a FIN and close.
        Poll::Ready(Ok(()))
    }
}
