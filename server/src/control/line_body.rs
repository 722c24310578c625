//! The body of a response whose pieces are made while it is sent.

use super::slot::LongCall;
use bytes::Bytes;
use http_body::{Body, Frame};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc::{self, Receiver, Sender};

/// A body whose pieces come from a channel. The channel holds one piece, so the sender keeps the pace of the reader.
pub(super) struct LineBody {
    pieces: Receiver<Bytes>,
    /// Counted until the body is sent or the reader leaves.
    _call: LongCall,
}

impl LineBody {
    /// The end comes when the sender is dropped.
    pub(super) fn new(call: LongCall) -> (Sender<Bytes>, LineBody) {
        let (sender, pieces) = mpsc::channel(1);
        let body = LineBody {
            pieces,
            _call: call,
        };
        (sender, body)
    }
}

impl Body for LineBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.pieces.poll_recv(context);
        piece.map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}
