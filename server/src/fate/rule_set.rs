//! Rules carried out: which one decides about a request, and the fate that it draws.

use crate::config::listener::Listener;
use crate::config::rule::Rule;
use crate::config::spec::SpecError;
use crate::fate::fault::{FaultSpec, Faults};
use crate::fate::keyed_rng::{DrawPurpose, KeyedRng};
use crate::fate::latency::Latency;
use flagpole_protocol::FateKey;
use flagpole_protocol::{CountryCode, Resource};
use flagpole_protocol::{Fate, ResponseContent};
use http::Method;
use std::sync::Arc;
use std::time::Duration;

/// What the journal calls the listener itself, which decides where no rule matches.
const LISTENER: &str = "listener";

/// The rules of one listener under one seed.
#[derive(Clone, Debug)]
pub struct RuleSet {
    seed: u64,
    rules: Vec<Entry>,
    listener: Judge,
}

/// A rule and what it does.
#[derive(Clone, Debug)]
struct Entry {
    rule: Rule,
    /// Whether the path of a resource matches, by the key's index.
    paths: Box<[bool]>,
    judge: Judge,
}

/// What one rule, or the listener, does to an answer.
#[derive(Clone, Debug)]
struct Judge {
    label: Arc<str>,
    /// The rule's number in the draws: 0 is the listener, so that rules that are added or taken away
    /// leave its fates alone.
    number: u32,
    latency: Latency,
    faults: Faults,
}

/// A request, as far as its fate depends on it.
#[derive(Clone, Copy, Debug)]
pub struct RequestInfo<'a> {
    /// Its method.
    pub method: &'a Method,
    /// Its path.
    pub path: &'a str,
    /// What it is counted by.
    pub key: FateKey,
    /// The number of the request for this key, from 1.
    pub request_number: u64,
    /// How long after the server's start its head was parsed: only for rules that are windows.
    pub elapsed: Duration,
}

/// What was decided, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Decision {
    /// The rule's place among the rules; `None` for the listener itself.
    pub rule: Option<usize>,
    /// What will happen to the answer.
    pub fate: Fate,
}

impl RuleSet {
    /// The rules of a listener.
    ///
    /// # Errors
    /// If the probabilities of some faults add up to more than 100%.
    pub fn new(seed: u64, listener: &Listener) -> Result<RuleSet, SpecError> {
        let entry = |(number, rule): (u32, &Rule)| {
            let label = rule
                .name
                .clone()
                .unwrap_or_else(|| format!("rule[{}]", number - 1));
            Ok(Entry {
                paths: paths(rule),
                judge: Judge::new(label.into(), number, &rule.latency, &rule.faults)?,
                rule: rule.clone(),
            })
        };
        Ok(RuleSet {
            seed,
            rules: (1..)
                .zip(&listener.rules)
                .map(entry)
                .collect::<Result<_, _>>()?,
            listener: Judge::new(LISTENER.into(), 0, &listener.latency, &listener.faults)?,
        })
    }

    /// No rules but the listener itself.
    ///
    /// # Errors
    /// If the probabilities of the faults add up to more than 100%.
    pub fn of(seed: u64, latency: Latency, faults: Vec<FaultSpec>) -> Result<RuleSet, SpecError> {
        let listener = Listener {
            latency,
            faults,
            ..Listener::default()
        };
        RuleSet::new(seed, &listener)
    }

    /// Whether every answer is clean and no rule is to be named, so that nothing needs deciding.
    pub fn is_clean(&self) -> bool {
        let Judge {
            latency, faults, ..
        } = &self.listener;
        self.rules.is_empty() && latency.is_zero() && faults.never()
    }

    /// What becomes of a request: the same whenever, wherever and in whatever order it is asked, as
    /// far as no rule is a window.
    pub fn decide(&self, asked: &RequestInfo<'_>) -> Decision {
        let rule = self.rules.iter().position(|entry| entry.matches(asked));
        Decision {
            rule,
            fate: self
                .judge(rule)
                .fate(self.seed, asked.key, asked.request_number),
        }
    }

