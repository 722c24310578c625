//! Tests of the decoder by its events.

mod framing;
mod heads;
mod limits;
mod properties;

use super::{DecodeError, ResponseDecoder, ResponseLimits, ResponseVisitor};

/// The events of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Recorder {
    pub(super) status: Option<u16>,
    pub(super) fields: Vec<(String, Vec<u8>)>,
    pub(super) content: Vec<u8>,
}

impl ResponseVisitor for Recorder {
    fn status(&mut self, status: u16) {
        assert_eq!(self.status.replace(status), None);
    }

    fn field(&mut self, name: &str, value: &[u8]) {
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    fn body(&mut self, bytes: &[u8]) {
        assert!(self.status.is_some() && !bytes.is_empty());
        self.content.extend_from_slice(bytes);
    }
}

/// What a decoder made of a connection with one response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) events: Recorder,
    pub(super) result: Result<(), DecodeError>,
    pub(super) keeps_alive: bool,
    pub(super) interim: u32,
    pub(super) content_length: Option<u64>,
    /// The bytes after the response.
    pub(super) unused: usize,
}

/// Decodes a response in one piece; the connection ends after it.
pub(super) fn decode(input: impl AsRef<[u8]>) -> Decoded {
    decode_pieces(ResponseLimits::default(), false, &[input.as_ref()])
}

/// Decodes a response to HEAD.
pub(super) fn decode_to_head_request(input: &str) -> Decoded {
    decode_pieces(ResponseLimits::default(), true, &[input.as_bytes()])
}

/// Decodes a response that arrives in these pieces, before the connection ends.
pub(super) fn decode_pieces(limits: ResponseLimits, is_head: bool, pieces: &[&[u8]]) -> Decoded {
    let mut decoder = ResponseDecoder::new(limits);
    decoder.begin(is_head);
    let mut events = Recorder::default();
    let mut buffer = Vec::new();
    let mut result = Ok(());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        match decoder.decode(&buffer, &mut events) {
            Ok(consumed) => {
                buffer.drain(..consumed);
                let is_part_of_head = !decoder.has_head() && buffer.len() < limits.head;
                assert!(buffer.is_empty() || is_part_of_head || decoder.is_complete());
            }
            Err(error) => {
                result = Err(error);
                break;
            }
        }
    }
    if result.is_ok() {
        result = decoder.end_of_stream();
    }
    Decoded {
        events,
        keeps_alive: decoder.keeps_alive(),
        interim: decoder.interim_responses(),
        content_length: decoder.content_length(),
        unused: if result.is_ok() { buffer.len() } else { 0 },
        result,
    }
}

/// A response with status 200 and these lines of fields.
pub(super) fn response(fields: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{fields}\r\n{body}")
}

#[test]
fn decoder_is_small() {
    assert!(size_of::<ResponseDecoder>() <= 100);
}
