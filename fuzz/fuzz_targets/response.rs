//! Responses from the network: any stream of bytes, in any pieces, gives the same result within the limits.

#![no_main]

use flagpole_protocol::http1::{ResponseDecoder, ResponseLimits, ResponseVisitor};
use libfuzzer_sys::fuzz_target;

/// The parts of a response.
#[derive(Debug, Default, PartialEq)]
struct Parts {
    status: Option<u16>,
    fields: Vec<(String, Vec<u8>)>,
    content: Vec<u8>,
}

impl ResponseVisitor for Parts {
    fn status(&mut self, status: u16) {
        self.status = Some(status);
    }

    fn field(&mut self, name: &str, value: &[u8]) {
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    fn body(&mut self, bytes: &[u8]) {
        self.content.extend_from_slice(bytes);
    }
}

/// The parts, and whether the response is complete and the connection can be used again.
fn decode(stream: &[u8], is_head: bool, piece: usize) -> (Parts, Option<bool>) {
    let limits = ResponseLimits::default();
    let mut decoder = ResponseDecoder::new(limits);
    decoder.begin(is_head);
    let mut parts = Parts::default();
    let mut buffer = Vec::new();
    for bytes in stream.chunks(piece) {
        buffer.extend_from_slice(bytes);
        let Ok(consumed) = decoder.decode(&buffer, &mut parts) else {
            return (parts, None);
        };
        buffer.drain(..consumed);
        let is_part_of_head = !decoder.has_head() && buffer.len() < limits.head;
        assert!(buffer.is_empty() || is_part_of_head || decoder.is_complete());
    }
    assert!(parts.fields.len() <= limits.fields && parts.content.len() as u64 <= limits.body);
    let end = decoder.end_of_stream().ok();
    (parts, end.map(|()| decoder.keeps_alive()))
}

fuzz_target!(|input: &[u8]| {
    if let Some((parameters, stream)) = input.split_first() {
        let is_head = parameters & 1 == 1;
        let piece = usize::from(parameters >> 1) + 1;
        assert_eq!(decode(stream, is_head, usize::MAX), decode(stream, is_head, piece));
    }
});
