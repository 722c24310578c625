//! The state of a connection's responses.

mod steps;

use super::chunk_position::ChunkPosition;
use super::{DecodeError, ResponseLimits, ResponseVisitor};

/// Decodes the responses of a connection, one after another: [`begin`](Self::begin) with each request. Has no buffer.
/// After an error, the connection must be closed.
#[derive(Debug)]
pub struct ResponseDecoder {
    limits: ResponseLimits,
    state: DecoderState,
    is_head_request: bool,
    keeps_alive: bool,
    has_length: bool,
    /// Interim responses since the request.
    interim: u32,
    /// Of a head in several pieces: where the search for its end goes on.
    searched: usize,
    /// The content that has arrived, in bytes.
    received: u64,
    /// The bytes of the content, or of the chunk, that are still to come.
    remaining: u64,
    /// The bytes of framing since the last content.
    without_progress: usize,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DecoderState {
    Head,
    Length,
    Chunked(ChunkPosition),
    UntilClose,
    Complete,
}

impl ResponseDecoder {
    /// A decoder that expects the response to a request other than HEAD.
    pub fn new(limits: ResponseLimits) -> ResponseDecoder {
        ResponseDecoder {
            limits,
            state: DecoderState::Head,
            is_head_request: false,
            keeps_alive: false,
            has_length: false,
            interim: 0,
            searched: 0,
            received: 0,
            remaining: 0,
            without_progress: 0,
        }
    }

    /// Expects the response to the next request. The response to HEAD has no body.
    pub fn begin(&mut self, is_head_request: bool) {
        *self = ResponseDecoder {
            is_head_request,
            ..ResponseDecoder::new(self.limits)
        };
    }

    /// Decodes as much of `input` as possible, at most to the end of the response. Returns how many bytes were consumed;
    /// the others (an incomplete head) must be passed again, followed by more.
    ///
    /// # Errors
    ///
    /// If the response is malformed or exceeds a limit. A final head has then been visited if [`has_head`](Self::has_head).
    pub fn decode(
        &mut self,
        input: &[u8],
        visitor: &mut impl ResponseVisitor,
    ) -> Result<usize, DecodeError> {
        let mut consumed = 0;
        loop {
            let rest = &input[consumed..];
            let decoded = match self.state {
                DecoderState::Complete => 0,
                _ if rest.is_empty() => 0,
                DecoderState::Head => self.decode_head(rest, visitor)?,
                DecoderState::Length
                | DecoderState::UntilClose
                | DecoderState::Chunked(ChunkPosition::Data) => {
                    self.decode_content(rest, visitor)?
                }
                DecoderState::Chunked(position) => self.decode_framing(position, rest)?,
            };
            if decoded == 0 {
                return Ok(consumed);
            }
            consumed += decoded;
        }
    }

    /// The peer has closed: completes a body that ends with the connection (RFC 9112 section 8).
    ///
    /// # Errors
    ///
    /// [`DecodeError::Incomplete`] if the response is not complete.
    pub fn end_of_stream(&mut self) -> Result<(), DecodeError> {
        match self.state {
            DecoderState::UntilClose | DecoderState::Complete => {
                self.state = DecoderState::Complete;
                Ok(())
            }
            _ => Err(DecodeError::Incomplete),
        }
    }

    /// Whether the head of the final response is complete.
    pub fn has_head(&self) -> bool {
        self.state != DecoderState::Head
    }

    /// Whether the response is complete.
    pub fn is_complete(&self) -> bool {
        self.state == DecoderState::Complete
    }

    /// The declared length of the content in bytes, if its end is found by `Content-Length`.
    pub fn content_length(&self) -> Option<u64> {
        self.has_length.then(|| self.received + self.remaining)
    }

    /// How many of the next bytes are content for certain; [`u64::MAX`] if the content ends with the connection.
    pub(super) fn contiguous(&self) -> u64 {
        match self.state {
            DecoderState::Length | DecoderState::Chunked(ChunkPosition::Data) => self.remaining,
            DecoderState::UntilClose => u64::MAX,
            _ => 0,
        }
    }

    /// Counts this many bytes of content, at most [`contiguous`](Self::contiguous).
    ///
    /// # Errors
    ///
    /// If the content is too long.
    pub(super) fn advance(&mut self, bytes: u64) -> Result<(), DecodeError> {
        debug_assert!(bytes <= self.contiguous(), "not all of that is content");
        if bytes == 0 {
            return Ok(());
        }
        self.without_progress = 0;
        self.received = self.received.saturating_add(bytes);
        if self.state == DecoderState::UntilClose {
            return self.check_body(0);
        }
        self.remaining = self.remaining.saturating_sub(bytes);
        if self.remaining == 0 {
            self.state = match self.state {
                DecoderState::Length => DecoderState::Complete,
                _ => DecoderState::Chunked(ChunkPosition::DataCr),
            };
        }
        Ok(())
    }

    /// Whether the connection can serve another request (RFC 9112 section 9.3).
    pub fn keeps_alive(&self) -> bool {
        self.is_complete() && self.keeps_alive
    }

    /// The interim responses (RFC 9110 section 15.2) that were skipped since the request.
    pub fn interim_responses(&self) -> u32 {
        self.interim
    }

    /// Whether `pending`, which [`decode`](Self::decode) has not consumed while no final head is complete, may be the
    /// beginning of a final response. Not if it is empty or if its status begins with 1.
    pub fn may_be_final(&self, pending: &[u8]) -> bool {
        // `HTTP/1.1 ` has 9 bytes.
        !pending.is_empty() && pending.get(9) != Some(&b'1')
    }
}
