//! Flips bits of a body.

use bytes::Bytes;
use flagpole_protocol::{DrawPurpose, RngKey};
use rand::seq::index;

/// Flips `bits` different bits of a body, or all bits of a shorter body. `draw`, a random number, and the length of the
/// body determine which bits.
pub(crate) fn flip(body: &Bytes, bits: u32, draw: u64) -> Bytes {
    let length = body.len() * 8;
    let amount = usize::try_from(bits).map_or(length, |bits| bits.min(length));
    let mut rng = RngKey::new(draw, 0, "", 0).rng(DrawPurpose::FaultDetail);
    let mut flipped = body.to_vec();
    for bit in index::sample(&mut rng, length, amount) {
        flipped[bit / 8] ^= 1 << (bit % 8);
    }
    flipped.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn differing(one: &[u8], other: &[u8]) -> u32 {
        one.iter()
            .zip(other)
            .map(|(a, b)| (a ^ b).count_ones())
            .sum()
    }

    /// Computed by `protocol/tests/golden/rand_uses.py`.
    #[test]
    fn flipped_bits_are_those_of_the_golden_vector() {
        let flipped = flip(&Bytes::from_static(&[0; 16]), 3, 7);
        let bits: Vec<_> = (0..128)
            .filter(|bit| flipped[bit / 8] >> (bit % 8) & 1 == 1)
            .collect();
        assert_eq!(bits, [49, 62, 85]);
    }

    #[test]
    fn an_empty_body_stays_empty_and_a_short_one_is_flipped_whole() {
        assert!(flip(&Bytes::new(), 3, 7).is_empty());
        assert_eq!(flip(&Bytes::from_static(b"\x0f"), 99, 7), &b"\xf0"[..]);
    }

    proptest! {
        #[test]
        fn exactly_this_many_bits_differ(body in proptest::collection::vec(any::<u8>(), 1..200), bits in 1_u32..1600, draw: u64) {
            let body = Bytes::from(body);
            let expected = bits.min(u32::try_from(body.len() * 8).unwrap());
            prop_assert_eq!(differing(&body, &flip(&body, bits, draw)), expected);
        }
    }
}
