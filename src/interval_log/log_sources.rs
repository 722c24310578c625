//! Where the figures of each process come from, so that none counts twice: a merged log has only the sums of several
//! processes, to which a log of one of them would be added once more.

use anyhow::{Result, bail};
use std::collections::BTreeMap;

/// The processes that have come, alone or as a part of a merged log.
#[derive(Default)]
pub(super) struct LogSources {
    /// By process: the process whose log has its figures, which is itself or a merge, and the file of that log.
    by_process: BTreeMap<String, (String, String)>,
}

impl LogSources {
    /// Adds a process whose figures are in the log of `owner`. The log of one owner may come again.
    pub(super) fn add(&mut self, process: &str, owner: &str, file: &str) -> Result<()> {
        let source = (owner.to_owned(), file.to_owned());
        let known = self.by_process.entry(process.to_owned()).or_insert(source);
        match known {
            (known, _) if known == owner => Ok(()),
            (_, earlier) if earlier == file => {
                bail!(
                    "process {process} is in {file} twice, once as a part of a merge: give its figures once"
                )
            }
            (_, earlier) => {
                bail!("process {process} is in {earlier} and in {file}: give its figures once")
            }
        }
    }
}
