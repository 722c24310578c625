//! Random 64-bit numbers as fractions between 0 and 1, for inverse distribution functions.

/// Maps a draw, a random number, to the middle of one of 2^52 equal intervals between 0 and 1. The result is never 0 or 1,
/// where quantiles may be infinite.
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
