//! What `serve` says to programs: the JSON document when it is ready, and the one at its end.

use flagpole_protocol::LedgerDocument;
use serde::{Deserialize, Serialize};

/// The server accepts connections.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename = "ready")]
pub(crate) struct ReadyDocument {
    pub(crate) pid: u32,
    pub(crate) version: String,
    pub(crate) seed: u64,
    pub(crate) site: ServedSite,
    /// In the order of the profile.
    pub(crate) listeners: Vec<ReadyListener>,
    /// The root URL of the control plane, if there is one.
    pub(crate) control: Option<String>,
    /// The URL of the live page, if there is one.
    #[serde(default)]
    pub(crate) live: Option<String>,
}

/// Which site is served.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ServedSite {
    /// The folder as it was typed; `None` for the built-in site.
    pub(crate) folder: Option<String>,
    pub(crate) flags: usize,
    /// Flags and metadata.
    pub(crate) files: usize,
}

/// A listener that accepts connections.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReadyListener {
    pub(crate) name: Option<String>,
    /// The root URL at the first address.
    pub(crate) url: String,
    /// The root URLs at all addresses.
    pub(crate) urls: Vec<String>,
    pub(crate) port: u16,
}

/// The server has stopped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename = "stopped")]
pub(crate) struct StoppedDocument {
    /// In the order of the profile.
    pub(crate) listeners: Vec<StoppedListener>,
}

/// What a listener did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoppedListener {
    pub(crate) name: Option<String>,
    /// The root URL at the first address.
    pub(crate) url: String,
    pub(crate) ledger: LedgerDocument,
}

/// A document as a line, with the line break.
pub(crate) fn line(document: &impl Serialize) -> serde_json::Result<String> {
    Ok(serde_json::to_string(document)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_lines_with_an_event_and_round_trip() {
        let (name, url) = (
            Some("DELAY".to_owned()),
            "http://127.0.0.1:8001/".to_owned(),
        );
        let ready = ReadyDocument {
            pid: 7,
            version: "0.1.0".to_owned(),
            seed: u64::MAX,
            site: ServedSite {
                folder: None,
                flags: 249,
                files: 498,
            },
            listeners: vec![ReadyListener {
                name: name.clone(),
                url: url.clone(),
                urls: vec![url.clone()],
                port: 8001,
            }],
            control: None,
            live: None,
        };
        let text = line(&ready).unwrap();
        assert!(
            text.starts_with(r#"{"event":"ready","pid":7,"#) && text.ends_with("}\n"),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<ReadyDocument>(&text).unwrap(), ready);
        let mut ledger = LedgerDocument::default();
        ledger.by_status.insert(200, 3);
        let listeners = vec![StoppedListener { name, url, ledger }];
        let stopped = StoppedDocument { listeners };
        let text = line(&stopped).unwrap();
        assert!(
            text.starts_with(r#"{"event":"stopped","listeners":[{"name":"DELAY","#),
            "{text}"
        );
        assert_eq!(
            serde_json::from_str::<StoppedDocument>(&text).unwrap(),
            stopped
        );
    }
}