    /// What the journal calls a rule: its name, or `rule[0]` and so on, or `listener`.
    pub fn label(&self, rule: Option<usize>) -> Arc<str> {
        self.judge(rule).label.clone()
    }

    fn judge(&self, rule: Option<usize>) -> &Judge {
        rule.map_or(&self.listener, |rule| &self.rules[rule].judge)
    }

    /// The fate of the GET number `n`, from 1, for a resource, at the server's start; for what is no
    /// resource, that of the path `/`.
    pub fn fate(&self, key: FateKey, n: u64) -> Fate {
        let path = match key {
            FateKey::Resource(resource) => resource.to_string(),
            FateKey::Other => "/".to_owned(),
        };
        let asked = RequestInfo {
            method: &Method::GET,
            path: &path,
            key,
            request_number: n,
            elapsed: Duration::ZERO,
        };
        self.decide(&asked).fate
    }

    /// The fate of a request that is one of a chain of redirects, behind which so many others lie:
    /// delayed as it would be anyway, but not judged anew. A chain that no fault here has is none.
    pub(crate) fn within_chain(&self, fate: Fate, hops: Option<u32>) -> Fate {
        let Some(label) = self
            .judges()
            .find_map(|judge| judge.faults.redirect_chain(hops))
        else {
            return fate;
        };
        let clean = Fate {
            delay: fate.delay,
            ..Fate::default()
        };
        match hops {
            Some(0) => clean,
            _ => Fate {
                fault: Some(label),
                content: ResponseContent::Redirect(hops.map(|hops| hops - 1)),
                ..clean
            },
        }
    }

    fn judges(&self) -> impl Iterator<Item = &Judge> {
        let rules = self.rules.iter().map(|entry| &entry.judge);
        rules.chain([&self.listener])
    }
}

impl Entry {
    fn matches(&self, asked: &RequestInfo<'_>) -> bool {
        let is_path = match (asked.key, &self.rule.path) {
            (_, None) => true,
            (FateKey::Resource(_), Some(_)) => self.paths[asked.key.index()],
            (FateKey::Other, Some(path)) => path.matches(asked.path),
        };
        is_path
            && self
                .rule
                .method
                .as_ref()
                .is_none_or(|method| method == asked.method)
            && self.rule.is_due(asked.request_number, asked.elapsed)
    }
}

/// Globs are slow; those of resources, which are known, are matched beforehand.
fn paths(rule: &Rule) -> Box<[bool]> {
    let mut matched = vec![false; FateKey::COUNT].into_boxed_slice();
    let Some(path) = &rule.path else {
        return matched;
    };
    let resources =
        CountryCode::every().flat_map(|code| [Resource::Flag(code), Resource::Metadata(code)]);
    for resource in resources {
        matched[resource.index()] = path.matches(&resource.to_string());
    }
    matched
}

impl Judge {
    fn new(
        label: Arc<str>,
        number: u32,
        latency: &Latency,
        faults: &[FaultSpec],
    ) -> Result<Judge, SpecError> {
        Ok(Judge {
            label,
            number,
            latency: latency.clone(),
            faults: Faults::new(faults.to_vec())?,
        })
    }

