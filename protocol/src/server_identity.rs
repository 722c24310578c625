//! What a flagpole server says of itself at a well-known URI (RFC 8615), for clients that want to know whom they measure.

use serde::{Deserialize, Serialize};

/// The JSON document at [`PATH`](ServerIdentity::PATH). Unknown keys are ignored when it is read: later versions may say
/// more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServerIdentity {
    /// The name of the program: `flagpole`.
    pub name: String,
    /// The version of the program.
    pub version: String,
    /// The name of the listener in its profile, if it has one.
    pub listener: Option<String>,
    /// The seed of the delays and faults.
    pub seed: u64,
    /// Whether every response that was delayed says so in `Server-Timing`, so that a response without the field was not.
    #[serde(default)]
    pub reports_delays: bool,
    /// Whether a request may ask for its latency and faults, by `Flagpole-Latency`, `Flagpole-Fault` or its query.
    #[serde(default)]
    pub request_faults: bool,
}

impl ServerIdentity {
    /// Where every listener serves the document, to GET and HEAD.
    pub const PATH: &str = "/.well-known/flagpole";

    /// The name of the program.
    const NAME: &str = "flagpole";

    /// The identity of a server of this version of flagpole that does not obey requests.
    pub fn new(listener: Option<String>, seed: u64) -> ServerIdentity {
        ServerIdentity {
            name: ServerIdentity::NAME.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            listener,
            seed,
            reports_delays: true,
            request_faults: false,
        }
    }

    /// Whether the document is that of flagpole, and not of another program at the same path.
    pub fn is_flagpole(&self) -> bool {
        self.name == ServerIdentity::NAME
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_round_trips_as_json() {
        let identity = ServerIdentity::new(Some("DELAY".into()), u64::MAX);
        let json = serde_json::to_string(&identity).unwrap();
        let read: ServerIdentity = serde_json::from_str(&json).unwrap();
        assert_eq!(read, identity);
        assert!(read.is_flagpole());
    }

    #[test]
    fn unknown_keys_are_ignored_and_other_programs_recognised() {
        let other = r#"{"name":"x","version":"9","listener":null,"seed":0,"more":1}"#;
        let identity: ServerIdentity = serde_json::from_str(other).unwrap();
        assert!(!identity.is_flagpole() && !identity.reports_delays && !identity.request_faults);
    }
}
