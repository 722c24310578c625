//! Randomness without shared state: every draw (a random 64-bit number) is a function of what the draw decides and not
//! of earlier draws, so that draws do not depend on the order of requests, on threads or on the platform.
//!
//! The generator is SipHash-2-4 (J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012)
//! in counter mode. Its input is part of flagpole's contract and guarded by golden vectors: with the key (seed,
//! `"flagpole"`), draw i (from 0) is the hash of request number (8 bytes), i (4), rule (2), purpose (1), path; integers
//! are little endian.

use rand::TryRng;
use siphasher::sip::SipHasher24;
use std::convert::Infallible;

/// The second half of the key of SipHash; the first is the seed.
const DOMAIN: u64 = u64::from_le_bytes(*b"flagpole");

/// The length of the part of a hashed message before the path, in bytes.
const HEADER: usize = 15;

/// The length of a message that needs no allocation, in bytes; the paths of resources are shorter.
const BUFFER: usize = 40;

/// What is drawn. Each purpose has an independent generator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[non_exhaustive]
pub enum DrawPurpose {
    /// How long the response is delayed.
    Delay = 0,
    /// Which fault is injected, if any.
    Fault = 1,
    /// What the fault does where it has a choice.
    FaultDetail = 2,
    /// How long a client waits before a retry.
    Backoff = 3,
    /// In which order strategies run.
    TrialOrder = 4,
    /// When a request of a load arrives.
    Arrival = 5,
    /// Which target a request of a load has.
    TargetOrder = 6,
    /// How long a user of a load thinks.
    ThinkTime = 7,
}

/// Maps a draw to the middle of one of 2^52 equal intervals between 0 and 1. The result is never 0 or 1, where inverse
/// distribution functions may be infinite.
pub fn unit_interval(draw: u64) -> f64 {
    ((draw >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

/// What identifies a request: the source of its generators, one for each purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RngKey<'a> {
    seed: u64,
    rule: u16,
    path: &'a str,
    request_number: u64,
}

/// A generator: rand's distributions, shuffles and samples use it.
#[derive(Clone, Debug)]
pub struct KeyedRng<'a> {
    key: RngKey<'a>,
    purpose: DrawPurpose,
    next: u32,
}

impl<'a> RngKey<'a> {
    /// The source for request `request_number` (from 1) of a path under a rule and a seed.
    pub fn new(seed: u64, rule: u16, path: &'a str, request_number: u64) -> RngKey<'a> {
        RngKey {
            seed,
            rule,
            path,
            request_number,
        }
    }

    /// The generator for one purpose.
    pub fn rng(self, purpose: DrawPurpose) -> KeyedRng<'a> {
        KeyedRng {
            key: self,
            purpose,
            next: 0,
        }
    }
}

impl KeyedRng<'_> {
    fn header(&self) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        header[..8].copy_from_slice(&self.key.request_number.to_le_bytes());
        header[8..12].copy_from_slice(&self.next.to_le_bytes());
        header[12..14].copy_from_slice(&self.key.rule.to_le_bytes());
        header[14] = self.purpose as u8;
        header
    }
}

impl TryRng for KeyedRng<'_> {
    type Error = Infallible;

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let hasher = SipHasher24::new_with_keys(self.key.seed, DOMAIN);
        let (header, path) = (self.header(), self.key.path.as_bytes());
        self.next = self.next.wrapping_add(1);
        let mut message = [0; BUFFER];
        message[..HEADER].copy_from_slice(&header);
        Ok(match message.get_mut(HEADER..HEADER + path.len()) {
            Some(rest) => {
                rest.copy_from_slice(path);
                hasher.hash(&message[..HEADER + path.len()])
            }
            None => hasher.hash(&[&header, path].concat()),
        })
    }

    /// The low half of a draw.
    #[expect(clippy::cast_possible_truncation, reason = "half of the draw")]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|draw| draw as u32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        rand::rand_core::utils::fill_bytes_via_next_word(bytes, || self.try_next_u64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng as _;
    use std::collections::HashSet;

    /// Computed by `tests/golden/keyed_rng.py`, which has its own SipHash.
    #[test]
    fn draws_are_those_of_the_golden_vectors() {
        let golden = include_str!("../tests/golden/keyed_rng.txt").lines();
        for line in golden.filter(|line| !line.starts_with('#')) {
            let words: Vec<_> = line.split_whitespace().collect();
            let [seed, rule, path, number, purpose, draws @ ..] = &words[..] else {
                panic!("{line}")
            };
            let key = RngKey::new(
                seed.parse().unwrap(),
                rule.parse().unwrap(),
                path,
                number.parse().unwrap(),
            );
            let purpose = [
                DrawPurpose::Delay,
                DrawPurpose::Fault,
                DrawPurpose::FaultDetail,
                DrawPurpose::Backoff,
                DrawPurpose::TrialOrder,
            ][purpose.parse::<usize>().unwrap()];
            let mut rng = key.rng(purpose);
            for draw in draws {
                assert_eq!(format!("{:016x}", rng.next_u64()), *draw, "{line}");
            }
        }
    }

    #[test]
    fn every_input_changes_the_draw() {
        let draw = |seed, rule, path, number, purpose| {
            RngKey::new(seed, rule, path, number)
                .rng(purpose)
                .next_u64()
        };
        let mut next = RngKey::new(1, 0, "/a", 1).rng(DrawPurpose::Delay);
        next.next_u64();
        let draws = [
            draw(1, 0, "/a", 1, DrawPurpose::Delay),
            draw(2, 0, "/a", 1, DrawPurpose::Delay),
            draw(1, 1, "/a", 1, DrawPurpose::Delay),
            draw(1, 0, "/b", 1, DrawPurpose::Delay),
            draw(1, 0, "/a", 2, DrawPurpose::Delay),
            draw(1, 0, "/a", 1, DrawPurpose::Fault),
            next.next_u64(),
        ];
        assert_eq!(HashSet::from(draws).len(), draws.len());
    }

    #[test]
    fn the_ends_of_the_unit_interval_are_never_reached() {
        assert!(unit_interval(0) > 0.0);
        assert!(unit_interval(u64::MAX) < 1.0);
    }

    #[test]
    fn a_path_longer_than_the_buffer_is_hashed_whole() {
        let draw = |path: &str| {
            RngKey::new(0, 0, path, 1)
                .rng(DrawPurpose::Delay)
                .next_u64()
        };
        let long = "/".repeat(100);
        assert_ne!(draw(&long), draw(&(long.clone() + "x")));
    }
}
