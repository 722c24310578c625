//! The bytes of a response that hyper cannot write: chunks with a flaw, a wrong `Content-Length`, no length at all,
//! interim responses, or bytes that are not HTTP.
//!
//! Fields are written as hyper writes them: names in lower case, the framing and `date` last.

use crate::http::prepared_response::PreparedResponse;
use bytes::Bytes;
use flagpole_protocol::{
    ChunkFlaw, Chunking, Ending, Fate, Framing, InterimResponses, Offset, ResponseContent,
    WrongLength,
};
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, TRAILER, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, StatusCode, Version};

/// The bytes of the fault `garbage`: no HTTP version, no status, bytes outside of ASCII. The empty line at the end lets
/// a client that looks for the end of a head find one.
const GARBAGE: &[u8] = b"\x00\x01\xfe\xff garbage \x80\x90\r\n\r\n";

/// The line of `ChunkFlaw::Malformed`. A parser that ignores errors takes it for the size 0, the end of the body.
const MALFORMED_SIZE: &[u8] = b"zz\r\n";

/// The properties of a request that determine the bytes of its response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WireRequest {
    pub(crate) version: Version,
    pub(crate) is_head: bool,
    /// Whether the connection may be used for another request, by the request and by the server; a fault does not
    /// count.
    pub(crate) keeps_alive: bool,
}

/// All bytes of a response in order.
#[derive(Clone, Debug)]
pub(crate) struct WireImage {
    /// The interim responses, status line and fields, with the empty line.
    pub(crate) head: Bytes,
    /// The body with its chunks; if it is endless, the part that is repeated.
    pub(crate) body: Bytes,
    is_endless: bool,
    /// Whether the client misses the end of the body although all bytes are sent.
    pub(crate) lacks_end: bool,
    /// How the response ends. Offsets count bytes of `body`.
    pub(crate) ending: Ending,
}

impl WireImage {
    /// Whether hyper cannot write a response with this fate.
    pub(crate) fn is_needed_for(fate: &Fate) -> bool {
        fate.framing != Framing::Length
            || fate.interim.is_some()
            || fate.content == ResponseContent::Garbage
    }

    /// The bytes of a response. HTTP/1.0 has neither chunks nor interim responses (RFC 9112 section 7.1, RFC 9110
    /// section 15.2): a body in chunks is sent without them, until the end of the connection.
    pub(crate) fn new(
        response: &PreparedResponse,
        fate: &Fate,
        request: WireRequest,
        date: &HeaderValue,
    ) -> WireImage {
        if fate.content == ResponseContent::Garbage {
            return WireImage {
                head: Bytes::from_static(GARBAGE),
                body: Bytes::new(),
                is_endless: false,
                lacks_end: false,
                ending: fate.ending,
            };
        }
        let is_old = request.version == Version::HTTP_10;
        let framing = match &fate.framing {
            Framing::Chunked(_) if is_old => Framing::UntilClose,
            framing => framing.clone(),
        };
        let can_have_body = can_have_body(response.status);
        let has_body = can_have_body && !request.is_head;
        let body = if has_body {
            encoded_body(&framing, &response.body)
        } else {
            Bytes::new()
        };
        let mut head = Head::default();
        if let Some(interim) = fate.interim.as_deref().filter(|_| !is_old) {
            head.interim(interim);
        }
        head.status_line(request.version, response);
        for (name, value) in &response.headers {
            head.field(name, value);
        }
        head.connection(&framing, request);
        if can_have_body {
            head.framing(&framing, response.body.len() as u64);
        }
        head.field(&DATE, date);
        head.end();
        let is_endless = fate.framing.is_endless() && !body.is_empty() && !response.body.is_empty();
        WireImage {
            head: head.0.into(),
            is_endless,
            lacks_end: has_body && lacks_end(&framing),
            ending: match fate.ending {
                Ending::Complete if framing == Framing::UntilClose && !is_endless => {
                    Ending::Cut(Offset::Percent(100))
                }
                ending => ending,
            },
            body,
        }
    }

    pub(crate) fn head_length(&self) -> u64 {
        self.head.len() as u64
    }

    /// The length of the body; `u64::MAX` without an end.
    pub(crate) fn body_length(&self) -> u64 {
        if self.is_endless {
            u64::MAX
        } else {
            self.body.len() as u64
        }
    }

    /// The bytes from an offset on, counted from the start of the head, as far as they are contiguous; empty only at the
    /// end.
    pub(crate) fn bytes_at(&self, offset: u64) -> &[u8] {
        let (head, body) = (self.head.len() as u64, self.body.len() as u64);
        let (bytes, start) = match offset.checked_sub(head) {
            None => (&self.head, offset),
            Some(offset) if self.is_endless => (&self.body, offset % body),
            Some(offset) => (&self.body, offset.min(body)),
        };
        let start = usize::try_from(start).expect("an offset in memory");
        &bytes[start..]
    }
}

