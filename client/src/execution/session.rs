//! What all lanes of one run share, and what is the same for every attempt whoever makes it.

use crate::policy::{asked_for, leads_on, led_to, retry_after};
use crate::run::{Run, RunError};
use crate::scheduler::{
    Action, AttemptId, AttemptResult, AttemptScheduler, AttemptSpec, BodyAction, Disposition,
};
use crate::storage::download_dir::{DownloadDir, StagedFile};
use crate::storage::metadata;
use crate::storage::resume::{LocalCopy, Part};
use crate::storage::verify::BodyVerifier;
use crate::storage::wasted_bytes::{Retained, WastedBytes};
use crate::transport::{RawResponse, RequestSpec, RequestTemplate};
use bytes::Bytes;
use flagpole_protocol::AttemptRecord;
use flagpole_protocol::RunStats;
use flagpole_protocol::{Outcome, OutcomeClass};
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;
use url::Url;

/// One run under way.
#[derive(Debug)]
pub(crate) struct RunState {
    pub(crate) wire: Arc<RequestTemplate>,
    /// No token is touched while it is locked: to cancel one may wake somebody who wants the agenda. Boxed:
    /// what all cores write to is not to lie beside what all of them read.
    agenda: Box<Mutex<AttemptScheduler>>,
    verifier: BodyVerifier,
    /// What redirects are resolved against; without it none is followed.
    site: Option<Url>,
    /// By which an attempt can be given up alone; empty unless the policy hedges.
    tokens: Mutex<FxHashMap<AttemptId, CancellationToken>>,
    hedges: bool,
    /// Whether there is a destination.
    saves: bool,
    /// Flags that wait for their names, by their downloads. Those that are left vanish with the run.
    staged: Mutex<FxHashMap<usize, StagedFile>>,
    waste: Mutex<WastedBytes>,
}

/// What came of an attempt.
#[derive(Debug)]
pub(crate) struct Evaluated {
    pub(crate) id: AttemptId,
    pub(crate) record: AttemptRecord,
    /// What is to be done at the destination, if there is one. Boxed, as most runs that are timed have none,
    /// and conclusions are handed about.
    pub(crate) errand: Option<Box<StorageJob>>,
    /// What to do now that the lane has been given back; `None` if it has not been.
    pub(crate) next: Option<Action>,
    then: BodyAction,
    /// What there is then of what it asked for.
    kept: Retained,
}

/// Something to do at the destination.
#[derive(Debug)]
pub(crate) struct StorageJob {
    then: BodyAction,
    part: Part,
    start: AttemptSpec,
    body: Bytes,
    etag: Option<String>,
    country: Option<String>,
    staged: Option<StagedFile>,
}

/// What became of it.
#[derive(Debug, Default)]
pub(crate) struct StorageResult {
    /// A flag that waits for its name.
    staged: Option<StagedFile>,
    /// Whether the start of a body was to be kept and could not be.
    has_lost_start: bool,
}

impl RunState {
    /// Starts the clock, and prepares what every request has in common.
    pub(crate) fn start(run: &Run<'_>, lanes: usize) -> Result<RunState, RunError> {
        let wire = Arc::new(RequestTemplate::new(run)?);
        Ok(RunState {
            agenda: Box::new(Mutex::new(AttemptScheduler::new(
                run.plan,
                &run.policy,
                lanes,
            ))),
            verifier: BodyVerifier::default(),
            site: Url::parse(&run.endpoint.target().to_string()).ok(),
            tokens: Mutex::default(),
            hedges: run.policy.hedge.is_some(),
            saves: run.destination.is_some(),
            staged: Mutex::default(),
            waste: Mutex::default(),
            wire,
        })
    }

    /// Nothing is ever left half done while it is locked, but by a panic that ends the run.
    pub(crate) fn agenda(&self) -> MutexGuard<'_, AttemptScheduler> {
        self.agenda.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to do now.
    pub(crate) fn next(&self) -> Action {
        self.agenda().next(self.wire.clock.now())
    }

    /// Whether what is left of what an attempt asks for is to be looked at before it.
    pub(crate) fn resumes(&self, start: &AttemptSpec) -> bool {
        self.wire.resumes && !start.names && !start.is_plain
    }

