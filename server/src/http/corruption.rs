//! Flipping bits of a body.

use bytes::Bytes;
use std::collections::HashSet;

/// The body with `bits` of its bits flipped, each at another place, all of them where it has no more.
/// The places are a function of `draw` and the body's length.
pub(crate) fn flip(body: &Bytes, bits: u32, draw: u64) -> Bytes {
    let all = body.len() as u64 * 8;
    let bits = u64::from(bits).min(all);
    let mut places = HashSet::new();
    let mut state = draw;
    // Robert Floyd's sampling without replacement (Bentley, Programming Pearls, CACM 30:9, 1987).
    for last in all - bits..all {
        let place = below(&mut state, last + 1);
        if !places.insert(place) {
            places.insert(last);
        }
    }
    let mut flipped = body.to_vec();
    for place in places {
        let byte = usize::try_from(place / 8).expect("a place lies within the body");
        flipped[byte] ^= 1 << (place % 8);
    }
    flipped.into()
}

/// The next number below `bound` of the sequence SplitMix64 (Steele, Lea and Flood, 2014), by a
/// multiplication: the bias is under 2^-40 for any body we serve.
fn below(state: &mut u64, bound: u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let scaled = (u128::from(mixed) * u128::from(bound)) >> 64;
    u64::try_from(scaled).expect("less than the bound")
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

    /// Where the bits are is part of a fate, so it must never change.
    #[test]
    fn the_places_are_those_of_the_golden_vector() {
        let flipped = flip(&Bytes::from_static(&[0; 16]), 3, 7);
        let places: Vec<_> = (0..128)
            .filter(|bit| flipped[bit / 8] >> (bit % 8) & 1 == 1)
            .collect();
        assert_eq!(places, [2, 49, 115]);
    }

    #[test]
    fn a_body_without_bits_stays_empty_and_a_short_one_is_flipped_whole() {
        assert!(flip(&Bytes::new(), 3, 7).is_empty());
        assert_eq!(flip(&Bytes::from_static(b"\x0f"), 99, 7), &b"\xf0"[..]);
    }

    proptest! {
        #[test]
        fn exactly_so_many_bits_differ(body in proptest::collection::vec(any::<u8>(), 1..200), bits in 1_u32..1600, draw: u64) {
            let body = Bytes::from(body);
            let expected = bits.min(u32::try_from(body.len() * 8).unwrap());
            prop_assert_eq!(differing(&body, &flip(&body, bits, draw)), expected);
        }
    }
}
