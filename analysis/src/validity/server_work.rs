//! Whether two strategies did the same work: only then is it to be told which was faster.

use std::fmt;

/// By this share of the downloads may each way to end differ: one download that just made it, or just did
/// not, is no other work.
const SAME: f64 = 0.01;

/// How the downloads of a strategy ended, in all rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DownloadCounts {
    /// Done.
    pub ok: u64,
    /// There is no such flag.
    pub not_found: u64,
    /// Failed.
    pub error: u64,
    /// Never begun.
    pub unstarted: u64,
}

impl DownloadCounts {
    /// Whether as large a part of the downloads ended in each way.
    pub fn is_like(&self, other: &DownloadCounts) -> bool {
        let pairs = self.shares().into_iter().zip(other.shares());
        pairs
            .into_iter()
            .all(|(one, other)| (one - other).abs() <= SAME)
    }

    /// The part of the downloads that came to what they were to come to.
    pub fn done(&self) -> f64 {
        let [ok, not_found, ..] = self.shares();
        ok + not_found
    }

    fn shares(&self) -> [f64; 4] {
        let counts = [self.ok, self.not_found, self.error, self.unstarted];
        let all = counts.iter().sum::<u64>().max(1) as f64;
        counts.map(|count| count as f64 / all)
    }
}

impl fmt::Display for DownloadCounts {
    /// `40 ok, 160 errors`: what there is none of is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.ok, "ok"),
            (self.not_found, "not found"),
            (self.error, if self.error == 1 { "error" } else { "errors" }),
            (self.unstarted, "not started"),
        ];
        let told = counts.into_iter().filter(|(count, _)| *count > 0);
        let told: Vec<_> = told
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        f.write_str(&told.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(ok: u64, not_found: u64, error: u64) -> DownloadCounts {
        DownloadCounts {
            ok,
            not_found,
            error,
            unstarted: 0,
        }
    }

    #[test]
    fn one_in_a_hundred_is_the_same_work_and_more_is_not() {
        let all = work(200, 0, 0);
        assert!(all.is_like(&work(20, 0, 0)), "of fewer rounds");
        assert!(all.is_like(&work(199, 0, 1)));
        assert!(!all.is_like(&work(197, 0, 3)));
        assert!(!all.is_like(&work(40, 0, 160)));
        assert!(!all.is_like(&work(190, 10, 0)));
    }

    #[test]
    fn not_found_is_done_and_an_error_is_not() {
        assert!((work(70, 10, 20).done() - 0.8).abs() < 1e-9);
        assert!(DownloadCounts::default().done().abs() < 1e-9);
    }

    #[test]
    fn what_there_is_none_of_is_not_told() {
        assert_eq!(work(40, 0, 160).to_string(), "40 ok, 160 errors");
        assert_eq!(work(0, 2, 1).to_string(), "2 not found, 1 error");
    }
}
