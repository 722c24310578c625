//! Which share of the used CPU time was that of other processes, during a trial.

use super::local_server::LocalServer;
use super::processor_times::ProcessorTimes;
use crate::process::resource_usage;
use flagpole_analysis::comparison::ResourceUsage;
use flagpole_analysis::validity::LostTime;
use flagpole_protocol::as_micros;
use std::collections::VecDeque;
use std::time::Duration;

/// The least time over which CPU times are compared: the system reports them in steps of 10 ms, which would be most of
/// what a short trial uses.
const MIN_WINDOW: Duration = Duration::from_millis(500);

/// Readings of the processors' times between the trials of a cell.
#[derive(Default)]
pub(crate) struct ProcessorLog {
    readings: VecDeque<Reading>,
    /// The CPU time of flagpole's own server in all trials.
    server_us: u64,
    local_server: LocalServer,
}

#[derive(Clone, Copy)]
struct Reading {
    times: ProcessorTimes,
    /// The CPU time of all processes of flagpole, and of the server at a URL.
    own_us: u64,
}

impl ProcessorLog {
    /// Called before the first trial, with the server at a URL if it runs on this machine.
    pub(crate) fn start(local_server: LocalServer) -> ProcessorLog {
        let mut log = ProcessorLog {
            local_server,
            ..ProcessorLog::default()
        };
        log.readings.extend(log.read());
        log
    }

    /// Called after a trial whose process has exited, with the CPU time of the server during the trial. Adds what used the
    /// processors to `lost`, if the system reports it.
    pub(crate) fn trial_ended(&mut self, server_us: u64, lost: &mut LostTime) {
        self.server_us += server_us;
        if let Some(now) = self.read() {
            self.add(now, lost);
        }
    }

    fn read(&self) -> Option<Reading> {
        let us = [resource_usage::current(), resource_usage::of_children()];
        Some(Reading {
            times: ProcessorTimes::now()?,
            own_us: us.iter().map(ResourceUsage::cpu_us).sum::<u64>()
                + self.server_us
                + as_micros(self.local_server.cpu()),
        })
    }

    fn add(&mut self, now: Reading, lost: &mut LostTime) {
        // The last reading was taken before the trial, and is needed even if the trial was shorter than the window.
        while self
            .readings
            .get(1)
            .is_some_and(|next| now.times.at - next.times.at >= MIN_WINDOW)
        {
            self.readings.pop_front();
        }
        if let Some(before) = self.readings.front() {
            now.usage_since(before, lost);
        }
        self.readings.push_back(now);
    }
}

impl Reading {
    fn usage_since(&self, before: &Reading, lost: &mut LostTime) {
        let own_us = self.own_us.saturating_sub(before.own_us);
        let steal_us = as_micros(self.times.steal.saturating_sub(before.times.steal));
        let busy_us = as_micros(self.times.busy_since(&before.times));
        lost.capacity_us = Some(as_micros(self.times.capacity_since(&before.times)));
        lost.own_cpu_us = Some(own_us);
        lost.steal_us = Some(steal_us);
        lost.other_cpu_us = Some(busy_us.saturating_sub(own_us + steal_us));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    /// One processor, busy all the time, at this time in milliseconds.
    fn reading(start: Instant, at: u64, own: u64, steal: u64) -> Reading {
        let text = format!("cpu0 {at} 0 0 0 0 0 0 {steal} 0 0");
        let at = start + Duration::from_millis(at);
        Reading {
            times: ProcessorTimes::parse(&text, "0", at).unwrap(),
            own_us: 1000 * own,
        }
    }

    #[test]
    fn window_of_a_short_trial_includes_earlier_trials() {
        let start = Instant::now();
        let mut log = ProcessorLog::default();
        let mut other_us = |at, own, steal| {
            let mut lost = LostTime::default();
            log.add(reading(start, at, own, steal), &mut lost);
            lost.other_cpu_us
        };
        assert_eq!(other_us(0, 0, 0), None);
        assert_eq!(other_us(300, 100, 0), Some(200_000));
        assert_eq!(other_us(600, 200, 10), Some(300_000), "since 0");
        assert_eq!(other_us(900, 200, 10), Some(400_000), "since 300");
        assert_eq!(other_us(2000, 1300, 10), Some(0), "since 900");
    }
}
