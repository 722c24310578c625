//! What a process was asked for, and how that of several processes becomes one.

use super::head::ProcessHead;
use crate::load::asked::{AskedLoad, AskedUserClass, LoadModel};
use std::mem;

/// Settings in which processes of one experiment may differ: those of the amount of load, which `asked` has too.
const AMOUNTS: [&str; 8] = [
    "concurrency",
    "max_in_flight",
    "rate",
    "requests",
    "seed",
    "shard",
    "stages",
    "hlog",
];

/// What a process was asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Experiment {
    pub(super) run: Option<String>,
    pub(super) asked: AskedLoad,
    pub(super) targets: Vec<String>,
    pub(super) settings: Vec<(String, String)>,
}

impl Experiment {
    /// Takes what the head says.
    pub(super) fn take(head: &mut ProcessHead) -> Experiment {
        Experiment {
            run: head.run.clone(),
            asked: mem::take(&mut head.asked),
            targets: mem::take(&mut head.targets),
            settings: mem::take(&mut head.settings),
        }
    }

    /// The first thing in which this experiment is not the other one, with both values. Servers of the processes' own differ
    /// in their ports; processes that are no parts of one load may be asked for different amounts.
    pub(super) fn difference(
        &self,
        other: &Experiment,
        has_own_servers: bool,
        are_parts: bool,
    ) -> Option<String> {
        let differ = |what: &str, one: String, other: String| {
            (one != other).then(|| format!("{what} {one} and {other}"))
        };
        let run = |one: &Experiment| one.run.clone().unwrap_or_else(|| "none".to_owned());
        let paths = |one: &Experiment| -> Vec<String> {
            let targets = one.targets.iter();
            let path = |target: &String| without_origin(target);
            targets
                .map(|target| {
                    if has_own_servers {
                        path(target)
                    } else {
                        target.clone()
                    }
                })
                .collect()
        };
        let (targets, others) = (paths(self), paths(other));
        let count = targets.len().max(others.len());
        let different = (0..count).find(|at| targets.get(*at) != others.get(*at));
        let first_target = different.and_then(|at| {
            let name = |list: &[String]| list.get(at).cloned().unwrap_or_else(|| "none".to_owned());
            differ("target", name(&targets), name(&others))
        });
        differ("run", run(self), run(other))
            .or(first_target)
            .or_else(|| self.different_setting(other))
            .or_else(|| {
                let is_same =
                    comparable(&self.asked, are_parts) == comparable(&other.asked, are_parts);
                let load = "different loads (model, duration, warm-up or arrivals)".to_owned();
                (!is_same && !are_classes_compatible(&self.asked, &other.asked)).then_some(load)
            })
    }

    fn different_setting(&self, other: &Experiment) -> Option<String> {
        let value = |one: &Experiment, name: &str| {
            let mut settings = one.settings.iter();
            let setting = settings.find(|(setting, _)| setting == name);
            setting.map_or("none".to_owned(), |(_, value)| value.clone())
        };
        let names = self.settings.iter().chain(&other.settings);
        let mut names = names.filter(|(name, _)| !AMOUNTS.contains(&&name[..]));
        names.find_map(|(name, _)| {
            let (one, other) = (value(self, name), value(other, name));
            (one != other).then(|| format!("{name} {one} and {other}"))
        })
    }
}

/// `GET /flags/br/br.gif` of `GET http://127.0.0.1:8000/flags/br/br.gif`.
fn without_origin(target: &str) -> String {
    let Some((method, url)) = target.split_once(' ') else {
        return target.to_owned();
    };
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after_scheme.find('/').map_or("/", |at| &after_scheme[at..]);
    format!("{method} {path}")
}

/// What all processes of an experiment are asked for: without amounts, unless each makes a part of them.
fn comparable(asked: &AskedLoad, are_parts: bool) -> AskedLoad {
    let mut asked = asked.clone();
    if are_parts {
        return asked;
    }
    asked.requests = asked.requests.map(|_| 0);
    match &mut asked.model {
        LoadModel::Closed { connections, .. } => *connections = 0,
        LoadModel::Open {
            rate_per_s,
            max_in_flight,
            seed,
            ..
        } => {
            *rate_per_s = rate_per_s.map(|_| 0.0);
            (*max_in_flight, *seed) = (0, 0);
        }
        LoadModel::Users { .. } | LoadModel::Unknown => {}
    }
    asked
}

