//! Draws as numbers between 0 and 1, for inverse distribution functions.

/// A draw as a number strictly between 0 and 1: 52 bits, in the middle of each of the 2^52 intervals, so that neither
/// end is ever reached.
pub(crate) fn unit(draw: u64) -> f64 {
    ((draw >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_the_unit_interval_are_never_reached() {
        assert!(unit(0) > 0.0);
        assert!(unit(u64::MAX) < 1.0);
    }
}
