//! A number of bytes as text: `64KiB`, `1MB`.

use crate::spec::whole_number;
use std::fmt;

/// Units and their bytes, the largest first.
const UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1000),
    ("B", 1),
];

/// A number of bytes. It is displayed in the largest unit without a fraction.
///
/// ```
/// use flagpole_protocol::ByteSize;
///
/// assert_eq!(ByteSize::parse("1024KiB"), Some(ByteSize(1 << 20)));
/// assert_eq!(ByteSize(1_500_000).to_string(), "1500kB");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

impl ByteSize {
    /// Parses a whole number and its unit, such as `64KiB` (65,536 bytes) or `1MB` (1,000,000 bytes), or `0`. `None` for
    /// another text, and from 2^64 bytes.
    pub fn parse(text: &str) -> Option<ByteSize> {
        if text == "0" {
            return Some(ByteSize(0));
        }
        let mut units = UNITS.iter();
        let (number, unit) =
            units.find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, bytes)))?;
        let bytes = whole_number::<u64>(number)?.checked_mul(*unit);
        bytes.map(ByteSize)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0");
        }
        let is_whole = |unit: &&(&str, u64)| self.0.is_multiple_of(unit.1);
        let (unit, bytes) = UNITS.iter().find(is_whole).unwrap_or(&("B", 1));
        write!(f, "{}{unit}", self.0 / bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_round_trip_in_the_largest_whole_unit() {
        for (text, bytes, printed) in [
            ("0", 0, "0"),
            ("0KiB", 0, "0"),
            ("1B", 1, "1B"),
            ("1000kB", 1_000_000, "1MB"),
            ("64KiB", 65_536, "64KiB"),
            ("1024KiB", 1 << 20, "1MiB"),
            ("3GB", 3_000_000_000, "3GB"),
        ] {
            let size = ByteSize::parse(text).unwrap();
            assert_eq!((size.0, &*size.to_string()), (bytes, printed));
            assert_eq!(ByteSize::parse(printed), Some(size));
        }
    }

    #[test]
    fn other_texts_are_no_size() {
        for text in [
            "",
            "1",
            "KiB",
            "-1B",
            "1.5MB",
            "1mb",
            "1 MB",
            "18446744073709551615GiB",
        ] {
            assert_eq!(ByteSize::parse(text), None, "{text}");
        }
    }
}