/// Whether a response of this status can have a body to a request other than HEAD (RFC 9110 section 6.4.1).
pub(crate) fn can_have_body(status: StatusCode) -> bool {
    !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// Whether a body has no end with this framing.
fn lacks_end(framing: &Framing) -> bool {
    match framing {
        Framing::Length | Framing::UntilClose => false,
        Framing::WrongLength(wrong) => matches!(wrong, WrongLength::Longer(_)),
        Framing::Chunked(chunking) => chunking.flaw.is_some(),
    }
}

/// The body as it is sent.
fn encoded_body(framing: &Framing, data: &Bytes) -> Bytes {
    match framing {
        Framing::Length | Framing::WrongLength(_) | Framing::UntilClose => data.clone(),
        Framing::Chunked(chunking) => chunks(chunking, data).into(),
    }
}

/// A body in chunks (RFC 9112 section 7.1).
fn chunks(chunking: &Chunking, data: &[u8]) -> Vec<u8> {
    let size = usize::try_from(chunking.size).unwrap_or(usize::MAX);
    let count = match chunking.flaw {
        Some(ChunkFlaw::Malformed) => 1,
        _ => usize::MAX,
    };
    let (mut body, mut last) = (Vec::with_capacity(data.len() + 64), 0);
    for chunk in data.chunks(size).take(count) {
        body.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        body.extend_from_slice(chunk);
        body.extend_from_slice(b"\r\n");
        last = chunk.len();
    }
    match chunking.flaw {
        Some(ChunkFlaw::Truncated) if last > 0 => body.truncate(body.len() - 2 - last.div_ceil(2)),
        Some(ChunkFlaw::Truncated | ChunkFlaw::Unterminated) => {}
        Some(ChunkFlaw::Malformed) => body.extend_from_slice(MALFORMED_SIZE),
        // Nothing can be repeated without data.
        Some(ChunkFlaw::Endless) if last > 0 => {}
        None | Some(ChunkFlaw::Endless) => {
            body.extend_from_slice(b"0\r\n");
            let mut trailers = Head(body);
            for (name, value) in &chunking.trailers {
                trailers.field(name, value);
            }
            trailers.end();
            body = trailers.0;
        }
    }
    body
}

/// The bytes of status lines and fields.
#[derive(Default)]
struct Head(Vec<u8>);

impl Head {
    fn interim(&mut self, interim: &InterimResponses) {
        let mut one = Head::default();
        one.line(&[b"HTTP/1.1 ", status(interim.code, None).as_bytes()]);
        for (name, value) in &interim.fields {
            one.field(name, value);
        }
        one.end();
        let count = usize::try_from(interim.count).unwrap_or(usize::MAX);
        self.0.extend(one.0.repeat(count));
    }

    fn status_line(&mut self, version: Version, response: &PreparedResponse) {
        let version = if version == Version::HTTP_10 {
            "HTTP/1.0 "
        } else {
            "HTTP/1.1 "
        };
        let status = status(response.status, response.reason.as_deref());
        self.line(&[version.as_bytes(), status.as_bytes()]);
    }

    /// `Connection`, where the default of the version does not say what happens (RFC 9112 section 9.3).
    fn connection(&mut self, framing: &Framing, request: WireRequest) {
        let keeps_alive = request.keeps_alive && *framing != Framing::UntilClose;
        let value = match (keeps_alive, request.version == Version::HTTP_10) {
            (true, true) => "keep-alive",
            (false, false) => "close",
            (true, false) | (false, true) => return,
        };
        self.field(&CONNECTION, &HeaderValue::from_static(value));
    }

    /// The fields that mark the end of a body of this length.
    fn framing(&mut self, framing: &Framing, length: u64) {
        let mut content_length = |length: u64| self.field(&CONTENT_LENGTH, &length.into());
        match framing {
            Framing::Length => content_length(length),
            Framing::WrongLength(WrongLength::Longer(bytes)) => content_length(length + bytes),
            Framing::WrongLength(WrongLength::Shorter(bytes)) => {
                content_length(length.saturating_sub(*bytes));
            }
            Framing::WrongLength(WrongLength::Double) => {
                content_length(length);
                content_length(length + 1);
            }
            Framing::UntilClose => {}
            Framing::Chunked(chunking) => {
                for (name, _) in &chunking.trailers {
                    self.line(&[TRAILER.as_str().as_bytes(), b": ", name.as_str().as_bytes()]);
                }
                self.field(&TRANSFER_ENCODING, &HeaderValue::from_static("chunked"));
            }
        }
    }

    fn field(&mut self, name: &HeaderName, value: &HeaderValue) {
        self.line(&[name.as_str().as_bytes(), b": ", value.as_bytes()]);
    }

    /// The empty line after the fields.
    fn end(&mut self) {
        self.line(&[]);
    }

    fn line(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.0.extend_from_slice(part);
        }
        self.0.extend_from_slice(b"\r\n");
    }
}

/// A status code and its reason phrase; hyper writes `<none>` for an unknown code too.
fn status(code: StatusCode, reason: Option<&str>) -> String {
    let reason = reason.or(code.canonical_reason()).unwrap_or("<none>");
    format!("{} {reason}", code.as_str())
}

#[cfg(test)]
mod tests;
