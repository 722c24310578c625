//! What is to be done on disk after an attempt.

use crate::execution::run_state::{RunState, lock};
use crate::scheduler::{AttemptSpec, BodyAction, Disposition};
use crate::storage::download_dir::{DownloadDir, StagedFile};
use crate::storage::resume::Part;
use crate::storage::wasted_bytes::Retained;
use crate::transport::RawResponse;
use bytes::Bytes;
use flagpole_protocol::{Outcome, OutcomeClass};

/// Changes in the download folder that an attempt causes.
#[derive(Debug)]
pub(crate) struct StorageJob {
    pub(super) action: BodyAction,
    pub(super) update: Part,
    pub(super) spec: AttemptSpec,
    pub(super) body: Bytes,
    pub(super) etag: Option<String>,
    /// The country that names the staged flag.
    pub(super) country: Option<String>,
    pub(super) staged: Option<StagedFile>,
}

/// What a job has done.
#[derive(Debug, Default)]
pub(crate) struct StorageResult {
    /// A flag that waits for its country's name.
    pub(super) staged: Option<StagedFile>,
    /// The partial file could not be written: the next attempt starts from byte 0.
    pub(super) lost_partial: bool,
}

impl StorageJob {
    /// Carries it out.
    ///
    /// # Errors
    /// [`Outcome::WriteFailed`].
    pub(crate) fn run(self, folder: &DownloadDir) -> Result<StorageResult, Outcome> {
        let resource = self.spec.resource;
        let mut result = StorageResult::default();
        match &self.update {
            Part::Stay => {}
            Part::Keep(partial) => {
                result.lost_partial = folder.keep_partial(resource, partial).is_err();
            }
            Part::Forget => folder.forget_partial(resource),
        }
        match (self.action, self.staged, self.country) {
            (BodyAction::Save, ..) => folder.save(resource, &self.body)?,
            (BodyAction::Stage, ..) => result.staged = Some(folder.stage(&self.body)?),
            (BodyAction::Name, Some(staged), Some(country)) => {
                folder.keep(staged, &country, resource.code())?;
            }
            (BodyAction::Nothing | BodyAction::Name, ..) => {}
        }
        if matches!(self.action, BodyAction::Save | BodyAction::Stage) {
            folder.note_tag(resource, self.etag.as_deref(), &self.body);
        }
        Ok(result)
    }
}

impl RunState {
    /// The job of an attempt; `None` if there is nothing to do on disk.
    pub(super) fn storage_job(
        &self,
        spec: AttemptSpec,
        disposition: &Disposition,
        update: Part,
        response: Box<RawResponse>,
        country: Option<String>,
    ) -> Option<Box<StorageJob>> {
        if !self.saves {
            return None;
        }
        // Taken in any case: the staged flag of a failed download is removed from the disk.
        let staged = (disposition.decides && spec.names)
            .then(|| lock(&self.staged).remove(&spec.download))
            .flatten();
        let action = disposition.then;
        if action == BodyAction::Nothing && update == Part::Stay {
            return None;
        }
        Some(Box::new(StorageJob {
            action,
            update,
            spec,
            body: response.result.unwrap_or_default(),
            etag: response.etag,
            country,
            staged,
        }))
    }
}

/// How much of the resource is on disk when the job for a body of `body_len` bytes is done.
pub(super) fn retained(update: &Part, disposition: &Disposition, body_len: u64) -> Retained {
    let is_final_response = disposition.outcome.class() == OutcomeClass::NotFound;
    match (update, disposition.then) {
        (Part::Keep(partial), _) => Retained::Start(partial.have()),
        (Part::Forget, _) => Retained::Nothing,
        (Part::Stay, BodyAction::Save | BodyAction::Stage | BodyAction::Name) => {
            Retained::Whole(body_len)
        }
        (Part::Stay, BodyAction::Nothing) if is_final_response => Retained::Answer,
        (Part::Stay, BodyAction::Nothing) => Retained::AsBefore,
    }
}
