//! What each download took, for the formats that list them.

use flagpole_protocol::AttemptRecord;
use std::collections::BTreeMap;

/// The downloads of a run that have begun, by their places in the plan.
#[derive(Default)]
pub(crate) struct Downloads(BTreeMap<usize, Download>);

/// All attempts of a download.
#[derive(Default)]
pub(crate) struct Download {
    pub(crate) attempts: u64,
    /// Bytes of bodies that arrived.
    pub(crate) bytes: u64,
    /// The attempt that decided it, if there was one.
    pub(crate) end: Option<AttemptRecord>,
}

impl Downloads {
    /// Adds an attempt. Those that lost a race may come behind the one that won it.
    pub(crate) fn add(&mut self, record: &AttemptRecord) {
        let download = self.0.entry(record.download).or_default();
        download.attempts += 1;
        download.bytes += record.bytes;
        if record.is_final {
            download.end = Some(record.clone());
        }
    }

    /// Those that came to an end, in the order of the plan, and the attempts that decided them.
    pub(crate) fn ended(&self) -> impl Iterator<Item = (&Download, &AttemptRecord)> {
        let downloads = self.0.values();
        downloads.filter_map(|download| Some((download, download.end.as_ref()?)))
    }
}
