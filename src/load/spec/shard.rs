//! `--shard`: the part of a load that this process makes, given or from what started it.

use anyhow::{Result, anyhow, bail};
use derive_more::Display;
use flagpole_analysis::load::Shard;
use flagpole_protocol::spec::whole_number;
use std::str::FromStr;

/// The most shards.
const MAX_SHARDS: u64 = 100_000;

/// The part of a load as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display)]
pub(crate) enum ShardChoice {
    /// Shard `index` of `of`.
    #[display("{}/{}", _0.index, _0.of)]
    Given(Shard),
    /// One of this number of shards: which one is in the environment.
    #[display("auto/{_0}")]
    AutoOf(u64),
    /// The environment has both.
    #[display("auto")]
    Auto,
}

/// The environment variables in which a launcher gives its processes their numbers, from 0.
struct Launcher {
    name: &'static str,
    index: &'static str,
    /// How many there are; `None` if the launcher does not say it.
    count: Option<&'static str>,
}

/// All but Slurm, which has several variables. These come first, because `mpirun` in a Slurm job numbers its processes itself.
const LAUNCHERS: [Launcher; 6] = [
    Launcher {
        name: "Open MPI",
        index: "OMPI_COMM_WORLD_RANK",
        count: Some("OMPI_COMM_WORLD_SIZE"),
    },
    Launcher {
        name: "MPI",
        index: "PMI_RANK",
        count: Some("PMI_SIZE"),
    },
    Launcher {
        name: "Kubernetes",
        index: "JOB_COMPLETION_INDEX",
        count: None,
    },
    Launcher {
        name: "Cloud Run",
        index: "CLOUD_RUN_TASK_INDEX",
        count: Some("CLOUD_RUN_TASK_COUNT"),
    },
    Launcher {
        name: "AWS Batch",
        index: "AWS_BATCH_JOB_ARRAY_INDEX",
        count: Some("AWS_BATCH_JOB_ARRAY_SIZE"),
    },
    Launcher {
        name: "Nomad",
        index: "NOMAD_ALLOC_INDEX",
        count: None,
    },
];

impl FromStr for ShardChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<ShardChoice, String> {
        let expected = |what: &str| format!("expected {what}, got `{text}`");
        if text == "auto" {
            return Ok(ShardChoice::Auto);
        }
        let form = || expected("a shard such as `2/4`, `auto/4` or `auto`");
        let (index, of) = text.split_once('/').ok_or_else(form)?;
        let of = whole_number(of).ok_or_else(form)?;
        if !(1..=MAX_SHARDS).contains(&of) {
            return Err(expected(&format!("1 to {MAX_SHARDS} shards")));
        }
        if index == "auto" {
            return Ok(ShardChoice::AutoOf(of));
        }
        let index = whole_number(index).ok_or_else(form)?;
        if !(1..=of).contains(&index) {
            return Err(expected(&format!("a shard from 1/{of} to {of}/{of}")));
        }
        Ok(ShardChoice::Given(Shard { index, of }))
    }
}

impl ShardChoice {
    /// The number of shards, as far as it is given.
    pub(crate) fn of(self) -> Option<u64> {
        match self {
            ShardChoice::Given(shard) => Some(shard.of),
            ShardChoice::AutoOf(of) => Some(of),
            ShardChoice::Auto => None,
        }
    }

    /// The shard of this process; `variable` reads the environment.
    pub(crate) fn resolve(self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Shard> {
        if let ShardChoice::Given(shard) = self {
            return Ok(shard);
        }
        let environment = LauncherVariables(variable);
        let mut launchers = LAUNCHERS.iter();
        let known = launchers.find_map(|one| environment.place(one).transpose());
        let place = known.or_else(|| environment.slurm().transpose());
        let place = place.ok_or_else(|| {
            anyhow!(
                "--shard: `{self}`: no variable of the environment numbers this process, such as JOB_COMPLETION_INDEX or \
                 SLURM_PROCID; give the shard, such as `2/4`"
            )
        })??;
        let LaunchedProcess {
            launcher,
            index,
            count,
        } = place;
        let of = match (self.of(), count) {
            (Some(of), Some(count)) if of != count => {
                bail!("--shard: `{self}`: expected {of} processes, but {launcher} started {count}")
            }
            (of, count) => of.or(count).ok_or_else(|| {
                anyhow!("--shard: `auto`: {launcher} does not say how many processes it started; give their number, such as `auto/4`")
            })?,
        };
        if index >= of {
            bail!(
                "--shard: `{self}`: {launcher} gives this process number {index}, from 0, which is not one of {of}"
            );
        }
        Ok(Shard {
            index: index + 1,
            of,
        })
    }
}

/// A process among those that a launcher started.
struct LaunchedProcess {
    launcher: &'static str,
    /// From 0.
    index: u64,
    count: Option<u64>,
}

struct LauncherVariables<'a>(&'a dyn Fn(&str) -> Option<String>);

