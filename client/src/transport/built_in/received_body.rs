//! The content that has arrived.

use super::driver::ReceiveBuffer;
use crate::transport::response::reserved;
use bytes::Bytes;
use std::ops::Range;

/// The content of a response so far. Most arrives in one piece, which the buffer can share; other pieces are joined.
#[derive(Debug, Default)]
pub(super) struct ReceivedBody {
    joined: Vec<u8>,
    /// Where the whole content lies in the buffer, until the buffer is used again.
    piece: Option<Range<usize>>,
    shared: Bytes,
}

impl ReceivedBody {
    /// Adds a piece of content of this declared length. `buffer` has what was received, if the piece lies in it.
    pub(super) fn push(&mut self, piece: &[u8], declared: Option<u64>, buffer: Option<&[u8]>) {
        if let (true, Some(buffer)) = (declared == Some(piece.len() as u64), buffer) {
            let start = piece.as_ptr().addr() - buffer.as_ptr().addr();
            self.piece = Some(start..start + piece.len());
            return;
        }
        if let (true, Some(length)) = (self.joined.is_empty(), declared) {
            self.joined.reserve_exact(reserved(length));
        }
        self.joined.extend_from_slice(piece);
    }

    /// Takes a piece that lies in the buffer, before the buffer is used again.
    pub(super) fn take_from(&mut self, buffer: &mut impl ReceiveBuffer) {
        if let Some(range) = self.piece.take() {
            self.shared = buffer.take_body(range);
        }
    }

    pub(super) fn len(&self) -> usize {
        let in_buffer = self.piece.as_ref().map_or(0, ExactSizeIterator::len);
        self.joined.len() + self.shared.len() + in_buffer
    }

    pub(super) fn into_bytes(self) -> Bytes {
        if self.joined.is_empty() {
            self.shared
        } else {
            self.joined.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BytesMut;

    #[test]
    fn content_in_one_piece_is_not_copied() {
        let mut buffer = BytesMut::from("head|content");
        let (place, mut body) = (buffer[5..].as_ptr(), ReceivedBody::default());
        body.push(&buffer[5..], Some(7), Some(&buffer));
        assert_eq!(body.len(), 7);
        body.take_from(&mut buffer);
        let body = body.into_bytes();
        assert_eq!((&body[..], body.as_ptr()), (&b"content"[..], place));
    }

    #[test]
    fn pieces_are_joined() {
        let mut body = ReceivedBody::default();
        for piece in [&b"con"[..], b"tent"] {
            body.push(piece, Some(7), Some(piece));
            body.take_from(&mut BytesMut::from(piece));
        }
        assert_eq!((body.len(), &body.into_bytes()[..]), (7, &b"content"[..]));
    }

    #[test]
    fn content_outside_the_buffer_is_copied() {
        let mut body = ReceivedBody::default();
        body.push(b"content", Some(7), None);
        assert_eq!(body.into_bytes(), "content");
    }
}