    /// What the transport is asked to do, given what is there already. `cancel` ends it, and whatever else
    /// whoever makes it has to do.
    pub(crate) fn attempt<'a>(
        start: &'a AttemptSpec,
        left: &LocalCopy,
        cancel: &'a CancellationToken,
    ) -> RequestSpec<'a> {
        RequestSpec {
            resource: start.resource,
            nth: start.nth,
            path: start.path.as_deref(),
            conditions: left.is_something().then(|| Box::new(left.conditions())),
            cancel,
        }
    }

    /// By which an attempt is given up alone, if it may be although the run goes on: cancelled already, if it
    /// is not needed any more. `cancel` ends it too.
    pub(crate) fn token(
        &self,
        id: AttemptId,
        cancel: &CancellationToken,
    ) -> Option<CancellationToken> {
        if !self.hedges {
            return None;
        }
        let token = cancel.child_token();
        lock(&self.tokens).insert(id, token.clone());
        // It was started a while ago: who made it a loser meanwhile found no token. Asked after the
        // token is there, so that who does it from now on finds one.
        let is_lost = self.agenda().is_superseded(id);
        if is_lost {
            token.cancel();
        }
        Some(token)
    }

    /// Verifies an exchange, has the agenda judge it, and makes its record. [`settle`](RunState::settle)
    /// follows, and [`leave`](RunState::leave): the attempt still has its lane, unless that `goes_on` and
    /// nothing is left to do for this attempt. BodyAction it is told what to do next, in the same look at the
    /// agenda, as there all cores meet.
    pub(crate) fn conclude(
        &self,
        start: AttemptSpec,
        lane: Option<usize>,
        left: &LocalCopy,
        mut exchange: Box<RawResponse>,
        goes_on: bool,
    ) -> Evaluated {
        let mut country = None;
        let (judged, part) = left.judge(&mut exchange, self.wire.body_limit);
        let outcome = judged
            .map_or_else(|| self.verifier.judge(start.resource, &exchange), Ok)
            .and_then(|outcome| {
                if outcome == Outcome::Ok && start.names {
                    let body = exchange.result.as_deref().unwrap_or_default();
                    country = Some(metadata::country(body, start.resource.code())?);
                }
                Ok(outcome)
            });
        let outcome = outcome.unwrap_or_else(|failed| failed);
        // Taken here, not by the transport: a body is not done before it is verified.
        let done = self.wire.clock.now();
        let end = AttemptResult {
            are_conditions_to_blame: left.is_to_blame(&outcome),
            outcome,
            took: done.saturating_sub(exchange.sent),
            redirect: self.redirect(&start, &exchange),
            retry_after: exchange
                .retry_after
                .as_deref()
                .and_then(|text| retry_after(text, self.wire.clock.since_1970(done))),
        };
        let (verdict, next) = {
            let mut agenda = self.agenda();
            let verdict = agenda.done(start.id, &end, done);
            let is_free = goes_on && verdict.then != BodyAction::Stage;
            let next = is_free.then(|| {
                agenda.leave(start.id);
                agenda.next(done)
            });
            (verdict, next)
        };
        self.give_up(start.id, &verdict.losers);
        let record = AttemptRecord {
            download: start.download,
            attempt: start.attempt,
            kind: start.kind,
            is_final: verdict.decides,
            resource: start.resource,
            nth: start.nth,
            lane,
            backoff: start.backoff,
            due: start.due,
            sent: exchange.sent,
            reused_connection: exchange.reused,
            first_byte: exchange.first_byte,
            done,
            outcome: verdict.outcome.clone(),
            status: exchange.status,
            bytes: exchange.bytes,
            // Known when it is settled.
            wasted_bytes: 0,
            timing: exchange.timing,
        };
        let body = exchange.result.unwrap_or_default();
        let part = if start.names || verdict.outcome == Outcome::HedgeLost {
            // Metadata is asked for anew, and who lost a race has nothing that is wanted.
            Part::Stay
        } else {
            part
        };
        let kept = kept(&part, &verdict, body.len() as u64);
        let id = start.id;
        let errand = if self.saves {
            self.errand(start, &verdict, part, (body, exchange.etag), country)
        } else {
            None
        };
        Evaluated {
            id,
            record,
            errand,
            next,
            then: verdict.then,
            kept,
        }
    }

    /// Where a redirect leads within the site.
    fn redirect(&self, start: &AttemptSpec, exchange: &RawResponse) -> Option<Arc<str>> {
        let location = exchange.location.as_deref()?;
        exchange.status.filter(|status| leads_on(*status))?;
        let uri = self.wire.uri(start.resource, start.path.as_deref());
        led_to(
            &asked_for(self.site.as_ref()?, uri.path_and_query()?),
            location,
        )
    }

    /// Cancels attempts that are not needed any more.
    fn give_up(&self, ended: AttemptId, losers: &[AttemptId]) {
        if self.hedges {
            let mut tokens = lock(&self.tokens);
            tokens.remove(&ended);
            let losers: Vec<_> = losers.iter().filter_map(|id| tokens.remove(id)).collect();
            drop(tokens);
            losers.iter().for_each(CancellationToken::cancel);
        }
    }

    fn errand(
        &self,
        start: AttemptSpec,
        verdict: &Disposition,
        part: Part,
        (body, etag): (Bytes, Option<String>),
        country: Option<String>,
    ) -> Option<Box<StorageJob>> {
        // A download that has failed leaves nothing behind.
        let then = verdict.then;
        let staged =
            (verdict.decides && start.names).then(|| lock(&self.staged).remove(&start.download));
        (then != BodyAction::Nothing || part != Part::Stay).then(|| {
            Box::new(StorageJob {
                then,
                part,
                start,
                body,
                etag,
                country,
                staged: staged.flatten(),
            })
        })
    }

    /// The errand has been done, in whatever way, or there is no destination to do it at: makes the
    /// record say so, and lets the download go on.
    pub(crate) fn settle(&self, conclusion: &mut Evaluated, saved: Result<StorageResult, Outcome>) {
        let record = &mut conclusion.record;
        let download = record.download;
        let is_there = saved.is_ok();
        let mut kept = conclusion.kept;
        match saved {
            Ok(done) => {
                if let Some(staged) = done.staged {
                    lock(&self.staged).insert(download, staged);
                }
                if done.has_lost_start {
                    kept = Retained::AsBefore;
                }
            }
            Err(failed) => {
                record.outcome = failed;
                record.is_final = true;
                kept = Retained::AsBefore;
            }
        }
        record.wasted_bytes = if self.wire.resumes {
            lock(&self.waste).of(record.resource, record.bytes, kept)
        } else {
            // Nothing is ever held: no two cores need look at the same.
            WastedBytes::default().of(record.resource, record.bytes, kept)
        };
        if conclusion.then == BodyAction::Stage {
            self.agenda().staged(conclusion.id, is_there);
        }
    }

    /// The whole of a run that is over: what was left when it was cancelled is counted too.
    pub(crate) fn close(&self, run: &Run<'_>, tally: RunStats) -> RunStats {
        let broken_off = self.agenda().in_backoff(self.wire.clock.now());
        let whole = tally.of_downloads(run.plan.jobs.len());
        RunStats {
            backoff: whole.backoff + broken_off,
            ..whole
        }
    }

    /// Gives the lane back.
    pub(crate) fn leave(&self, id: AttemptId) {
        self.agenda().leave(id);
    }
}