impl LauncherVariables<'_> {
    fn number(&self, name: &str) -> Result<Option<u64>> {
        let Some(text) = (self.0)(name).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let number = whole_number(&text);
        let number = number.ok_or_else(|| {
            anyhow!("--shard: the variable {name} of the environment: expected a whole number, got `{text}`")
        });
        number.map(Some)
    }

    fn place(&self, launcher: &Launcher) -> Result<Option<LaunchedProcess>> {
        let Some(index) = self.number(launcher.index)? else {
            return Ok(None);
        };
        let count = launcher.count.map_or(Ok(None), |name| self.number(name))?;
        Ok(Some(LaunchedProcess {
            launcher: launcher.name,
            index,
            count,
        }))
    }

    /// A task of a job array, a process of a step that `srun` started, or a process in a task of an array.
    fn slurm(&self) -> Result<Option<LaunchedProcess>> {
        let process = self.number("SLURM_PROCID")?;
        let task = self.number("SLURM_ARRAY_TASK_ID")?;
        if process.is_none() && task.is_none() {
            return Ok(None);
        }
        let processes = self
            .number("SLURM_NTASKS")?
            .map(|processes| processes.max(1));
        // Without `srun` a task of an array is one process, and may have `SLURM_PROCID=0`.
        let processes = processes.or(task.map(|_| 1));
        if let (Some(process), Some(processes)) = (process, processes)
            && process >= processes
        {
            bail!(
                "--shard: SLURM_PROCID: expected a number below {processes} (SLURM_NTASKS), got `{process}`"
            );
        }
        let (task, tasks) = match task {
            Some(task) => self.slurm_task(task)?,
            None => (0, 1),
        };
        Ok(Some(LaunchedProcess {
            launcher: "Slurm",
            index: task * processes.unwrap_or(1) + process.unwrap_or(0),
            count: processes.map(|processes| tasks * processes),
        }))
    }

    /// The position of a task in its array, and the number of tasks.
    fn slurm_task(&self, id: u64) -> Result<(u64, u64)> {
        let number = |name| {
            let number = self.number(name).transpose();
            number.ok_or_else(|| {
                anyhow!("--shard: the environment has SLURM_ARRAY_TASK_ID, but not {name}")
            })?
        };
        let (min, max) = (
            number("SLURM_ARRAY_TASK_MIN")?,
            number("SLURM_ARRAY_TASK_MAX")?,
        );
        let count = number("SLURM_ARRAY_TASK_COUNT")?;
        // Identifiers such as `1,3,4` have gaps, so that positions do not follow from them.
        let step = max
            .saturating_sub(min)
            .checked_div(count.saturating_sub(1))
            .unwrap_or(1)
            .max(1);
        let is_regular = (min..=max).contains(&id)
            && (id - min).is_multiple_of(step)
            && max - min == step * count.saturating_sub(1);
        if !is_regular {
            bail!(
                "--shard: SLURM_ARRAY_TASK_ID: expected an array with regular identifiers such as `1-{count}`; give the shard instead"
            );
        }
        Ok(((id - min) / step, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(choice: &str, environment: &[(&str, &str)]) -> String {
        let variable = |name: &str| {
            let found = environment.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let choice: ShardChoice = choice.parse().unwrap();
        match choice.resolve(&variable) {
            Ok(shard) => format!("{}/{}", shard.index, shard.of),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn shard_is_counted_from_1_and_refused_beyond_the_number_of_shards() {
        for (text, sentence) in [
            ("0/4", "expected a shard from 1/4 to 4/4, got `0/4`"),
            ("5/4", "expected a shard from 1/4 to 4/4, got `5/4`"),
            ("4/0", "expected 1 to 100000 shards, got `4/0`"),
            (
                "2",
                "expected a shard such as `2/4`, `auto/4` or `auto`, got `2`",
            ),
            (
                "-1/4",
                "expected a shard such as `2/4`, `auto/4` or `auto`, got `-1/4`",
            ),
        ] {
            assert_eq!(text.parse::<ShardChoice>().unwrap_err(), sentence);
        }
        for text in ["2/4", "auto/4", "auto"] {
            assert_eq!(text.parse::<ShardChoice>().unwrap().to_string(), text);
        }
        assert_eq!(resolve("2/4", &[("SLURM_PROCID", "0")]), "2/4");
    }

    #[test]
    fn launchers_number_processes_from_0() {
        for (choice, environment, shard) in [
            ("auto/4", &[("JOB_COMPLETION_INDEX", "3")][..], "4/4"),
            (
                "auto",
                &[("SLURM_PROCID", "1"), ("SLURM_NTASKS", "8")],
                "2/8",
            ),
            (
                "auto",
                &[
                    ("OMPI_COMM_WORLD_RANK", "0"),
                    ("OMPI_COMM_WORLD_SIZE", "2"),
                    ("SLURM_PROCID", "0"),
                    ("SLURM_NTASKS", "1"),
                ],
                "1/2",
            ),
            ("auto/3", &[("NOMAD_ALLOC_INDEX", "1")], "2/3"),
        ] {
            assert_eq!(resolve(choice, environment), shard, "{environment:?}");
        }
    }

    #[test]
    fn slurm_arrays_are_counted_by_position_and_multiplied_by_their_processes() {
        let array = |id, min, max, count| {
            [
                ("SLURM_ARRAY_TASK_ID", id),
                ("SLURM_ARRAY_TASK_MIN", min),
                ("SLURM_ARRAY_TASK_MAX", max),
                ("SLURM_ARRAY_TASK_COUNT", count),
            ]
        };
        assert_eq!(resolve("auto", &array("1", "1", "4", "4")), "1/4");
        assert_eq!(resolve("auto", &array("4", "0", "6", "4")), "3/4");
        assert_eq!(resolve("auto", &array("7", "7", "7", "1")), "1/1");
        let mut batch = array("2", "1", "4", "4").to_vec();
        batch.push(("SLURM_PROCID", "0"));
        assert_eq!(resolve("auto", &batch), "2/4");
        let mut both = array("2", "1", "2", "2").to_vec();
        both.extend([("SLURM_PROCID", "1"), ("SLURM_NTASKS", "3")]);
        assert_eq!(resolve("auto/6", &both), "5/6");
        assert!(resolve("auto", &array("4", "1", "4", "3")).contains("regular identifiers"));
    }

    #[test]
    fn unusable_environment_is_refused() {
        let slurm = [("SLURM_PROCID", "1"), ("SLURM_NTASKS", "8")];
        for (choice, environment, part) in [
            (
                "auto",
                &[][..],
                "no variable of the environment numbers this process",
            ),
            (
                "auto",
                &[("JOB_COMPLETION_INDEX", "1")],
                "Kubernetes does not say how many processes it started",
            ),
            (
                "auto/4",
                &[("JOB_COMPLETION_INDEX", "4")],
                "number 4, from 0, which is not one of 4",
            ),
            (
                "auto/4",
                &[("JOB_COMPLETION_INDEX", "x")],
                "expected a whole number, got `x`",
            ),
            (
                "auto/4",
                &slurm,
                "expected 4 processes, but Slurm started 8",
            ),
            (
                "auto",
                &slurm[..1],
                "Slurm does not say how many processes it started",
            ),
        ] {
            let error = resolve(choice, environment);
            assert!(
                error.starts_with("--shard: ") && error.contains(part),
                "{error}"
            );
        }
    }
}
