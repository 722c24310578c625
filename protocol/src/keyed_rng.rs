//! Randomness without shared state: every draw is a function of what is decided and not of earlier draws, so that it
//! does not depend on the order of requests, on threads or on the platform.
//!
//! The generator is SipHash-2-4 (J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012)
//! in counter mode. Its inputs are part of flagpole's contract and guarded by golden vectors; integers are little
//! endian:
//!
//! - key of a request: the 128-bit variant with the key (seed, `"flagpole"`) of rule (4 bytes), request number (8
//!   bytes), path;
//! - draw i (from 0) for a purpose: the 64-bit variant with that key of i (7 bytes), purpose (1 byte).

use rand::TryRng;
use siphasher::sip::SipHasher24;
use siphasher::sip128::SipHasher24 as SipHasher24Wide;
use std::convert::Infallible;

/// The length of rule and request number in the hashed message, in bytes.
const HEAD: usize = 12;

/// The second half of the key of SipHash; the first is the seed.
const DOMAIN: u64 = u64::from_le_bytes(*b"flagpole");

/// What is drawn. Each purpose has an independent generator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
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
}

/// The source of the generators of one request, one for each purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RngKey(u64, u64);

/// A generator: rand's distributions, shuffles and samples use it.
#[derive(Clone, Debug)]
pub struct KeyedRng {
    hasher: SipHasher24,
    next: u64,
}

impl RngKey {
    /// The source for request `request_number` (from 1) of the path `key` under a rule and a seed.
    pub fn new(seed: u64, rule: u32, key: &str, request_number: u64) -> RngKey {
        let hasher = SipHasher24Wide::new_with_keys(seed, DOMAIN);
        let mut message = [0; 64];
        message[..4].copy_from_slice(&rule.to_le_bytes());
        message[4..HEAD].copy_from_slice(&request_number.to_le_bytes());
        let hash = match message.get_mut(HEAD..HEAD + key.len()) {
            Some(path) => {
                path.copy_from_slice(key.as_bytes());
                hasher.hash(&message[..HEAD + key.len()])
            }
            None => hasher.hash(&[&message[..HEAD], key.as_bytes()].concat()),
        };
        RngKey(hash.h1, hash.h2)
    }

    /// The generator for one purpose.
    pub fn rng(self, purpose: DrawPurpose) -> KeyedRng {
        KeyedRng {
            hasher: SipHasher24::new_with_keys(self.0, self.1),
            next: u64::from(purpose as u8) << 56,
        }
    }
}

impl TryRng for KeyedRng {
    type Error = Infallible;

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let draw = self.hasher.hash(&self.next.to_le_bytes());
        self.next += 1;
        Ok(draw)
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
    fn a_path_longer_than_the_buffer_is_hashed_whole() {
        let draw = |path: &str| RngKey::new(0, 0, path, 1);
        let long = "/".repeat(100);
        assert_ne!(draw(&long), draw(&(long.clone() + "x")));
    }
}