/// Workers of one Locust master may have different classes; those of one name are the same.
fn are_classes_compatible(one: &AskedLoad, other: &AskedLoad) -> bool {
    let (LoadModel::Users { classes: ours }, LoadModel::Users { classes: theirs }) =
        (&one.model, &other.model)
    else {
        return false;
    };
    let is_known = |class: &AskedUserClass| {
        let mut same = theirs.iter().filter(|their| their.name == class.name);
        same.all(|their| their == class)
    };
    let rest = |asked: &AskedLoad| AskedLoad {
        model: LoadModel::default(),
        ..asked.clone()
    };
    ours.iter().all(is_known) && rest(one) == rest(other)
}

/// What processes are asked for together: parts of a load for all of it, others for the sum of their amounts. It is not known
/// if that of one of them is not.
pub(super) fn together<'a>(
    experiments: impl IntoIterator<Item = &'a Experiment>,
    are_parts: bool,
) -> AskedLoad {
    let mut experiments = experiments.into_iter();
    let Some(first) = experiments.next() else {
        return AskedLoad::default();
    };
    let mut asked = first.asked.clone();
    for other in experiments {
        if !asked.model.is_known() || !other.asked.model.is_known() {
            return AskedLoad {
                model: LoadModel::Unknown,
                ..AskedLoad::default()
            };
        }
        if are_parts {
            continue;
        }
        asked.requests = asked.requests.zip(other.asked.requests).map(|(a, b)| a + b);
        add(&mut asked.model, &other.asked.model);
    }
    asked
}

fn add(model: &mut LoadModel, other: &LoadModel) {
    match (model, other) {
        (
            LoadModel::Closed { connections, .. },
            LoadModel::Closed {
                connections: more, ..
            },
        ) => {
            *connections += more;
        }
        (
            LoadModel::Open {
                rate_per_s,
                max_in_flight,
                ..
            },
            LoadModel::Open {
                rate_per_s: more,
                max_in_flight: more_in_flight,
                ..
            },
        ) => {
            *rate_per_s = rate_per_s.zip(*more).map(|(a, b)| a + b);
            *max_in_flight += more_in_flight;
        }
        (LoadModel::Users { classes }, LoadModel::Users { classes: more }) => {
            let is_new = |class: &&AskedUserClass| classes.iter().all(|one| one.name != class.name);
            let new: Vec<_> = more.iter().filter(is_new).cloned().collect();
            classes.extend(new);
            classes.sort_by(|one, other| one.name.cmp(&other.name));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(rate: f64, seed: u64) -> Experiment {
        Experiment {
            targets: vec!["GET http://127.0.0.1:8000/a".to_owned()],
            asked: AskedLoad {
                model: LoadModel::Open {
                    arrivals: crate::load::ArrivalKind::Constant,
                    rate_per_s: Some(rate),
                    stages: None,
                    max_in_flight: 10,
                    seed,
                },
                ..AskedLoad::default()
            },
            ..Experiment::default()
        }
    }

    fn rate(asked: &AskedLoad) -> Option<f64> {
        match asked.model {
            LoadModel::Open { rate_per_s, .. } => rate_per_s,
            _ => None,
        }
    }

    #[test]
    fn rates_of_processes_are_added_and_those_of_shards_are_not() {
        let rate = |are_parts| rate(&together(&[open(100.0, 1), open(50.0, 2)], are_parts));
        assert_eq!((rate(false), rate(true)), (Some(150.0), Some(100.0)));
    }

    #[test]
    fn shards_of_different_loads_differ_and_processes_of_different_rates_do_not() {
        let (one, slower) = (open(100.0, 1), open(50.0, 2));
        assert_eq!(one.difference(&slower, false, false), None);
        assert!(one.difference(&slower, false, true).is_some());
        let mut other = one.clone();
        other.targets = vec!["GET http://127.0.0.1:9000/a".to_owned()];
        assert_eq!(one.difference(&other, true, true), None);
        assert_eq!(
            one.difference(&other, false, true).unwrap(),
            "target GET http://127.0.0.1:8000/a and GET http://127.0.0.1:9000/a"
        );
    }
}
