//! All that will happen to one answer, decided before it happens.

use crate::Key;
use crate::dice::{Decision, Dice};
use crate::fault::{FaultSpec, Faults};
use crate::latency::Latency;
use crate::spec::SpecError;
use http::StatusCode;
use std::sync::Arc;
use std::time::Duration;

/// What will happen to one answer, as data. The default is a clean answer: what the site has, at
/// once and whole.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Fate {
    /// How long after the request's head has been parsed the answer starts; whole microseconds.
    pub delay: Duration,
    /// The fault that struck, as its specification is written without the odds.
    pub fault: Option<Arc<str>>,
    /// What is answered.
    pub content: Content,
    /// How fast the answer's bytes follow each other.
    pub pace: Pace,
    /// How the answer ends.
    pub ending: Ending,
}

impl Fate {
    /// Whether nothing is done to the answer.
    pub fn is_clean(&self) -> bool {
        self.delay.is_zero() && self.fault.is_none()
    }

    /// Whether the peer gets to see a status line.
    pub fn shows_a_status(&self) -> bool {
        let ends_before = matches!(
            self.ending,
            Ending::Cut(Offset::BeforeHead) | Ending::Reset(Offset::BeforeHead)
        );
        let is_silent = self.pace == Pace::Pause(Offset::BeforeHead, None);
        !ends_before && !is_silent && self.content != Content::Garbage
    }
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Content {
    /// What was asked for.
    #[default]
    Asked,
    /// A status instead.
    Status(Arc<Status>),
    /// What was asked for with bits flipped; fields and length are those of the true body.
    Corrupt {
        /// How many bits, each at another place; all of them where the body has no more.
        bits: u32,
        /// Where: the places are a function of this and the body's length.
        draw: u64,
    },
    /// Bytes that are not HTTP, in place of the head; there is no body.
    Garbage,
    /// A redirect: to the same path, for ever, or through this many further ones to what was asked
    /// for.
    Redirect(Option<u32>),
}

/// A status instead of what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The code, 200 to 999.
    pub code: StatusCode,
    /// The reason phrase, where it is not the usual one.
    pub reason: Option<String>,
    /// The seconds in `Retry-After`.
    pub retry_after: Option<u64>,
    /// The body, where it is not the status by name.
    pub body: Option<String>,
}

/// How fast the bytes of an answer follow each other, from when it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Pace {
    /// As fast as the connection takes them.
    #[default]
    AtOnce,
    /// The head at once, the body at this many bytes a second.
    Rate(u64),
    /// The head at once, the body in slices of equal size: the first at once, the last after this
    /// time, the others evenly between.
    Slices(u32, Duration),
    /// The head evenly over this time, the body at once behind it.
    SlowHead(Duration),
    /// Silence at a place, for this time or for ever.
    Pause(Offset, Option<Duration>),
}

/// How an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Ending {
    /// With its last byte; the connection lives on.
    #[default]
    Complete,
    /// With a FIN at this place.
    Cut(Offset),
    /// With a RST at this place, once the peer's system has all bytes before it.
    Reset(Offset),
}

/// A place in an answer. At or past the end of the body means: behind the last byte. In an answer
/// without a body every place but the first means: behind the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offset {
    /// Before the first byte.
    BeforeHead,
    /// Behind so many bytes of the body.
    Bytes(u64),
    /// Behind so many per cent of the body, 0 to 100, rounded down.
    PerCent(u8),
}

/// How the answers of one listener are delayed and struck.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    seed: u64,
    latency: Latency,
    faults: Faults,
}

impl Profile {
    /// A profile from its parts.
    ///
    /// # Errors
    /// If the odds of the faults add up to more than 100%.
    pub fn new(seed: u64, latency: Latency, faults: Vec<FaultSpec>) -> Result<Profile, SpecError> {
        Ok(Profile {
            seed,
            latency,
            faults: Faults::new(faults)?,
        })
    }

    /// Whether every answer is clean, so that nothing needs deciding.
    pub fn is_clean(&self) -> bool {
        self.latency.is_zero() && self.faults.never()
    }

