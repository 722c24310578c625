//! Several latencies in one value. A specification may hold commas itself.

use flagpole_server::Latency;
use flagpole_server::config::spec::SpecError;
use std::str::FromStr;

/// The latencies in a value such as `10ms,lognormal:p50=5ms,p99=20ms`: as few as can be read, the first
/// as long as possible, so that what is one specification stays one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Latencies(pub(crate) Vec<Latency>);

impl FromStr for Latencies {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Latencies, SpecError> {
        let parts: Vec<&str> = text.split(',').collect();
        if let Some(latencies) = split(&parts) {
            return Ok(Latencies(latencies));
        }
        // Nothing can be made of all of it; the sentence is about the part that is at fault.
        let bad = parts.iter().find_map(|part| part.parse::<Latency>().err());
        let whole = text.parse::<Latency>();
        Err(match (whole, bad) {
            (Err(error), _) if parts.len() == 1 || text.contains(':') => error,
            (_, Some(error)) => error,
            (whole, None) => return whole.map(|latency| Latencies(vec![latency])),
        })
    }
}

fn split(parts: &[&str]) -> Option<Vec<Latency>> {
    if parts.is_empty() {
        return Some(Vec::new());
    }
    (1..=parts.len()).rev().find_map(|length| {
        let (first, rest) = parts.split_at(length);
        let first = first.join(",").parse().ok()?;
        Some([vec![first], split(rest)?].concat())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let latencies = text.parse::<Latencies>().unwrap().0;
        latencies.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_comma_parts_specifications_and_stays_in_those_that_hold_one() {
        assert_eq!(texts("10ms,50ms,200ms"), ["10ms", "50ms", "200ms"]);
        assert_eq!(
            texts("10ms,lognormal:p50=5ms,p99=20ms,uniform:1ms..2ms"),
            ["10ms", "lognormal:p50=5ms,p99=20ms", "uniform:1ms..2ms"]
        );
        assert_eq!(
            texts("uniform:1ms..9ms,max=5ms"),
            ["uniform:1ms..9ms,max=5ms"]
        );
    }

    #[test]
    fn what_can_not_be_read_is_named() {
        let error = |text: &str| text.parse::<Latencies>().unwrap_err().to_string();
        assert!(error("10ms,soon").ends_with("got `soon`"));
        assert!(error("lognormal:p50=5ms").ends_with("got `p50=5ms`"));
    }
}
