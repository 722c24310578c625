//! Where the body of a response ends (RFC 9112 section 6.3), and whether the connection persists (section 9.3).

use super::DecodeError;
use super::response_head::ResponseHead;
use httparse::Header;

/// How the end of the body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyFraming {
    /// There is no body.
    Empty,
    /// The body has this many bytes.
    Length(u64),
    /// The body is in chunks.
    Chunked,
    /// The body ends with the connection.
    UntilClose,
}

/// What a head says about the body and the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MessageFraming {
    pub(super) body: BodyFraming,
    /// Whether the connection can serve another request after this response.
    pub(super) keeps_alive: bool,
}

/// What the fields say that concern the framing.
#[derive(Default)]
struct FramingFields {
    length: Option<u64>,
    /// How often `Transfer-Encoding` names `chunked`, if the field is there.
    chunked: Option<u32>,
    close: bool,
    keep_alive: bool,
}

impl MessageFraming {
    /// The framing of a final response.
    ///
    /// # Errors
    ///
    /// If the end of the body is not certain.
    pub(super) fn from_head(
        head: &ResponseHead<'_>,
        is_head_request: bool,
    ) -> Result<MessageFraming, DecodeError> {
        // Section 6.3, rule 1: whatever the fields say.
        let is_empty = is_head_request || matches!(head.status, 204 | 304);
        let mut fields = FramingFields::default();
        for field in head.fields {
            fields.read(field, is_empty)?;
        }
        let body = match fields.length {
            _ if is_empty => BodyFraming::Empty,
            _ if fields.chunked.is_some() => fields.transfer_coding(head.is_http_1_0)?,
            Some(length) => BodyFraming::Length(length),
            None => BodyFraming::UntilClose,
        };
        // Both fields together may be an attempt at response splitting (section 6.3, rule 3).
        let is_suspect = fields.chunked.is_some() && fields.length.is_some();
        let persists = !fields.close && (fields.keep_alive || !head.is_http_1_0);
        Ok(MessageFraming {
            body,
            keeps_alive: persists && !is_suspect && body != BodyFraming::UntilClose,
        })
    }
}

impl FramingFields {
    /// Reads the field if it concerns the framing. Lengths are compared first, because most fields do not.
    fn read(&mut self, field: &Header<'_>, is_empty: bool) -> Result<(), DecodeError> {
        let name = field.name.as_bytes();
        match name.len() {
            10 if is(name, b"Connection") => self.read_connection(field.value),
            14 if !is_empty && is(name, b"Content-Length") => self.read_length(field.value)?,
            17 if !is_empty && is(name, b"Transfer-Encoding") => self.read_codings(field.value)?,
            _ => {}
        }
        Ok(())
    }

    fn read_connection(&mut self, value: &[u8]) {
        for option in elements(value) {
            self.close |= is(option, b"close");
            self.keep_alive |= is(option, b"keep-alive");
        }
    }

    /// One length, or the same length several times, in a list or in several fields (RFC 9110 section 8.6).
    fn read_length(&mut self, value: &[u8]) -> Result<(), DecodeError> {
        for element in elements(value) {
            let length = parse_decimal(element).ok_or_else(|| {
                let shown = value.escape_ascii();
                DecodeError::Malformed(format!("Content-Length is no number: \"{shown}\""))
            })?;
            if self.length.is_some_and(|other| other != length) {
                return Err(DecodeError::malformed("Content-Length has several values"));
            }
            self.length = Some(length);
        }
        Ok(())
    }

    /// Only `chunked` can be decoded: no other coding was asked for.
    fn read_codings(&mut self, value: &[u8]) -> Result<(), DecodeError> {
        let chunked = self.chunked.get_or_insert_default();
        for coding in elements(value).filter(|coding| !coding.is_empty()) {
            if !coding.eq_ignore_ascii_case(b"chunked") {
                let shown = coding.escape_ascii();
                let reason = format!("unknown transfer coding \"{shown}\"");
                return Err(DecodeError::Malformed(reason));
            }
            *chunked += 1;
        }
        Ok(())
    }

    /// `chunked` is applied once, and HTTP/1.0 has no transfer codings: the framing of other messages is faulty
    /// (section 6.1).
    fn transfer_coding(&self, is_http_1_0: bool) -> Result<BodyFraming, DecodeError> {
        match self.chunked {
            _ if is_http_1_0 => Err(DecodeError::malformed("Transfer-Encoding in HTTP/1.0")),
            Some(1) => Ok(BodyFraming::Chunked),
            _ => Err(DecodeError::malformed(
                "Transfer-Encoding is not chunked once",
            )),
        }
    }
}

/// Case-insensitive equality. Most names are in the usual case, for which a comparison of words of memory is enough.
fn is<const N: usize>(name: &[u8], usual: &[u8; N]) -> bool {
    name == usual || name.eq_ignore_ascii_case(usual)
}

/// The elements of a list (RFC 9110 section 5.6.1), without surrounding whitespace or line folding.
fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}

/// A number of only digits, at least one.
fn parse_decimal(text: &[u8]) -> Option<u64> {
    let mut number = (!text.is_empty()).then_some(0_u64)?;
    for digit in text {
        let value = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number = number.checked_mul(10)?.checked_add(value)?;
    }
    Some(number)
}
