//! A bandwidth as text: `1MB/s`, `64KiB/s`.

use flagpole_protocol::{ByteSize, SpecError};
use std::fmt;
use std::str::FromStr;

/// A maximum bandwidth in bytes per second, such as `1MB/s` (1,000,000 bytes) or `64KiB/s` (65,536 bytes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bandwidth(u64);

impl Bandwidth {
    /// Bytes per second, from 1.
    pub fn bytes_per_second(self) -> u64 {
        self.0
    }
}

impl FromStr for Bandwidth {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Bandwidth, SpecError> {
        let expected = || {
            let what =
                "bytes per second, from `1B/s` to `1000GB/s`, such as `500kB/s` or `64KiB/s`";
            SpecError::expected(what, text)
        };
        let size = text.strip_suffix("/s").and_then(ByteSize::parse);
        let bytes = size.filter(|size| (1..=1_000_000_000_000).contains(&size.0));
        let bytes = bytes.ok_or_else(expected)?;
        Ok(Bandwidth(bytes.0))
    }
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", ByteSize(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bandwidths_round_trip_in_the_largest_whole_unit() {
        for (text, bytes, printed) in [
            ("1B/s", 1, "1B/s"),
            ("1500kB/s", 1_500_000, "1500kB/s"),
            ("1000kB/s", 1_000_000, "1MB/s"),
            ("64KiB/s", 65_536, "64KiB/s"),
            ("1MiB/s", 1 << 20, "1MiB/s"),
            ("1000GB/s", 1_000_000_000_000, "1000GB/s"),
        ] {
            let bandwidth: Bandwidth = text.parse().unwrap();
            assert_eq!(
                (bandwidth.bytes_per_second(), &*bandwidth.to_string()),
                (bytes, printed)
            );
            assert_eq!(printed.parse(), Ok(bandwidth));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "", "1", "1MB", "0B/s", "-1B/s", "1.5MB/s", "1mb/s", "1001GB/s", "MB/s",
        ] {
            let error = text.parse::<Bandwidth>().unwrap_err().to_string();
            let what =
                "bytes per second, from `1B/s` to `1000GB/s`, such as `500kB/s` or `64KiB/s`";
            assert_eq!(error, format!("expected {what}, got `{text}`"));
        }
    }
}
