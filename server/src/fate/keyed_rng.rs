//! Chance without state: every draw is a function of what is decided, never of what was drawn
//! before, so that fates do not depend on the order of requests, threads or platforms.
//!
//! The function is SipHash-2-4 (Aumasson and Bernstein, 2012), a keyed pseudorandom function of
//! fixed specification, keyed by the seed. What it is fed is part of flagpole's contract and guarded
//! by golden vectors: rule (4 bytes), decision (1), key (3), n (8), little endian.

use flagpole_protocol::FateKey;
use flagpole_protocol::Resource;
use siphasher::sip::SipHasher24;

/// The second half of SipHash's key; the seed is the first.
const DOMAIN: u64 = u64::from_le_bytes(*b"flagpole");

/// What is decided by a draw. Each has an independent stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum DrawPurpose {
    /// How long the answer is delayed.
    Delay = 0,
    /// Which fault strikes, if any.
    Fault = 1,
    /// What the fault does where it has a choice.
    Detail = 2,
}

/// The dice of one rule under one seed.
#[derive(Clone, Debug)]
pub struct KeyedRng {
    seed: u64,
    rule: u32,
}

impl KeyedRng {
    /// The dice for the rule of this place in its profile.
    pub fn new(seed: u64, rule: u32) -> KeyedRng {
        KeyedRng { seed, rule }
    }

    /// The draw for one decision about the request number `n`, from 1, for `key`: uniform over all
    /// of `u64`.
    pub fn draw(&self, decision: DrawPurpose, key: FateKey, n: u64) -> u64 {
        let mut message = [0; 16];
        message[..4].copy_from_slice(&self.rule.to_le_bytes());
        message[4] = decision as u8;
        message[5..8].copy_from_slice(&spelled(key));
        message[8..].copy_from_slice(&n.to_le_bytes());
        SipHasher24::new_with_keys(self.seed, DOMAIN).hash(&message)
    }
}

/// A draw as a number strictly between 0 and 1, for an inverse distribution function: 52 bits, in
/// the middle of each of the 2^52 intervals, so that neither end is ever met.
pub fn unit(draw: u64) -> f64 {
    ((draw >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

fn spelled(key: FateKey) -> [u8; 3] {
    let (kind, code) = match key {
        FateKey::Resource(Resource::Flag(code)) => (b'f', code),
        FateKey::Resource(Resource::Metadata(code)) => (b'm', code),
        FateKey::Other => return *b"o  ",
    };
    [kind, code.bytes()[0], code.bytes()[1]]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brazil() -> FateKey {
        FateKey::Resource(Resource::Flag("BR".parse().unwrap()))
    }

    #[test]
    fn the_ends_of_the_unit_interval_are_never_met() {
        assert!(unit(0) > 0.0);
        assert!(unit(u64::MAX) < 1.0);
    }

    #[test]
    fn every_input_matters() {
        let metadata = FateKey::Resource(Resource::Metadata("BR".parse().unwrap()));
        let draws = [
            KeyedRng::new(1, 0).draw(DrawPurpose::Delay, brazil(), 1),
            KeyedRng::new(2, 0).draw(DrawPurpose::Delay, brazil(), 1),
            KeyedRng::new(1, 1).draw(DrawPurpose::Delay, brazil(), 1),
            KeyedRng::new(1, 0).draw(DrawPurpose::Fault, brazil(), 1),
            KeyedRng::new(1, 0).draw(DrawPurpose::Delay, metadata, 1),
            KeyedRng::new(1, 0).draw(DrawPurpose::Delay, FateKey::Other, 1),
            KeyedRng::new(1, 0).draw(DrawPurpose::Delay, brazil(), 2),
        ];
        let distinct: std::collections::HashSet<_> = draws.iter().collect();
        assert_eq!(distinct.len(), draws.len());
    }
}
