//! Processor time of processes and of the machine, from `/proc` (`proc_pid_stat(5)`, `proc_stat(5)`).

use std::fs::read_to_string;
use std::time::Duration;

/// The unit of times in `/proc`, `USER_HZ`: 10 ms on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// User and system time of a process and its children.
pub(crate) fn process_tree(pid: u32) -> Duration {
    let children = read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    let children = children
        .split_whitespace()
        .map(|child| child.parse().expect("it is a process number"));
    process(pid) + children.map(process_tree).sum::<Duration>()
}

/// Zero for a process that has ended.
fn process(pid: u32) -> Duration {
    let stat = read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The second field, the name, ends with the last parenthesis; the third follows.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    ticks(fields.split_whitespace().skip(11).take(2))
}

/// Time that all processors together were busy, or that the hypervisor gave to other machines.
pub(crate) fn machine() -> Duration {
    let stat = read_to_string("/proc/stat").expect("Linux has it");
    let line = stat.lines().next().unwrap_or_default();
    // user, nice, system, idle, iowait, irq, softirq, steal
    let fields = line.split_whitespace().skip(1).take(8).enumerate();
    ticks(fields.filter_map(|(index, field)| (!matches!(index, 3 | 4)).then_some(field)))
}

fn ticks<'a>(fields: impl Iterator<Item = &'a str>) -> Duration {
    let ticks = fields.map(|field| field.parse::<u32>().expect("it is a number of ticks"));
    TICK * ticks.sum::<u32>()
}
