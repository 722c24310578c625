//! The body of a report: a page that ends waits until it has been sent.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};

/// The size of a piece, in bytes. A connection takes a piece when it has sent most of those before.
const PIECE_SIZE: usize = 1 << 16;

/// A report, counted when the connection has taken its last piece or the reader has left.
#[derive(Debug)]
pub(super) struct ReportBody {
    rest: Bytes,
    sent: Arc<AtomicUsize>,
}

impl ReportBody {
    pub(super) fn new(html: Bytes, sent: Arc<AtomicUsize>) -> ReportBody {
        ReportBody { rest: html, sent }
    }
}

impl Body for ReportBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let size = self.rest.len().min(PIECE_SIZE);
        let piece = self.rest.split_to(size);
        Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

impl Drop for ReportBody {
    fn drop(&mut self) {
        self.sent.fetch_add(1, Relaxed);
    }
}
