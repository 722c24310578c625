//! Whether the programs of an experiment are there, before anything is measured.

use super::program_clients;
use super::spec::command_line::ProgramCommand;
use super::spec::experiment::Experiment;
use super::spec::program::Program;
use crate::process::program::executable;
use crate::process::trial_process::Interrupt;
use crate::visible::visible;
use anyhow::{Context as _, Result, anyhow, bail};
use flagpole_analysis::comparison::SkippedProgram;
#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A `check` must end within this time: interpreters with many libraries need seconds at their first start.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The time between two looks at whether it has ended.
const POLL: Duration = Duration::from_millis(5);

/// Leaves out the programs whose `check` fails, and returns them. Fails if another program cannot be started, or if nothing is
/// left to run.
pub(crate) fn leave_out_missing(
    experiment: &mut Experiment,
    interrupt: &Interrupt,
) -> Result<Vec<SkippedProgram>> {
    let mut skipped = Vec::new();
    if experiment.programs.is_empty() {
        return Ok(skipped);
    }
    let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
    let clients = folder.path().join("clients");
    program_clients::write(&clients)?;
    for (name, program) in &experiment.programs {
        if let Some(reason) = why_missing(program, &clients, interrupt)? {
            let install = program.install.as_deref();
            let install = install.map(|text| visible(text).into_owned());
            skipped.push(SkippedProgram::new(
                name,
                visible(&reason).into_owned(),
                install,
            ));
            continue;
        }
        let first = first_word(&program.command, &clients);
        if executable::find(&first).is_none() {
            let why = if Path::new(&first).exists() {
                "not an executable file"
            } else {
                "no such program"
            };
            bail!("--command: {name}: cannot start `{first}`: {why}");
        }
    }
    let names = skipped.iter().map(|one| one.name.clone());
    experiment.missing_programs = names.collect();
    if experiment.strategy_variants()?.is_empty() {
        let all: Vec<_> = skipped.iter().map(ToString::to_string).collect();
        return Err(anyhow!("nothing is left to compare: {}", all.join("; ")));
    }
    Ok(skipped)
}

/// Why the program counts as missing; `None` if its `check` succeeds or it has none.
fn why_missing(program: &Program, clients: &Path, interrupt: &Interrupt) -> Result<Option<String>> {
    let Some(check) = &program.check else {
        return Ok(None);
    };
    let words = check.expand(|_| clients.display().to_string());
    let (program, arguments) = words.split_first().context("the command is empty")?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    // A separate process group, so that all of it can be ended.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let why = match error.kind() {
                ErrorKind::NotFound => "no such program".to_owned(),
                _ => error.to_string(),
            };
            return Ok(Some(format!("cannot start `{program}`: {why}")));
        }
    };
    let failure = wait(child, interrupt)?;
    Ok(failure.map(|how| format!("`{check}` {how}")))
}

/// How a check failed.
fn wait(mut child: Child, interrupt: &Interrupt) -> Result<Option<String>> {
    let end = Instant::now() + TIMEOUT;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((!status.success()).then(|| match status.code() {
                Some(code) => format!("ended with exit code {code}"),
                None => format!("ended with {status}"),
            }));
        }
        if interrupt.is_requested() {
            end_all(&mut child)?;
            bail!("interrupted before anything was measured");
        }
        if Instant::now() >= end {
            end_all(&mut child)?;
            return Ok(Some(format!("did not end within {} s", TIMEOUT.as_secs())));
        }
        thread::sleep(POLL);
    }
}

/// Ends a check, and what it has started as far as that stays in its group.
fn end_all(child: &mut Child) -> Result<()> {
    #[cfg(unix)]
    if let Some(group) = Pid::from_raw(child.id().cast_signed()) {
        // It fails if all of it has just ended.
        let _ = kill_process_group(group, Signal::KILL);
    }
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// The file that a command starts, as far as it is known before a trial.
fn first_word(command: &ProgramCommand, clients: &Path) -> String {
    let mut words = command.expand(|_| clients.display().to_string());
    words.swap_remove(0)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rustix::process::test_kill_process_group;

    #[test]
    fn interrupted_check_ends_with_all_that_it_started() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 77 & sleep 77"]);
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command.spawn().unwrap();
        let group = Pid::from_raw(child.id().cast_signed()).unwrap();
        let interrupt = Interrupt::default();
        interrupt.request();
        let error = wait(child, &interrupt).unwrap_err();
        assert_eq!(
            error.to_string(),
            "interrupted before anything was measured"
        );
        // What was killed is gone as soon as its new parent has waited for it.
        let end = Instant::now() + TIMEOUT;
        while test_kill_process_group(group).is_ok() {
            assert!(Instant::now() < end, "a process is left");
            thread::sleep(POLL);
        }
    }
}
