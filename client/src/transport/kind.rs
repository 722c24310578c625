//! The transports.

use derive_more::Display;
use flagpole_protocol::SpecError;
use std::str::FromStr;

/// Who speaks HTTP/1.1.
#[derive(Clone, Copy, Debug, Default, Display, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportKind {
    /// The codec of flagpole, for every strategy.
    #[default]
    #[display("built-in")]
    BuiltIn,
    /// The library hyper, which most clients in Rust use, for strategies with event loops.
    #[display("hyper")]
    Hyper,
}

impl TransportKind {
    /// All transports, the default first.
    pub const ALL: &[TransportKind] = &[TransportKind::BuiltIn, TransportKind::Hyper];

    /// What the transport is, in one line.
    pub fn about(self) -> &'static str {
        match self {
            TransportKind::BuiltIn => "flagpole's own HTTP/1.1 codec; for every strategy",
            TransportKind::Hyper => {
                "the library hyper, as most clients in Rust; for strategies with event loops"
            }
        }
    }
}

impl FromStr for TransportKind {
    type Err = SpecError;

    fn from_str(name: &str) -> Result<TransportKind, SpecError> {
        let names = TransportKind::ALL.iter().map(TransportKind::to_string);
        let names: Vec<_> = names.collect();
        let found = names.iter().position(|known| known == name);
        found
            .map(|index| TransportKind::ALL[index])
            .ok_or_else(|| SpecError::unknown("transport", name, names.iter().map(String::as_str)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transports_are_found_by_name() {
        for transport in TransportKind::ALL {
            assert_eq!(transport.to_string().parse(), Ok(*transport));
        }
        let error = "ureq".parse::<TransportKind>().unwrap_err().to_string();
        assert_eq!(error, "unknown transport `ureq`; known: built-in, hyper");
    }
}
