//! What the scheduler of Linux says about a thread: `/proc/thread-self/schedstat`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _};
use std::time::Duration;

/// The CPU time and the run-queue delay of a thread since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SchedStat {
    pub(crate) cpu: Duration,
    /// How long the thread could run and waited for a processor; includes the time in which its cgroup was throttled.
    pub(crate) run_queue: Duration,
}

impl SchedStat {
    /// The figures of the calling thread; `None` if the system does not report them.
    pub(crate) fn of_this_thread() -> Option<SchedStat> {
        SchedStat::read(&mut File::open("/proc/thread-self/schedstat").ok()?)
    }

    /// Reads an open `schedstat`, which always describes the thread that opened it.
    pub(super) fn read(file: &mut File) -> Option<SchedStat> {
        // Two numbers of at most 20 digits, and a count that is not needed.
        let mut text = [0; 64];
        file.rewind().ok()?;
        let len = file.read(&mut text).ok()?;
        SchedStat::parse(str::from_utf8(&text[..len]).ok()?)
    }

    /// The figures of all threads of this process by their ids.
    pub(crate) fn of_threads() -> BTreeMap<String, SchedStat> {
        let threads = fs::read_dir("/proc/self/task").into_iter().flatten();
        let threads = threads.filter_map(|thread| {
            let thread = thread.ok()?;
            let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
            let id = thread.file_name().into_string().ok()?;
            Some((id, SchedStat::parse(&text)?))
        });
        threads.collect()
    }

    pub(crate) fn since(self, before: SchedStat) -> SchedStat {
        SchedStat {
            cpu: self.cpu.saturating_sub(before.cpu),
            run_queue: self.run_queue.saturating_sub(before.run_queue),
        }
    }

    /// CPU time and run-queue delay in nanoseconds, and the number of time slices.
    fn parse(text: &str) -> Option<SchedStat> {
        let mut numbers = text.split_whitespace().map(|number| number.parse().ok());
        let mut next = || Some(Duration::from_nanos(numbers.next()??));
        Some(SchedStat {
            cpu: next()?,
            run_queue: next()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_number_is_the_run_queue_delay() {
        let expected = SchedStat {
            cpu: Duration::from_nanos(112_636),
            run_queue: Duration::from_nanos(142_042),
        };
        assert_eq!(SchedStat::parse("112636 142042 2\n"), Some(expected));
        assert_eq!(SchedStat::parse("112636"), None);
        assert_eq!(SchedStat::parse(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn open_file_is_read_again_from_its_start() {
        let mut file = File::open("/proc/thread-self/schedstat").unwrap();
        let first = SchedStat::read(&mut file).unwrap();
        let second = SchedStat::read(&mut file).unwrap();
        assert!(second.cpu >= first.cpu && second.run_queue >= first.run_queue);
    }
}