impl StorageJob {
    /// Does it; with what was put by, if anything was.
    ///
    /// # Errors
    /// [`Outcome::WriteFailed`].
    pub(crate) fn run(self, destination: &DownloadDir) -> Result<StorageResult, Outcome> {
        let StorageJob { start, body, .. } = self;
        let mut done = StorageResult::default();
        match &self.part {
            Part::Stay => {}
            // One that can not be kept is none: the next attempt begins anew.
            Part::Keep(partial) => {
                let kept = destination.keep_partial(start.resource, partial);
                done.has_lost_start = kept.is_err();
            }
            Part::Forget => destination.forget_partial(start.resource),
        }
        match (self.then, self.staged, self.country) {
            (BodyAction::Save, ..) => destination.save(start.resource, &body)?,
            (BodyAction::Stage, ..) => done.staged = Some(destination.stage(&body)?),
            (BodyAction::Name, Some(staged), Some(country)) => {
                destination.keep(staged, &country, start.resource.code())?;
            }
            (BodyAction::Nothing | BodyAction::Name, ..) => {}
        }
        if matches!(self.then, BodyAction::Save | BodyAction::Stage) {
            destination.note_tag(start.resource, self.etag.as_deref(), &body);
        }
        Ok(done)
    }
}

/// What there is of what was asked for when all is done that is to be done with a body of this length.
fn kept(part: &Part, verdict: &Disposition, length: u64) -> Retained {
    let is_answer = verdict.outcome.class() == OutcomeClass::NotFound;
    match (part, verdict.then) {
        (Part::Keep(partial), _) => Retained::Start(partial.have()),
        (Part::Forget, _) => Retained::Nothing,
        (Part::Stay, BodyAction::Save | BodyAction::Stage | BodyAction::Name) => {
            Retained::Whole(length)
        }
        (Part::Stay, BodyAction::Nothing) if is_answer => Retained::Answer,
        (Part::Stay, BodyAction::Nothing) => Retained::AsBefore,
    }
}

/// Maps are whole whenever a panic strikes.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
