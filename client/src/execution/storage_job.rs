//! The changes on disk after an attempt.

use crate::scheduler::{AttemptSpec, BodyAction, Disposition};
use crate::storage::{resume::PartialUpdate, wasted_bytes::Retained};
use crate::{DownloadDir, StagedFile, transport::RawResponse};
use crate::{
    execution::run_state::{ArrivedBodies, RunState},
    lock::lock,
};
use bytes::Bytes;
use flagpole_protocol::{EntityTag, Outcome, OutcomeClass};
use std::sync::Arc;

/// Changes in the download folder that an attempt causes.
#[derive(Debug)]
pub(crate) struct StorageJob {
    pub(super) action: BodyAction,
    pub(super) update: PartialUpdate,
    pub(super) spec: AttemptSpec,
    pub(super) body: Bytes,
    pub(super) etag: Option<EntityTag>,
    /// The country that names the staged flag.
    pub(super) country: Option<String>,
    pub(super) staged: Option<StagedFile>,
    arrived: Option<Arc<ArrivedBodies>>,
}

/// The result of a storage job.
#[derive(Debug, Default)]
pub(crate) struct StorageResult {
    /// A flag that waits for its country's name.
    pub(super) staged: Option<StagedFile>,
    /// The partial file could not be written, or the complete body has arrived: no attempt continues it.
    pub(super) lost_partial: bool,
}

impl StorageJob {
    /// Makes the changes in `folder`.
    ///
    /// # Errors
    /// [`Outcome::WriteFailed`] if a complete body cannot be saved.
    pub(crate) fn run(self, folder: &DownloadDir) -> Result<StorageResult, Outcome> {
        let resource = self.spec.plan.resource;
        let mut result = StorageResult::default();
        match &self.update {
            PartialUpdate::Unchanged => {}
            PartialUpdate::Replace(partial) => {
                result.lost_partial = folder.save_partial(resource, partial).is_err();
                let arrived = self.arrived.as_ref();
                if arrived.is_some_and(|all| lock(all).contains(&self.spec.plan.index)) {
                    folder.remove_partial(resource);
                    result.lost_partial = true;
                }
            }
            PartialUpdate::Remove => folder.remove_partial(resource),
        }
        match (self.action, self.staged, self.country.zip(resource.code())) {
            (BodyAction::Save, ..) => folder.save(resource, &self.body)?,
            (BodyAction::Stage, ..) => result.staged = Some(folder.stage(&self.body)?),
            (BodyAction::RenameStaged, Some(staged), Some((country, code))) => {
                folder.rename_staged(staged, &country, code)?;
            }
            (BodyAction::Discard | BodyAction::RenameStaged, ..) => {}
        }
        if matches!(self.action, BodyAction::Save | BodyAction::Stage) {
            folder.save_etag(resource, self.etag.as_ref(), &self.body);
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
        update: PartialUpdate,
        response: Box<RawResponse>,
        country: Option<String>,
    ) -> Option<Box<StorageJob>> {
        self.folder.as_ref()?;
        // Taken even if there is no job: dropping the staged flag of a failed download removes its file.
        let staged = (disposition.is_final && spec.plan.names_file)
            .then(|| lock(&self.staged).remove(&(spec.plan.index + 1)))
            .flatten();
        let action = disposition.body_action;
        if action == BodyAction::Discard && update == PartialUpdate::Unchanged {
            return None;
        }
        if let Some(arrived) = &self.arrived
            && matches!(action, BodyAction::Save | BodyAction::Stage)
        {
            lock(arrived).insert(spec.plan.index);
        }
        Some(Box::new(StorageJob {
            arrived: self.arrived.clone(),
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
pub(super) fn retained(
    update: &PartialUpdate,
    disposition: &Disposition,
    body_len: u64,
) -> Retained {
    match update {
        PartialUpdate::Replace(partial) => Retained::Partial(partial.length()),
        PartialUpdate::Remove => Retained::Nothing,
        PartialUpdate::Unchanged => match disposition.body_action {
            BodyAction::Save | BodyAction::Stage | BodyAction::RenameStaged => {
                Retained::Complete(body_len)
            }
            BodyAction::Discard if disposition.outcome.class() == OutcomeClass::NotFound => {
                Retained::FinalResponse
            }
            BodyAction::Discard => Retained::Unchanged,
        },
    }
}
