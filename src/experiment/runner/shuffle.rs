//! In which order the contenders run in a round: drawn, so that none always runs behind the same other,
//! and drawn from the seed, so that it is the same order every time.

use siphasher::sip::SipHasher24;

/// The second half of the key under which orders are drawn; the seed is the first.
const DOMAIN: u64 = u64::from_le_bytes(*b"an order");

/// The places of `count` contenders in the order of this round.
pub(crate) fn order(seed: u64, round: usize, count: usize) -> Vec<usize> {
    let hasher = SipHasher24::new_with_keys(seed, DOMAIN);
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by_key(|&place| {
        let mut message = [0; 16];
        message[..8].copy_from_slice(&(round as u64).to_le_bytes());
        message[8..].copy_from_slice(&(place as u64).to_le_bytes());
        hasher.hash(&message)
    });
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_has_everyone_once_and_its_own_order() {
        let orders: Vec<_> = (0..100).map(|round| order(7, round, 3)).collect();
        for order in &orders {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2]);
        }
        let mut distinct = orders.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 6, "all orders of three come in 100 rounds");
        assert_eq!(orders[3], order(7, 3, 3));
    }
}
