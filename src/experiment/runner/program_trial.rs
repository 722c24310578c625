//! Runs a trial of a program, and makes of the server's journal what a strategy reports itself.

use super::conditions::CellConditions;
use super::plan_predictor::PlanPredictor;
use crate::experiment::program_clients;
use crate::experiment::spec::command_line::Placeholder;
use crate::experiment::spec::program::Program;
use crate::process::program::job::{ProgramJob, ProgramRun};
use anyhow::{Context as _, Result};
use flagpole_analysis::comparison::ProgramTrial;
use flagpole_analysis::program::{ProgramExit, ProgramRequests, ServedRequest, ServerPlan};
use flagpole_protocol::Resource;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The files of the programs of a cell: the list of URLs, and the example clients.
pub(super) struct ProgramFiles {
    folder: TempDir,
    url: String,
    host: String,
    port: u16,
    resources: Vec<Resource>,
}

impl ProgramFiles {
    /// Writes the files; the server is at this URL.
    pub(super) fn write(conditions: &CellConditions<'_>, url: &str) -> Result<ProgramFiles> {
        let parsed: url::Url = url.parse().context("the URL of the server")?;
        let workload = conditions.experiment.workload();
        let resources = workload.downloads.iter().map(|one| one.resource);
        let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
        let files = ProgramFiles {
            url: url.trim_end_matches('/').to_owned(),
            host: parsed.host_str().unwrap_or_default().to_owned(),
            port: parsed.port_or_known_default().unwrap_or_default(),
            resources: resources.collect(),
            folder,
        };
        let urls = files.resources.iter();
        let urls = urls.map(|resource| format!("{}{resource}\n", files.url));
        let list = files.list();
        let written = fs::write(&list, urls.collect::<String>());
        written.with_context(|| format!("cannot write {}", list.display()))?;
        program_clients::write(&files.clients())?;
        Ok(files)
    }

    /// The job of a trial. Its downloads are saved in `dest`.
    pub(super) fn job(
        &self,
        conditions: &CellConditions<'_>,
        program: &Program,
        dest: &Path,
    ) -> ProgramJob {
        let path = |path: &Path| path.display().to_string();
        let value = |placeholder| match placeholder {
            Placeholder::Url => self.url.clone(),
            Placeholder::Host => self.host.clone(),
            Placeholder::Port => self.port.to_string(),
            Placeholder::Concurrency => conditions.concurrency.to_string(),
            Placeholder::Seed => conditions.experiment.seed.to_string(),
            Placeholder::Dest => path(dest),
            Placeholder::Files => path(&self.list()),
            Placeholder::Clients => path(&self.clients()),
        };
        let variables = Placeholder::all().map(|one| (one.variable(), value(one)));
        ProgramJob {
            words: program.command.expand(value),
            environment: variables.collect(),
            timeout: conditions.experiment.program_timeout(),
        }
    }

    /// What a program did, by its journal.
    pub(super) fn observe(
        &self,
        conditions: &CellConditions<'_>,
        predictor: &PlanPredictor,
        program: &Program,
        run: ProgramRun,
        served: &[ServedRequest],
    ) -> Result<ProgramTrial> {
        let listener = conditions.listener()?;
        let plan = ServerPlan {
            predict: &|record| predictor.plan(record),
            has_queue: listener.is_some_and(|one| one.concurrency_limit.is_some()),
        };
        let exit = run.exit.context("interrupted")?;
        Ok(ProgramTrial {
            command: program.command.to_string(),
            asked_concurrency: (program.command.uses(Placeholder::Concurrency))
                .then_some(conditions.concurrency.get()),
            process: run.process,
            exit,
            stderr: run.stderr,
            requests: ProgramRequests::new(&self.resources, served, run.ended_at, &plan),
        })
    }

    fn list(&self) -> PathBuf {
        self.folder.path().join("urls.txt")
    }

    fn clients(&self) -> PathBuf {
        self.folder.path().join("clients")
    }
}

/// Why a program made no request.
pub(super) fn no_request(command: &str, exit: ProgramExit, stderr: &str) -> String {
    let ended = if exit == ProgramExit::TimedOut {
        "and was ended after its time limit".to_owned()
    } else {
        format!("and ended with {exit}")
    };
    let said = if stderr.is_empty() {
        String::new()
    } else {
        format!(": {stderr}")
    };
    format!(
        "`{command}` made no request {ended}{said}; use the URLs in {{files}}, or {{url}}, or fix the port with --port"
    )
}
