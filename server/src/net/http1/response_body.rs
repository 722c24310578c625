//! The body of a response as hyper takes it.

use crate::net::http1::connection_state::ConnectionState;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// The body of a response; its drop reports to the connection state that hyper has taken the whole body.
pub(super) struct ResponseBody {
    data: Option<Bytes>,
    state: Rc<ConnectionState>,
}

impl ResponseBody {
    pub(super) fn new(data: Bytes, state: Rc<ConnectionState>) -> ResponseBody {
        ResponseBody {
            data: Some(data).filter(|body| !body.is_empty()),
            state,
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.data.take().map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.as_ref().map_or(0, Bytes::len) as u64)
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        self.state.on_body_consumed();
    }
}
