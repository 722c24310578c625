//! The value of `--latency` in `compare`: several latencies, separated by commas.

use flagpole_protocol::SpecError;
use flagpole_server::Latency;
use std::str::FromStr;

/// The latencies in a text such as `10ms,lognormal:p50=5ms,p99=20ms`. The text of a latency may contain commas too, so
/// each latency takes as many of the parts between commas as possible, beginning with the first latency.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LatencyList(pub(crate) Vec<Latency>);

impl FromStr for LatencyList {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<LatencyList, SpecError> {
        let parts: Vec<&str> = text.split(',').collect();
        if let Some(latencies) = split(&parts) {
            return Ok(LatencyList(latencies));
        }
        // The error is about the first part that cannot be parsed.
        let bad = parts.iter().find_map(|part| part.parse::<Latency>().err());
        let whole = text.parse::<Latency>();
        Err(match (whole, bad) {
            (Err(error), _) if parts.len() == 1 || text.contains(':') => error,
            (_, Some(error)) => error,
            (whole, None) => return whole.map(|latency| LatencyList(vec![latency])),
        })
    }
}

/// The latencies that the parts make up; `None` if some parts belong to no latency.
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
        let latencies = text.parse::<LatencyList>().unwrap().0;
        latencies.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn comma_separates_latencies_except_within_one() {
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
    fn error_names_the_part_that_cannot_be_parsed() {
        let error = |text: &str| text.parse::<LatencyList>().unwrap_err().to_string();
        assert!(error("10ms,soon").ends_with("got `soon`"));
        assert!(error("lognormal:p50=5ms").ends_with("got `p50=5ms`"));
    }
}
