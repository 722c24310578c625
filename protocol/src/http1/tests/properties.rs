//! Properties of the decoder for any stream of bytes.

use super::{Decoded, Recorder, decode_pieces};
use crate::http1::{DecodeError, ResponseDecoder, ResponseLimits};
use proptest::prelude::*;
use std::cmp::min;

/// Parts of responses, of which a stream is made: many streams are valid, or almost.
const PARTS: &[&str] = &[
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
    "HTTP/1.0 404 Not Found\n",
    "HTTP/1.1 204\r\n",
    "HTTP/1.7 200 OK\r\n",
    "HTTP/1.1 103 Early Hints\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "Content-Length: 3\r\n",
    "content-length: 3, 3\n",
    "Transfer-Encoding: chunked\r\n",
    "Connection: close\r\n",
    "X: y\r\n",
    " folded\r\n",
    "\r\n",
    "\n",
    "\r",
    "abc",
    "3\r\nabc\r\n",
    "A;x=\"y\"\r\n0123456789\r\n",
    "0\r\n",
    "0\r\n\r\n",
    "\0",
];

/// Mostly a sequence of parts, sometimes with one other byte in it, sometimes any bytes.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    let parts = prop::collection::vec(prop::sample::select(PARTS), 0..12);
    let parts = parts.prop_map(|parts| parts.concat().into_bytes());
    let changed = (parts.clone(), any::<prop::sample::Index>(), any::<u8>());
    let changed = changed.prop_map(|(mut stream, index, byte)| {
        if !stream.is_empty() {
            let index = index.index(stream.len());
            stream[index] = byte;
        }
        stream
    });
    prop_oneof![6 => parts, 3 => changed, 1 => prop::collection::vec(any::<u8>(), 0..64)]
}

/// Ordinary limits, or ones that the streams can reach.
fn limits() -> impl Strategy<Value = ResponseLimits> {
    prop::sample::select(vec![
        ResponseLimits::default(),
        ResponseLimits {
            head: 80,
            fields: 2,
            interim: 1,
            body: 5,
            without_progress: 12,
        },
    ])
}

/// `stream` in pieces of these lengths, again and again.
fn pieces<'a>(mut stream: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
    let mut lengths = lengths.iter().cycle();
    let mut pieces = Vec::new();
    while let (false, Some(length)) = (stream.is_empty(), lengths.next()) {
        let (piece, rest) = stream.split_at(min(*length, stream.len()));
        pieces.push(piece);
        stream = rest;
    }
    pieces
}

/// Decodes the pieces. An error about the version shows what has arrived, and is the same for any split without that.
fn decode(limits: ResponseLimits, is_head: bool, pieces: &[&[u8]]) -> Decoded {
    let mut decoded = decode_pieces(limits, is_head, pieces);
    cut_reason(&mut decoded);
    decoded
}

fn cut_reason(decoded: &mut Decoded) {
    if let Err(DecodeError::Malformed(reason)) = &mut decoded.result
        && let Some(end) = reason.find(", found")
    {
        reason.truncate(end);
    }
}

/// Decodes a stream of which the caller reads the content itself.
fn decode_framing(limits: ResponseLimits, is_head: bool, stream: &[u8]) -> Decoded {
    let mut decoder = ResponseDecoder::new(limits);
    decoder.begin(is_head);
    let mut events = Recorder::default();
    let mut content = Vec::new();
    let (mut start, mut end) = (0, 0);
    let mut result = Ok(());
    while end < stream.len() && result.is_ok() && !decoder.is_complete() {
        let contiguous = usize::try_from(decoder.contiguous()).unwrap_or(usize::MAX);
        if contiguous > 0 {
            assert_eq!(start, end, "content follows what was consumed");
            end += min(contiguous, stream.len() - end);
            content.extend_from_slice(&stream[start..end]);
            result = decoder.advance((end - start) as u64);
            start = end;
        } else {
            end += 1;
            let pending = &stream[start..end];
            result = decoder.decode(pending, &mut events).map(|it| start += it);
        }
    }
    assert!(events.content.is_empty());
    events.content = content;
    let result = result.and_then(|()| decoder.end_of_stream());
    Decoded {
        events,
        keeps_alive: decoder.keeps_alive(),
        interim: decoder.interim_responses(),
        content_length: decoder.content_length(),
        unused: if result.is_ok() {
            stream.len() - start
        } else {
            0
        },
        result,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_split_of_a_stream_gives_the_same_events(
        stream in streams(),
        limits in limits(),
        is_head: bool,
        lengths in prop::collection::vec(1_usize..20, 1..5),
    ) {
        let whole = decode(limits, is_head, &[&stream]);
        let split = decode(limits, is_head, &pieces(&stream, &lengths));
        prop_assert_eq!(&whole, &split);
        prop_assert_eq!(whole, decode(limits, is_head, &pieces(&stream, &[1])));
    }

    #[test]
    fn limits_hold_for_any_stream(stream in streams(), limits in limits()) {
        let decoded = decode(limits, false, &[&stream]);
        prop_assert!(decoded.events.content.len() as u64 <= limits.body);
        prop_assert!(decoded.events.fields.len() <= limits.fields);
        prop_assert!(decoded.interim <= limits.interim || decoded.result.is_err());
    }

    #[test]
    fn content_that_the_caller_reads_is_the_same(
        stream in streams(),
        limits in limits(),
        is_head: bool,
    ) {
        let mut decoded = decode(limits, is_head, &[&stream]);
        let mut framing = decode_framing(limits, is_head, &stream);
        cut_reason(&mut framing);
        if decoded.result == Err(DecodeError::BodyTooLarge) {
            // The caller reads more than the limit before it can know that.
            let length = decoded.events.content.len();
            framing.events.content.truncate(length);
            decoded.content_length = framing.content_length;
        }
        prop_assert_eq!(decoded, framing);
    }

    #[test]
    fn chunks_with_extensions_and_trailers_are_decoded(
        chunks in prop::collection::vec(
            (prop::collection::vec(any::<u8>(), 1..40), 0_usize..4, "( ?; ?[a-z]{1,5}(=([a-z]{1,5}|\"[a-z;, ]{0,5}\"))?){0,3}"),
            0..8,
        ),
        trailers in "([A-Za-z-]{1,8}:[ -~]{0,8}\r\n){0,3}",
        lengths in prop::collection::vec(1_usize..20, 1..5),
    ) {
        let mut stream = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for (data, zeros, extensions) in &chunks {
            let size = format!("{}{:x}{extensions}\r\n", "0".repeat(*zeros), data.len());
            stream.extend([size.as_bytes(), data, b"\r\n"].concat());
        }
        stream.extend(format!("0\r\n{trailers}\r\nHTTP").bytes());
        let pieces = pieces(&stream, &lengths);
        let decoded = decode_pieces(ResponseLimits::default(), false, &pieces);
        prop_assert_eq!(decoded.result, Ok(()));
        let content: Vec<u8> = chunks.into_iter().flat_map(|(data, ..)| data).collect();
        prop_assert_eq!(decoded.events.content, content);
        prop_assert!(decoded.keeps_alive);
    }
}
