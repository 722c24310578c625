//! The whole grid of an experiment, one set of conditions after the other.

use crate::experiment::evaluation::analyze;
use crate::experiment::runner::cell::Conditions;
use crate::experiment::runner::progress::Progress;
use crate::experiment::runner::{environment, overhead};
use crate::experiment::spec::experiment::Experiment;
use crate::output;
use crate::process::trial_process::Interrupt;
use anyhow::Result;
use flagpole_analysis::report::{Comparison, SCHEMA};

/// A comparison, and whether errors came that nobody asked for.
pub(crate) struct Done {
    pub(crate) comparison: Comparison,
    pub(crate) has_failed: bool,
}

/// Measures under each set of conditions, until something breaks.
pub(crate) fn measured(experiment: &Experiment, interrupt: &Interrupt) -> Result<Done> {
    let environment = environment::environment();
    let contenders = experiment.contenders()?;
    let (latencies, lanes) = (experiment.latencies(), experiment.lanes());
    let conditions = latencies
        .iter()
        .flat_map(|latency| lanes.iter().map(move |&lanes| (latency, lanes)));
    let cells = (0..)
        .zip(conditions)
        .map(|(place, (latency, lanes))| Conditions {
            experiment,
            contenders: &contenders,
            latency: latency.clone(),
            lanes,
            tells_lanes: experiment.grid.max_req.len() > 1,
            step: place * contenders.len(),
            trouble: None,
        });
    let mut cells: Vec<_> = cells.collect();
    let mut steps = Vec::new();
    for conditions in &cells {
        steps.extend(conditions.steps()?);
    }
    let mut progress = Progress::new(steps);
    if let Some(long) = progress.foreseen() {
        output::note(&format!("flagpole: {long}"));
    }
    progress.say("the instrument's own floor");
    let (floor, trouble) = overhead::floor(interrupt)?;
    for conditions in &mut cells {
        conditions.trouble = trouble.as_deref();
    }
    let mut done = Done {
        comparison: Comparison {
            schema: SCHEMA,
            experiment: serde_json::to_value(experiment)?,
            environment,
            floor,
            cells: Vec::new(),
            knees: Vec::new(),
            crossed: Vec::new(),
            against: Vec::new(),
        },
        has_failed: false,
    };
    for conditions in &cells {
        let ran = match conditions.run(interrupt, &mut progress) {
            // What was measured before is not lost for it.
            Err(error) if !done.comparison.cells.is_empty() => conditions.broken(&error),
            ran => ran?,
        };
        let is_broken = ran.broken.is_some();
        done.has_failed |= analyze::has_failed(&ran, experiment.url.is_none());
        let cell = analyze::cell(conditions, ran)?;
        done.comparison.cells.push(cell);
        if is_broken {
            break;
        }
    }
    progress.end();
    done.comparison.knees = analyze::knees(&done.comparison.cells);
    Ok(done)
}
