//! The processes of a program as `/proc` shows them.

use crate::process::resource_usage;
use anyhow::{Result, bail};
use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitOptions, getpid, kill_process, kill_process_group, set_child_subreaper, wait,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

/// All processes must have ended this long after they were killed. Shorter than the time after which a cancelled trial is
/// ended itself.
const END_TIMEOUT: Duration = Duration::from_secs(4);

/// The time between two looks at whether they have ended.
const END_POLL: Duration = Duration::from_millis(1);

/// The processes of a program.
pub(in crate::process::program) struct ProcessTree {
    /// The process of the program itself.
    main: Option<u32>,
    peak_memory_kib: u64,
    peak_threads: u64,
    /// The peak memory of this process when the program had been started: the system counts it as that of the new process too,
    /// which had it until it executed its program.
    inherited_kib: u64,
}

impl ProcessTree {
    /// Makes this process the parent of all processes that lose theirs.
    pub(in crate::process::program) fn adopt() -> ProcessTree {
        // Without it (before Linux 3.4) processes that lost their parent are not found.
        let _ = set_child_subreaper(Some(getpid()));
        ProcessTree {
            main: None,
            peak_memory_kib: 0,
            peak_threads: 1,
            inherited_kib: u64::MAX,
        }
    }

    pub(in crate::process::program) fn set_main(&mut self, pid: u32) {
        self.main = Some(pid);
        self.inherited_kib = resource_usage::peak_memory_kib();
    }

    /// Looks at memory and threads of all processes now.
    pub(in crate::process::program) fn sample(&mut self) {
        let mut pids: Vec<u32> = self.main.into_iter().collect();
        pids.extend(children_of(std::process::id()));
        let mut seen = BTreeSet::new();
        let (mut memory_kib, mut threads) = (0, 0);
        while let Some(pid) = pids.pop() {
            if !seen.insert(pid) {
                continue;
            }
            let Some(status) = ProcessStatus::read(pid) else {
                continue;
            };
            memory_kib += status.memory_kib;
            threads += status.threads;
            let peak = self.peak_memory_kib.max(status.peak_memory_kib);
            self.peak_memory_kib = peak;
            pids.extend(children_of(pid));
        }
        self.peak_memory_kib = self.peak_memory_kib.max(memory_kib);
        self.peak_threads = self.peak_threads.max(threads);
    }

    /// Kills all processes that there are.
    pub(in crate::process::program) fn kill(&self) {
        // Most processes are in the group of the program: they cannot start others while the rest is looked for.
        if let Some(group) = self.main.and_then(|pid| Pid::from_raw(pid.cast_signed())) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        for pid in descendants() {
            if let Some(pid) = Pid::from_raw(pid.cast_signed()) {
                // It fails if the process has just ended.
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }

    /// Waits for the program.
    pub(in crate::process::program) fn wait(child: &mut Child) -> io::Result<ExitStatus> {
        child.wait()
    }

    /// Ends all processes, of which the program itself has ended, and waits for them. A process that starts others while it
    /// is killed does not escape: those are found too.
    pub(in crate::process::program) fn end(&mut self) -> Result<()> {
        // Its number may become that of another process.
        self.main = None;
        let end = Instant::now() + END_TIMEOUT;
        while has_children() {
            if Instant::now() >= end {
                bail!("processes that the program started cannot be ended");
            }
            self.kill();
            thread::sleep(END_POLL);
        }
        Ok(())
    }

    /// The largest memory of all processes together that was seen; at least that of the largest process.
    pub(in crate::process::program) fn peak_memory_kib(&self) -> u64 {
        let largest = resource_usage::largest_child_kib();
        // What is not above the peak of this process may be inherited from it.
        let largest = if largest > self.inherited_kib {
            largest
        } else {
            0
        };
        self.peak_memory_kib.max(largest)
    }

    /// The largest number of threads of all processes together that was seen.
    pub(in crate::process::program) fn peak_threads(&self) -> u64 {
        self.peak_threads
    }
}

/// Waits for all children that have ended; returns whether there are others.
fn has_children() -> bool {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

/// The children of all threads of a process, if the kernel lists them (`CONFIG_PROC_CHILDREN`).
fn children_of(pid: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten();
    let lists = threads.filter_map(|thread| {
        let list = thread.ok()?.path().join("children");
        fs::read_to_string(list).ok()
    });
    let numbers = lists.flat_map(|list| {
        let numbers = list.split_whitespace().map(str::parse);
        numbers.filter_map(Result::ok).collect::<Vec<u32>>()
    });
    numbers.collect()
}

/// All processes below this one, by the parents of all processes of the system.
fn descendants() -> BTreeSet<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let entries = fs::read_dir("/proc").into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    for pid in names.filter_map(|name| name.parse::<u32>().ok()) {
        if let Some(parent) = parent_of(pid) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = BTreeSet::new();
    let mut unvisited = vec![std::process::id()];
    while let Some(pid) = unvisited.pop() {
        let new = children.remove(&pid).unwrap_or_default();
        found.extend(&new);
        unvisited.extend(new);
    }
    found
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may contain anything; the state and the parent follow it.
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

struct ProcessStatus {
    memory_kib: u64,
    peak_memory_kib: u64,
    threads: u64,
}

impl ProcessStatus {
    fn read(pid: u32) -> Option<ProcessStatus> {
        let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
            number.unwrap_or(0)
        };
        Some(ProcessStatus {
            memory_kib: value("VmRSS:"),
            peak_memory_kib: value("VmHWM:"),
            threads: value("Threads:"),
        })
    }
}
