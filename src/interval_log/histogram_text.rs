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
    let accepted = match expected {
        ExpectedBounds::Own => own.to_string(),
        ExpectedBounds::SameBuckets => format!(
            "lowest value {} and {} digits (and any highest value)",
            own.lowest, own.digits
        ),
    };
    Err(format!(
        "expected a histogram of {accepted}, got {bounds}; others do not add up bucket by bucket"
    ))
}

/// The number of 4 bytes at this offset.
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(four.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use hdrhistogram::serialization::{Serializer as _, V2DeflateSerializer};
    use proptest::prelude::*;
    use std::io::Write as _;

    /// The text of a histogram with these bytes in place of its counts.
    fn with_counts(counts: &[u8]) -> String {
        let mut plain = Vec::new();
        plain.extend(COOKIE.to_be_bytes());
        plain.extend(u32::try_from(counts.len()).unwrap().to_be_bytes());
        plain.extend([0; 4]);
        plain.extend(u32::from(LOG_HISTOGRAM.digits).to_be_bytes());
        plain.extend(LOG_HISTOGRAM.lowest_us.to_be_bytes());
        plain.extend(LOG_HISTOGRAM.highest_us.to_be_bytes());
        plain.extend(1f64.to_be_bytes());
        plain.extend(counts);
        compressed(&plain)
    }

    fn compressed(plain: &[u8]) -> String {
        let mut deflate = ZlibEncoder::new(Vec::new(), Compression::fast());
        deflate.write_all(plain).unwrap();
        let deflated = deflate.finish().unwrap();
        let mut bytes = COMPRESSED_COOKIE.to_be_bytes().to_vec();
        bytes.extend(u32::try_from(deflated.len()).unwrap().to_be_bytes());
        bytes.extend(deflated);
        STANDARD.encode(bytes)
    }

    fn own(text: &str) -> Result<Histogram<u64>, String> {
        decode(text, ExpectedBounds::Own)
    }

    #[test]
    fn histogram_is_read_as_it_was_written() {
        let mut histogram = LOG_HISTOGRAM.empty();
        histogram.record_n(1234, u64::from(u32::MAX)).unwrap();
        let mut bytes = Vec::new();
        V2DeflateSerializer::new()
            .serialize(&histogram, &mut bytes)
            .unwrap();
        assert_eq!(own(&STANDARD.encode(&bytes)), Ok(histogram));
        let mut counts = own(&with_counts(&[2, 4])).unwrap();
        counts
            .subtract(own(&with_counts(&[0, 4])).unwrap())
            .unwrap();
        assert_eq!((counts.len(), counts.max()), (1, 0));
    }

    #[test]
    fn histogram_that_would_take_much_memory_is_refused() {
        assert!(
            own(&with_counts(&LONGEST_NUMBER))
                .unwrap_err()
                .contains("impossible count")
        );
        assert!(own(&compressed(&vec![0; 50_000_000])).is_err());
        let mut long = STANDARD.decode(with_counts(&[2])).unwrap();
        long[4..8].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(own(&STANDARD.encode(long)).is_err());
        assert!(own("").is_err() && own("HISTFAAAA").is_err());
    }

    proptest! {
        #[test]
        fn no_counts_make_the_reader_panic(
            counts in prop::collection::vec(prop::sample::select(vec![0u8, 1, 2, 0x7f, 0x80, 0xfe, 0xff]), 0..60),
        ) {
            let _ = own(&with_counts(&counts));
        }
    }
}