    /// The fate of a request that is one of a chain of redirects, behind which so many others lie:
    /// delayed as it would be anyway, but not judged anew. A chain that no fault of this profile has
    /// is none.
    pub(crate) fn within_chain(&self, fate: Fate, hops: Option<u32>) -> Fate {
        let Some(label) = self.faults.chain(hops) else {
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
                content: Content::Redirect(hops.map(|hops| hops - 1)),
                ..clean
            },
        }
    }

    /// The fate of the request number `n`, from 0, for `key`: the same whenever, wherever and in
    /// whatever order it is asked.
    pub fn fate(&self, key: Key, n: u64) -> Fate {
        // The listener itself is the only rule there is.
        let dice = Dice::new(self.seed, 0);
        let mut fate = Fate {
            delay: self.latency.delay(dice.draw(Decision::Delay, key, n)),
            ..Fate::default()
        };
        let detail = dice.draw(Decision::Detail, key, n);
        self.faults
            .strike(dice.draw(Decision::Fault, key, n), detail, &mut fate);
        fate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flagpole_fixtures::{Code, Resource};

    fn profile(seed: u64, latency: &str, faults: &[&str]) -> Profile {
        let faults = faults.iter().map(|spec| spec.parse().unwrap()).collect();
        Profile::new(seed, latency.parse().unwrap(), faults).unwrap()
    }

    fn keys() -> impl Iterator<Item = Key> {
        let resources =
            Code::every().flat_map(|code| [Resource::Flag(code), Resource::Metadata(code)]);
        resources.map(Key::Resource).chain([Key::Other])
    }

    /// Fates are a promise across platforms and releases: this file may gain lines, never change
    /// them.
    #[test]
    fn fates_are_those_of_the_golden_vectors() {
        let profile = profile(7, "uniform:500ms..5s", &["404@5%", "500@10%"]);
        for line in include_str!("../tests/golden/fates.txt").lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            let [path, n, micros, fault] = words[..] else {
                panic!("{line}")
            };
            let key = Resource::from_path(path).map_or(Key::Other, Key::Resource);
            let fate = profile.fate(key, n.parse().unwrap());
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
        let profile = profile(1, "0", &["404@30%"]);
        let draws = keys()
            .flat_map(|key| (0..74).map(move |n| (key, n)))
            .take(100_000);
        let struck = draws
            .filter(|&(key, n)| profile.fate(key, n).fault.is_some())
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
                    profile(seed, "0", &["404@0%"]).fate(key, seed),
                    Fate::default()
                );
                assert!(
                    profile(seed, "0", &["404@100%"])
                        .fate(key, seed)
                        .fault
                        .is_some()
                );
            }
        }
    }

    #[test]
    fn a_fault_leaves_the_delays_as_they_were() {
        let (with, without) = (
            profile(3, "uniform:0..1s", &["500@50%"]),
            profile(3, "uniform:0..1s", &[]),
        );
        assert!(keys().all(|key| with.fate(key, 0).delay == without.fate(key, 0).delay));
    }

    #[test]
    fn a_chain_counts_down_to_what_was_asked_for() {
        let profile = profile(1, "5ms", &["redirect:3@50%"]);
        let delayed = Fate {
            delay: Duration::from_millis(5),
            ..Fate::default()
        };
        let within = |hops| profile.within_chain(delayed.clone(), hops);
        assert_eq!(within(Some(2)).content, Content::Redirect(Some(1)));
        assert_eq!(within(Some(2)).fault.as_deref(), Some("redirect:3"));
        assert_eq!(within(Some(0)), delayed);
        let struck = Fate {
            content: Content::Garbage,
            ..delayed.clone()
        };
        for none in [Some(3), Some(u32::MAX), None] {
            assert_eq!(
                profile.within_chain(struck.clone(), none),
                struck,
                "no such chain begins here"
            );
        }
    }

    #[test]
    fn only_a_profile_that_does_nothing_is_clean() {
        assert!(profile(1, "0", &["404@0%"]).is_clean());
        assert!(!profile(1, "1us", &[]).is_clean());
        assert!(!profile(1, "0", &["404@0.000001%"]).is_clean());
    }
}