    fn fate(&self, seed: u64, key: FateKey, n: u64) -> Fate {
        let dice = KeyedRng::new(seed, self.number);
        let mut fate = Fate {
            delay: self.latency.delay(dice.draw(DrawPurpose::Delay, key, n)),
            ..Fate::default()
        };
        let detail = dice.draw(DrawPurpose::Detail, key, n);
        self.faults
            .inject(dice.draw(DrawPurpose::Fault, key, n), detail, &mut fate);
        fate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flagpole_protocol::ResponseContent;
    use flagpole_protocol::{CountryCode, Resource};
    use std::time::Duration;

    fn rulebook(seed: u64, latency: &str, faults: &[&str]) -> RuleSet {
        let faults = faults.iter().map(|spec| spec.parse().unwrap()).collect();
        RuleSet::of(seed, latency.parse().unwrap(), faults).unwrap()
    }

    fn keys() -> impl Iterator<Item = FateKey> {
        let resources =
            CountryCode::every().flat_map(|code| [Resource::Flag(code), Resource::Metadata(code)]);
        resources.map(FateKey::Resource).chain([FateKey::Other])
    }

    /// Fates are a promise across platforms and releases: this file may gain lines, never change
    /// them.
    #[test]
    fn fates_are_those_of_the_golden_vectors() {
        let rulebook = rulebook(7, "uniform:500ms..5s", &["404@5%", "500@10%"]);
        for line in include_str!("../../tests/golden/fates.txt").lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            let [path, n, micros, fault] = words[..] else {
                panic!("{line}")
            };
            let key = Resource::from_path(path).map_or(FateKey::Other, FateKey::Resource);
            let fate = rulebook.fate(key, n.parse().unwrap());
            let got = (
                fate.delay.as_micros().to_string(),
                fate.fault.as_deref().unwrap_or("-"),
            );
            assert_eq!((got.0.as_str(), got.1), (micros, fault), "{line}");
        }
    }

    /// Chi-square with one degree of freedom: 10.83 is exceeded once in a thousand. The seed is
    /// fixed, so the test can not flicker.
    #[test]
    fn thirty_per_cent_strike_thirty_per_cent() {
        let rulebook = rulebook(1, "0", &["404@30%"]);
        let draws = keys()
            .flat_map(|key| (1..=74).map(move |n| (key, n)))
            .take(100_000);
        let struck = draws
            .filter(|&(key, n)| rulebook.fate(key, n).fault.is_some())
            .count() as f64;
        let expected = 30_000.0;
        let chi = (struck - expected).powi(2) / expected + (expected - struck).powi(2) / 70_000.0;
        assert!(chi < 10.83, "{struck} of 100,000 struck");
    }

    #[test]
    fn nought_per_cent_never_and_a_hundred_always() {
        for seed in 0..50 {
            for key in keys().step_by(7) {
                assert_eq!(
                    rulebook(seed, "0", &["404@0%"]).fate(key, seed + 1),
                    Fate::default()
                );
                assert!(
                    rulebook(seed, "0", &["404@100%"])
                        .fate(key, seed + 1)
                        .fault
                        .is_some()
                );
            }
        }
    }

    #[test]
    fn a_fault_leaves_the_delays_as_they_were() {
        let (with, without) = (
            rulebook(3, "uniform:0..1s", &["500@50%"]),
            rulebook(3, "uniform:0..1s", &[]),
        );
        assert!(keys().all(|key| with.fate(key, 1).delay == without.fate(key, 1).delay));
    }

    #[test]
    fn a_chain_counts_down_to_what_was_asked_for() {
        let rulebook = rulebook(1, "5ms", &["redirect:3@50%"]);
        let delayed = Fate {
            delay: Duration::from_millis(5),
            ..Fate::default()
        };
        let within = |hops| rulebook.within_chain(delayed.clone(), hops);
        assert_eq!(within(Some(2)).content, ResponseContent::Redirect(Some(1)));
        assert_eq!(within(Some(2)).fault.as_deref(), Some("redirect:3"));
        assert_eq!(within(Some(0)), delayed);
        let struck = Fate {
            content: ResponseContent::Garbage,
            ..delayed.clone()
        };
        for none in [Some(3), Some(u32::MAX), None] {
            assert_eq!(
                rulebook.within_chain(struck.clone(), none),
                struck,
                "no such chain begins here"
            );
        }
    }

    #[test]
    fn only_a_rulebook_that_does_nothing_is_clean() {
        assert!(rulebook(1, "0", &["404@0%"]).is_clean());
        assert!(!rulebook(1, "1us", &[]).is_clean());
        assert!(!rulebook(1, "0", &["404@0.000001%"]).is_clean());
    }
}
