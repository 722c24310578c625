//! How downloads ended: only strategies with comparable results are compared by their times.

use std::fmt;

/// The tolerated difference of each share of the downloads, so that a single borderline download does not matter.
const TOLERANCE: f64 = 0.01;

/// The largest share of failed downloads at which a wall time is compared with the lower bound. A failure may take far less
/// time than a success, and then a run of many failures would seem efficient.
const MAX_ERROR_SHARE: f64 = 0.01;

/// How the downloads of a strategy ended in all rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DownloadCounts {
    /// Downloads that succeeded.
    pub ok: u64,
    /// Downloads that ended with 404.
    pub not_found: u64,
    /// Downloads that failed.
    pub error: u64,
    /// Downloads that did not end, because the run was cancelled.
    pub unstarted: u64,
}

impl DownloadCounts {
    /// Whether the share of each result (succeeded, not found, failed, not started) differs by at most 1% of the
    /// downloads.
    pub fn is_comparable_to(&self, other: &DownloadCounts) -> bool {
        let pairs = self.shares().into_iter().zip(other.shares());
        pairs
            .into_iter()
            .all(|(one, other)| (one - other).abs() <= TOLERANCE)
    }

    /// The share of the downloads that succeeded or ended with 404, 0 to 1.
    pub fn completed_share(&self) -> f64 {
        let [ok, not_found, ..] = self.shares();
        ok + not_found
    }

    /// The share of the downloads that failed, 0 to 1.
    pub fn error_share(&self) -> f64 {
        let [_, _, error, _] = self.shares();
        error
    }

    /// Whether more than 1% of the downloads failed.
    pub fn has_many_errors(&self) -> bool {
        self.error_share() > MAX_ERROR_SHARE
    }

    fn shares(&self) -> [f64; 4] {
        let counts = [self.ok, self.not_found, self.error, self.unstarted];
        let all = counts.iter().sum::<u64>().max(1) as f64;
        counts.map(|count| count as f64 / all)
    }
}

impl fmt::Display for DownloadCounts {
    /// `40 ok, 160 errors`; zeros are omitted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.ok, "ok"),
            (self.not_found, "not found"),
            (self.error, if self.error == 1 { "error" } else { "errors" }),
            (self.unstarted, "not started"),
        ];
        let present = counts.into_iter().filter(|(count, _)| *count > 0);
        let parts: Vec<_> = present
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(ok: u64, not_found: u64, error: u64) -> DownloadCounts {
        DownloadCounts {
            ok,
            not_found,
            error,
            unstarted: 0,
        }
    }

    #[test]
    fn difference_of_1_percent_is_comparable() {
        let all = counts(200, 0, 0);
        assert!(all.is_comparable_to(&counts(20, 0, 0)), "with fewer rounds");
        assert!(all.is_comparable_to(&counts(199, 0, 1)));
        assert!(!all.is_comparable_to(&counts(197, 0, 3)));
        assert!(!all.is_comparable_to(&counts(40, 0, 160)));
        assert!(!all.is_comparable_to(&counts(190, 10, 0)));
    }

    #[test]
    fn not_found_is_completed_and_an_error_is_not() {
        assert!((counts(70, 10, 20).completed_share() - 0.8).abs() < 1e-9);
        assert!(DownloadCounts::default().completed_share().abs() < 1e-9);
    }

    #[test]
    fn zero_counts_are_omitted() {
        assert_eq!(counts(40, 0, 160).to_string(), "40 ok, 160 errors");
        assert_eq!(counts(0, 2, 1).to_string(), "2 not found, 1 error");
    }
}
