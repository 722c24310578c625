//! Histograms as text: base64 of HdrHistogram's format V2, compressed. What is read is checked before memory is allocated
//! for it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flagpole_protocol::LOG_HISTOGRAM;
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use std::fmt::{self, Display};
use std::io::Read as _;

/// The first four bytes of a histogram, compressed and not, as Java's HdrHistogram writes them.
const COMPRESSED_COOKIE: u32 = 0x1c84_9314;
const COOKIE: u32 = 0x1c84_9313;

/// The length of the head before the counts.
const HEAD_LENGTH: usize = 40;

/// More than the longest histogram of 3 digits takes, 9 bytes for each of its counts.
const MAX_LENGTH: u64 = 1 << 20;

/// A number of 9 such bytes is no count: the deserializer would negate the lowest integer.
const LONGEST_NUMBER: [u8; 9] = [0xff; 9];

/// Which histograms are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExpectedBounds {
    /// Exactly those of flagpole's logs.
    Own,
    /// Those of other programs that add up with flagpole's bucket by bucket: of any highest value.
    SameBuckets,
}

/// The bounds in the head of a histogram.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Bounds {
    lowest: u64,
    highest: u64,
    digits: u32,
}

impl Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Bounds {
            lowest,
            highest,
            digits,
        } = self;
        write!(f, "{lowest} to {highest} with {digits} digits")
    }
}

/// The histogram of a text; an error says what was expected and found.
pub(super) fn decode(text: &str, expected: ExpectedBounds) -> Result<Histogram<u64>, String> {
    let bytes = STANDARD.decode(text).map_err(|error| {
        format!("expected a histogram in base64, got one that is damaged: {error}")
    })?;
    let plain = inflate(&bytes)?;
    check_bounds(&plain, expected)?;
    if plain
        .windows(LONGEST_NUMBER.len())
        .any(|nine| nine == LONGEST_NUMBER)
    {
        return Err("expected a histogram, got one with an impossible count".to_owned());
    }
    let histogram = Deserializer::new().deserialize(&mut plain.as_slice());
    histogram.map_err(|error| format!("expected a histogram, got one that is damaged: {error}"))
}

/// The bytes of a histogram that is not compressed, with its head.
fn inflate(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let damaged = || "expected a histogram, got one that is cut off".to_owned();
    if number(bytes, 0) != Some(COMPRESSED_COOKIE) {
        return Err("expected a histogram of format V2, compressed; got another format".to_owned());
    }
    let length = number(bytes, 4).ok_or_else(damaged)? as usize;
    let compressed = bytes.get(8..).filter(|rest| rest.len() == length);
    let mut plain = Vec::new();
    ZlibDecoder::new(compressed.ok_or_else(damaged)?)
        .take(MAX_LENGTH)
        .read_to_end(&mut plain)
        .map_err(|error| format!("expected a histogram, got one that is damaged: {error}"))?;
    let payload = number(&plain, 4).ok_or_else(damaged)? as usize;
    let is_whole = plain.len().checked_sub(HEAD_LENGTH) == Some(payload);
    if number(&plain, 0) != Some(COOKIE) || !is_whole {
        return Err(damaged());
    }
    Ok(plain)
}

fn check_bounds(plain: &[u8], expected: ExpectedBounds) -> Result<(), String> {
    let long = |at| Some(u64::from(number(plain, at)?) << 32 | u64::from(number(plain, at + 4)?));
    let bounds = (|| {
        Some(Bounds {
            digits: number(plain, 12)?,
            lowest: long(16)?,
            highest: long(24)?,
        })
    })();
    let bounds = bounds.ok_or("expected a histogram, got one that is cut off")?;
    let own = Bounds {
        lowest: LOG_HISTOGRAM.lowest_us,
        highest: LOG_HISTOGRAM.highest_us,
        digits: LOG_HISTOGRAM.digits.into(),
    };
    let is_expected = match expected {
        ExpectedBounds::Own => bounds == own,
        ExpectedBounds::SameBuckets => (bounds.lowest, bounds.digits) == (own.lowest, own.digits),
    };
    if is_expected {
        return Ok(());
    }
    Err(format!(
        "expected a histogram of {own}, got {bounds}; others do not add up bucket by bucket"
    ))
}

/// The number of 4 bytes at this offset.
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(four.try_into().ok()?))
}
