//! How many intervals contain the same point.

/// The largest number of intervals that contain the same point. The end of an interval does not belong to it, except that an
/// interval without length counts as 1 where there is no other.
pub(crate) fn max_overlap<T: Ord>(intervals: impl Iterator<Item = (T, T)>) -> usize {
    let (mut changes, mut max) = (Vec::new(), 0);
    for (start, end) in intervals {
        max = 1;
        if start < end {
            changes.extend([(start, true), (end, false)]);
        }
    }
    // At the same point, ends come first.
    changes.sort_unstable();
    let mut now = 0_usize;
    for (_, is_start) in changes {
        now = if is_start { now + 1 } else { now - 1 };
        max = max.max(now);
    }
    max
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_that_touch_do_not_overlap() {
        assert_eq!(max_overlap([(0, 2), (2, 4), (4, 6)].into_iter()), 1);
        assert_eq!(max_overlap([(0, 3), (2, 4), (1, 6)].into_iter()), 3);
        assert_eq!(max_overlap([(1, 1), (5, 6)].into_iter()), 1);
        assert_eq!(max_overlap([(1, 1)].into_iter()), 1);
        assert_eq!(max_overlap::<u64>([].into_iter()), 0);
    }
}
