//! The grammar of chunked bodies (RFC 9112 section 7.1), a byte at a time, so that a line in many pieces needs no buffer
//! and a malformed byte is found at once. Chunk extensions and trailer fields are skipped.

use super::DecodeError;

/// A position in the framing of a chunked body: what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChunkPosition {
    /// The first digit of a chunk's size.
    Size,
    /// Another digit, or what ends the size.
    SizeDigits,
    /// Whitespace after the size, or what ends it.
    SizeSpace,
    /// A chunk extension.
    Extension,
    /// The LF after the size and the extensions.
    SizeLf,
    /// The data of the chunk. No byte of the framing.
    Data,
    /// The CR after the data.
    DataCr,
    /// The LF after the data.
    DataLf,
    /// The first trailer field, or the empty line.
    Trailers,
    /// The name of a trailer field.
    TrailerName,
    /// The value of a trailer field.
    TrailerValue,
    /// The LF after a trailer field.
    TrailerLf,
    /// Another trailer field, the next line of a folded one, or the empty line.
    NextTrailer,
    /// The LF of the empty line.
    LastLf,
    /// The body is complete. No byte of the framing.
    End,
}

impl ChunkPosition {
    /// The position after `byte`. `size` is the size of the chunk as far as it is known.
    ///
    /// # Errors
    ///
    /// If no such byte may come here, or the size exceeds 64 bits.
    pub(super) fn next(self, byte: u8, size: &mut u64) -> Result<ChunkPosition, DecodeError> {
        Ok(match (self, byte) {
            (Self::Size, _) if byte.is_ascii_hexdigit() => {
                *size = hex_value(byte);
                Self::SizeDigits
            }
            (Self::SizeDigits, _) if byte.is_ascii_hexdigit() => {
                let sixteenfold = size.checked_mul(16).ok_or_else(size_error)?;
                *size = sixteenfold | hex_value(byte);
                Self::SizeDigits
            }
            (Self::SizeDigits | Self::SizeSpace, b' ' | b'\t') => Self::SizeSpace,
            (Self::SizeDigits | Self::SizeSpace, b';') => Self::Extension,
            (Self::SizeDigits | Self::SizeSpace | Self::Extension, b'\r') => Self::SizeLf,
            (Self::Extension, _) if is_text(byte) => Self::Extension,
            (Self::SizeLf, b'\n') if *size == 0 => Self::Trailers,
            (Self::SizeLf, b'\n') => Self::Data,
            (Self::DataCr, b'\r') => Self::DataLf,
            (Self::DataLf, b'\n') => Self::Size,
            (Self::Trailers | Self::NextTrailer, b'\r') => Self::LastLf,
            (Self::Trailers | Self::NextTrailer | Self::TrailerName, _) if is_token(byte) => {
                Self::TrailerName
            }
            (Self::TrailerName, b':') | (Self::NextTrailer, b' ' | b'\t') => Self::TrailerValue,
            (Self::TrailerValue, b'\r') => Self::TrailerLf,
            (Self::TrailerValue, _) if is_text(byte) => Self::TrailerValue,
            (Self::TrailerLf, b'\n') => Self::NextTrailer,
            (Self::LastLf, b'\n') => Self::End,
            _ => return Err(self.unexpected(byte)),
        })
    }

    fn unexpected(self, byte: u8) -> DecodeError {
        let part = match self {
            Self::Size | Self::SizeDigits | Self::SizeSpace | Self::SizeLf => "size of a chunk",
            Self::Extension => "chunk extension",
            Self::Data | Self::DataCr | Self::DataLf | Self::End => "end of a chunk",
            Self::Trailers
            | Self::TrailerName
            | Self::TrailerValue
            | Self::TrailerLf
            | Self::NextTrailer
            | Self::LastLf => "trailers",
        };
        let shown = [byte].escape_ascii().to_string();
        DecodeError::Malformed(format!("unexpected \"{shown}\" in the {part}"))
    }
}

fn size_error() -> DecodeError {
    DecodeError::malformed("the size of a chunk exceeds 64 bits")
}

fn hex_value(digit: u8) -> u64 {
    u64::from(match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    })
}

/// A byte that a field value or an extension may have (RFC 9110 section 5.5).
fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

/// A byte of a token (RFC 9110 section 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
