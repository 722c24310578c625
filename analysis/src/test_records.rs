//! Runs made up for the tests, of which the answer is known.

use flagpole_protocol::Outcome;
use flagpole_protocol::{AttemptKind, AttemptRecord, Resource, ServerTiming};
use std::time::Duration;

/// A record in milliseconds, of which `sent` and `due` are 0.
pub(crate) fn record(done: u64, outcome: Outcome, planned: Option<u64>) -> AttemptRecord {
    let timing = planned.map(|ms| ServerTiming {
        planned: Duration::from_millis(ms),
        ..ServerTiming::default()
    });
    AttemptRecord {
        done: Duration::from_millis(done),
        bytes: 10,
        timing,
        ..AttemptRecord::new(Resource::Flag("BR".parse().unwrap()), outcome)
    }
}

/// A download; times in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Answer {
    /// The planned delay.
    pub(crate) delay: u64,
    /// How long the body is planned to take.
    pub(crate) paced: u64,
    /// How late it came.
    pub(crate) late: u64,
    /// Failed at once with a 503, backed off so long and tried again, which was answered.
    pub(crate) retry_after: Option<u64>,
}

impl Answer {
    pub(crate) const fn after(delay: u64) -> Answer {
        Answer {
            delay,
            paced: 0,
            late: 0,
            retry_after: None,
        }
    }

    fn records(&self, download: usize) -> Vec<AttemptRecord> {
        let ms = Duration::from_millis;
        let planned = record(
            self.delay + self.late + self.paced,
            Outcome::Ok,
            Some(self.delay),
        );
        let mut last = AttemptRecord {
            download,
            status: Some(200),
            ..planned
        };
        let timing = last.timing.as_mut().expect("it was planned");
        timing.actual = ms(self.delay + self.late);
        timing.paced = ms(self.paced);
        let Some(backoff) = self.retry_after else {
            return vec![last];
        };
        let failed = AttemptRecord {
            is_final: false,
            outcome: Outcome::Http(503),
            status: Some(503),
            ..last.clone()
        };
        let retry = AttemptRecord {
            attempt: 2,
            kind: AttemptKind::Retry,
            backoff: ms(backoff),
            ..last
        };
        vec![failed, retry]
    }
}

/// The records of a run, all times but those planned left at 0.
pub(crate) fn answers(answers: &[Answer]) -> Vec<AttemptRecord> {
    let answers = (1..).zip(answers);
    let records = answers.map(|(download, answer)| answer.records(download));
    records.flatten().collect()
}
