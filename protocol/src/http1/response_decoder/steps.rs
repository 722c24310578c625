//! Decodes the next part of a response: a head, content, or the framing of chunks.

use super::{DecoderState, ResponseDecoder};
use crate::http1::body_framing::{BodyFraming, MessageFraming};
use crate::http1::chunk_position::ChunkPosition;
use crate::http1::response_head::{
    ResponseHead, as_http_1_1, check_version, field_storage, head_length,
};
use crate::http1::{DecodeError, ResponseVisitor};

impl ResponseDecoder {
    /// Decodes a head if it is complete. Most heads come in one piece and are parsed at once; the end of any other is
    /// searched first, so that a head in many pieces is parsed at most twice.
    pub(super) fn decode_head(
        &mut self,
        input: &[u8],
        visitor: &mut impl ResponseVisitor,
    ) -> Result<usize, DecodeError> {
        if !check_version(input)? {
            return Ok(0);
        }
        let mut storage = field_storage();
        if self.searched == 0
            && let Some(head) =
                ResponseHead::parse_ordinary(input, self.limits.fields, &mut storage)
        {
            return self.accept(&head, visitor);
        }
        self.decode_unusual_head(input, visitor)
    }

    /// Not inlined, so that the stack of a thread with ordinary responses has no memory for the fields of these.
    #[inline(never)]
    fn decode_unusual_head(
        &mut self,
        input: &[u8],
        visitor: &mut impl ResponseVisitor,
    ) -> Result<usize, DecodeError> {
        let limits = self.limits;
        let within_limit = &input[..input.len().min(limits.head)];
        match head_length(within_limit, &mut self.searched) {
            Some(length) => {
                let head = as_http_1_1(&input[..length]);
                let mut storage = field_storage();
                let head = ResponseHead::parse(&head, limits.fields, &mut storage)?;
                self.accept(&head, visitor)
            }
            None if input.len() >= limits.head => Err(DecodeError::HeadTooLarge),
            None => Ok(0),
        }
    }

    /// Skips the head of an interim response, or visits that of the final response. Returns its length.
    fn accept(
        &mut self,
        head: &ResponseHead<'_>,
        visitor: &mut impl ResponseVisitor,
    ) -> Result<usize, DecodeError> {
        self.searched = 0;
        if head.length > self.limits.head {
            return Err(DecodeError::HeadTooLarge);
        }
        match head.status {
            0..=99 => {
                let reason = format!("{:03} is no status code", head.status);
                return Err(DecodeError::Malformed(reason));
            }
            101 => {
                let reason = "101 Switching Protocols, which was not requested";
                return Err(DecodeError::malformed(reason));
            }
            100..=199 => self.skip_interim()?,
            200.. => self.visit(head, visitor)?,
        }
        Ok(head.length)
    }

    fn skip_interim(&mut self) -> Result<(), DecodeError> {
        self.interim += 1;
        if self.interim > self.limits.interim {
            let limit = self.limits.interim;
            let reason = format!("more than {limit} interim responses");
            return Err(DecodeError::Malformed(reason));
        }
        Ok(())
    }

    fn visit(
        &mut self,
        head: &ResponseHead<'_>,
        visitor: &mut impl ResponseVisitor,
    ) -> Result<(), DecodeError> {
        let framing = MessageFraming::from_head(head, self.is_head_request)?;
        visitor.status(head.status);
        let is_chunked = framing.body == BodyFraming::Chunked;
        for (name, value) in head.unfolded_fields() {
            let is_overridden = is_chunked && name.eq_ignore_ascii_case("content-length");
            if !is_overridden {
                visitor.field(name, &value);
            }
        }
        self.keeps_alive = framing.keeps_alive;
        self.state = match framing.body {
            BodyFraming::Empty => DecoderState::Complete,
            BodyFraming::Chunked => DecoderState::Chunked(ChunkPosition::Size),
            BodyFraming::UntilClose => DecoderState::UntilClose,
            BodyFraming::Length(length) => {
                self.has_length = true;
                self.remaining = length;
                match length {
                    0 => DecoderState::Complete,
                    _ => DecoderState::Length,
                }
            }
        };
        self.check_body(self.remaining)
    }

    /// Checks that the content does not exceed its limit with this many more bytes.
    pub(super) fn check_body(&self, more: u64) -> Result<(), DecodeError> {
        let length = self.received.checked_add(more);
        if length.is_none_or(|length| length > self.limits.body) {
            return Err(DecodeError::BodyTooLarge);
        }
        Ok(())
    }

    /// Passes on content, up to the limit.
    pub(super) fn decode_content(
        &mut self,
        input: &[u8],
        visitor: &mut impl ResponseVisitor,
    ) -> Result<usize, DecodeError> {
        let allowed = self.limits.body.saturating_sub(self.received);
        let available = self.contiguous().min(allowed);
        if available == 0 {
            return Err(DecodeError::BodyTooLarge);
        }
        let length = usize::try_from(available).map_or(input.len(), |it| it.min(input.len()));
        visitor.body(&input[..length]);
        self.advance(length as u64)?;
        Ok(length)
    }

    /// Decodes framing of a chunked body, up to the next data. Returns its length.
    pub(super) fn decode_framing(
        &mut self,
        mut position: ChunkPosition,
        input: &[u8],
    ) -> Result<usize, DecodeError> {
        let mut length = 0;
        for byte in input {
            position = position.next(*byte, &mut self.remaining)?;
            length += 1;
            if self.without_progress + length > self.limits.without_progress {
                let limit = self.limits.without_progress;
                let reason = format!("more than {limit} bytes of chunk framing without content");
                return Err(DecodeError::Malformed(reason));
            }
            if matches!(position, ChunkPosition::Data | ChunkPosition::End) {
                break;
            }
        }
        self.without_progress += length;
        self.state = match position {
            ChunkPosition::End => DecoderState::Complete,
            ChunkPosition::Data => {
                self.check_body(self.remaining)?;
                DecoderState::Chunked(position)
            }
            _ => DecoderState::Chunked(position),
        };
        Ok(length)
    }
}
