//! Reports that a limit on connections and requests was reached: at most one every ten seconds for each limit, because a
//! limit is reached again and again.

use crate::observe::rate_bound::RateBound;
use flagpole_protocol::ServerLimit;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// What a report is given to: the limit, and how often it was reached since the previous report.
pub(crate) type LimitReporter = Arc<dyn Fn(ServerLimit, u64) + Send + Sync>;

/// The reports of one listener.
#[derive(Default)]
pub(crate) struct LimitReports {
    reporter: Option<LimitReporter>,
    reported: Mutex<BTreeMap<ServerLimit, RateBound>>,
}

impl LimitReports {
    pub(crate) fn new(reporter: Option<LimitReporter>) -> LimitReports {
        LimitReports {
            reporter,
            reported: Mutex::default(),
        }
    }

    /// Reports a limit that was reached at `now`, unless it was reported a short time ago.
    pub(crate) fn report(&self, limit: ServerLimit, now: Instant) {
        let Some(reporter) = &self.reporter else {
            return;
        };
        let mut by_limit = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let due = by_limit.entry(limit).or_default().count(now);
        drop(by_limit);
        if let Some(count) = due {
            reporter(limit, count);
        }
    }
}

impl fmt::Debug for LimitReports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LimitReports").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_limit_is_reported_once_in_an_interval_with_the_number_of_times() {
        let reports = Arc::<Mutex<Vec<_>>>::default();
        let sink = reports.clone();
        let reporter = move |limit, count| sink.lock().unwrap().push((limit, count));
        let limits = LimitReports::new(Some(Arc::new(reporter)));
        let start = Instant::now();
        for second in [0, 1, 9, 10, 20] {
            limits.report(ServerLimit::Fields, start + Duration::from_secs(second));
        }
        limits.report(ServerLimit::KeepAlive, start);
        assert_eq!(
            *reports.lock().unwrap(),
            [
                (ServerLimit::Fields, 1),
                (ServerLimit::Fields, 3),
                (ServerLimit::Fields, 1),
                (ServerLimit::KeepAlive, 1)
            ]
        );
    }
}
