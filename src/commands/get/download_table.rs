//! The totals of each download, for the output formats that list downloads (JSON and CSV).

use flagpole_protocol::AttemptRecord;
use std::collections::BTreeMap;

/// The downloads that have started, by their position in the workload.
#[derive(Default)]
pub(super) struct DownloadTable(BTreeMap<usize, DownloadTotals>);

/// All attempts of a download.
#[derive(Default)]
pub(super) struct DownloadTotals {
    pub(super) attempts: u64,
    /// Bytes of bodies received.
    pub(super) bytes: u64,
    pub(super) final_attempt: Option<AttemptRecord>,
}

impl DownloadTable {
    /// Adds an attempt. The loser of a hedge may end after the final attempt.
    pub(super) fn add(&mut self, record: &AttemptRecord) {
        let download = self.0.entry(record.download).or_default();
        download.attempts += 1;
        download.bytes += record.bytes;
        if record.is_final {
            download.final_attempt = Some(record.clone());
        }
    }

    /// The finished downloads in the order of the workload, with their final attempts.
    pub(super) fn finished(&self) -> impl Iterator<Item = (&DownloadTotals, &AttemptRecord)> {
        let downloads = self.0.values();
        downloads.filter_map(|download| Some((download, download.final_attempt.as_ref()?)))
    }
}
