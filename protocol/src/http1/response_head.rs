//! Finds and parses the head of a response (RFC 9112 sections 2 to 5).

use super::DecodeError;
use httparse::{Header, ParserConfig, Response, Status};
use std::borrow::Cow;
use std::mem::MaybeUninit;

/// The most fields of an ordinary head. Few heads have more; their memory would be a page of each thread's stack.
pub(super) const ORDINARY_FIELDS: usize = 32;

/// The most fields that can be parsed.
pub(super) const MAX_FIELDS: usize = 128;

/// Memory for the fields of a head, on the stack. Uninitialized, because to fill it would take longer than to parse the
/// head.
pub(super) type FieldStorage<'a, const N: usize> = [MaybeUninit<Header<'a>>; N];

/// Memory for `N` fields.
pub(super) fn field_storage<'a, const N: usize>() -> FieldStorage<'a, N> {
    [const { MaybeUninit::uninit() }; N]
}

/// The parsed head of a response.
pub(super) struct ResponseHead<'a> {
    /// Its bytes, with the empty line.
    pub(super) length: usize,
    /// Whether its version is HTTP/1.0.
    pub(super) is_http_1_0: bool,
    /// The status code, 0 to 999.
    pub(super) status: u16,
    /// The fields. Values may contain folded lines if `may_be_folded`.
    pub(super) fields: &'a [Header<'a>],
    /// Whether the head may have obsolete line folding.
    pub(super) may_be_folded: bool,
}

impl<'a> ResponseHead<'a> {
    /// Parses an ordinary head at the start of `input`: complete, valid, with few fields, and without obsolete line
    /// folding. `None` for any other.
    pub(super) fn parse_ordinary(
        input: &'a [u8],
        max_fields: usize,
        storage: &'a mut FieldStorage<'a, ORDINARY_FIELDS>,
    ) -> Option<ResponseHead<'a>> {
        let config = ParserConfig::default();
        parse(&config, input, max_fields, storage).ok()?
    }

    /// Parses a head that is exactly `input`, up to the empty line.
    ///
    /// # Errors
    ///
    /// If the head is malformed, or has too many fields.
    pub(super) fn parse(
        input: &'a [u8],
        max_fields: usize,
        storage: &'a mut FieldStorage<'a, MAX_FIELDS>,
    ) -> Result<ResponseHead<'a>, DecodeError> {
        let mut config = ParserConfig::default();
        config.allow_obsolete_multiline_headers_in_responses(true);
        match parse(&config, input, max_fields, storage) {
            Ok(Some(head)) => Ok(ResponseHead {
                may_be_folded: true,
                ..head
            }),
            Ok(None) => Err(DecodeError::malformed("the head has no end")),
            Err(httparse::Error::TooManyHeaders) => Err(DecodeError::HeadTooLarge),
            Err(error) => Err(DecodeError::Malformed(format!("{error} in the head"))),
        }
    }

    /// The fields with their names and values, without line folding.
    pub(super) fn unfolded_fields(&self) -> impl Iterator<Item = (&'a str, Cow<'a, [u8]>)> {
        let may_be_folded = self.may_be_folded;
        self.fields.iter().map(move |field| {
            if may_be_folded && field.value.contains(&b'\n') {
                (field.name, Cow::Owned(unfolded(field.value)))
            } else {
                (field.name, Cow::Borrowed(field.value))
            }
        })
    }
}

fn parse<'a>(
    config: &ParserConfig,
    input: &'a [u8],
    max_fields: usize,
    storage: &'a mut [MaybeUninit<Header<'a>>],
) -> Result<Option<ResponseHead<'a>>, httparse::Error> {
    let mut response = Response::new(&mut []);
    let max_fields = max_fields.min(storage.len());
    let storage = &mut storage[..max_fields];
    let parsed = config.parse_response_with_uninit_headers(&mut response, input, storage)?;
    Ok(match parsed {
        Status::Partial => None,
        Status::Complete(length) => Some(ResponseHead {
            length,
            is_http_1_0: response.version == Some(0),
            status: response.code.unwrap_or_default(),
            fields: response.headers,
            may_be_folded: false,
        }),
    })
}

/// Each line end becomes a space; the whitespace around it stays (RFC 9112 section 5.2).
fn unfolded(value: &[u8]) -> Vec<u8> {
    let without_cr = value.iter().filter(|byte| **byte != b'\r');
    without_cr
        .map(|byte| if *byte == b'\n' { b' ' } else { *byte })
        .collect()
}

/// Checks that `input` begins with, or is the beginning of, `HTTP/1.` and a digit: what speaks another protocol is found
/// out before the end of a head, which may never come. Returns whether these 8 bytes are there.
///
/// # Errors
///
/// If the bytes are others.
pub(super) fn check_version(input: &[u8]) -> Result<bool, DecodeError> {
    const NAME: &[u8] = b"HTTP/1.";
    let known = input.len().min(NAME.len());
    let digit = input.get(NAME.len());
    if input[..known] == NAME[..known] && digit.is_none_or(u8::is_ascii_digit) {
        return Ok(digit.is_some());
    }
    let shown = input[..input.len().min(16)].escape_ascii();
    Err(DecodeError::Malformed(format!(
        "expected a status line that begins with HTTP/1, found \"{shown}\""
    )))
}

/// The head with version 1.1 instead of a later minor version, which httparse refuses; a later minor version is
/// compatible (RFC 9110 section 2.5). `head` has passed [`check_version`].
pub(super) fn as_http_1_1(head: &[u8]) -> Cow<'_, [u8]> {
    if head[7] <= b'1' {
        return Cow::Borrowed(head);
    }
    let mut head = head.to_vec();
    head[7] = b'1';
    Cow::Owned(head)
}

/// The length of the head that `input` begins with, if its end is there. The search begins at `searched`, which becomes
/// where the next search must begin when more bytes have come.
pub(super) fn head_length(input: &[u8], searched: &mut usize) -> Option<usize> {
    while let Some(distance) = input[*searched..].iter().position(|byte| *byte == b'\n') {
        let line_end = *searched + distance;
        match input[line_end + 1..] {
            [b'\n', ..] => return Some(line_end + 2),
            [b'\r', b'\n', ..] => return Some(line_end + 3),
            [] | [b'\r'] => {
                *searched = line_end;
                return None;
            }
            _ => *searched = line_end + 1,
        }
    }
    *searched = input.len();
    None
}
