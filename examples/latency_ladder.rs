//! The article's table of how long a CPU waits for cache, memory, disk and network: measured here
//! in nanoseconds, in cycles, and on a human scale on which a cycle takes a second.
//! With a URL as argument, a flag from there is one more row.
//! Note the last column: code that blocks on the lower rows sleeps for years, and a loop that has
//! other work should not. How each row was measured is printed below the table.

use anyhow::Result;
use flagpole_client::{Run, Target, Workload, strategy};
use flagpole_fixtures::{Catalog, populous};
use flagpole_server::BlockingServer;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use std::{env, hint::black_box, time::Instant};

/// Rounds; the fastest counts, because disturbances only make a round slower.
const ROUNDS: usize = 10;

/// One row: its name, its latency (or why there is none), and how it was measured.
struct LatencyStep {
    name: &'static str,
    nanos: Result<f64, &'static str>,
    how: String,
}

impl LatencyStep {
    fn new(name: &'static str, nanos: Result<f64, &'static str>, how: String) -> LatencyStep {
        LatencyStep { name, nanos, how }
    }
}

/// A cache line that holds the index of the next line to visit.
#[repr(align(64))]
struct CacheLine(usize);

fn quickest(operations: usize, mut round: impl FnMut()) -> f64 {
    let rounds = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        round();
        start.elapsed()
    });
    rounds.min().unwrap_or_default().as_secs_f64() * 1e9 / operations as f64
}

/// Applies a step to an expression 64 times. Within one expression even a build without
/// optimisation keeps the value in a register, and the loop overhead is negligible.
macro_rules! sixty_four {
    ($step:ident, $x:expr) => {
        sixty_four!(@four $step, sixty_four!(@four $step, sixty_four!(@four $step, sixty_four!(@four $step, $x))))
    };
    (@four $step:ident, $x:expr) => {
        sixty_four!(@one $step, sixty_four!(@one $step, sixty_four!(@one $step, sixty_four!(@one $step, $x))))
    };
    (@one $step:ident, $x:expr) => {
        $step!($step!($step!($step!($x))))
    };
}

/// Duration of a cycle in nanoseconds: the time of a bit operation that depends on the result of the
/// previous one.
fn cycle_time() -> f64 {
    const TIMES: usize = 10_000;
    // Hides the values from the compiler, which would shorten the computation.
    let operands = black_box([0x5555, 0x3333, 0x7171, 0x0042]);
    let mut value = black_box(1_u64);
    quickest(4 * 64 * TIMES, || {
        let ([a, b, c, d], mut here) = (operands, value);
        macro_rules! step {
            ($x:expr) => {
                (((($x ^ a) & b) ^ c) | d)
            };
        }
        for _ in 0..TIMES {
            here = sixty_four!(step, here);
        }
        value = black_box(here);
    })
}

/// Lines linked in one random cycle through all of them, so that no prefetcher can predict the next.
fn circle(kib: usize) -> Vec<CacheLine> {
    let mut order: Vec<usize> = (0..kib * 1024 / size_of::<CacheLine>()).collect();
    order.shuffle(&mut StdRng::seed_from_u64(1));
    let mut lines: Vec<_> = order.iter().map(|_| CacheLine(0)).collect();
    for (&line, &next) in order.iter().zip(order.iter().cycle().skip(1)) {
        lines[line] = CacheLine(next);
    }
    lines
}

/// Follows the cycle: each load depends on the result of the previous one.
fn chase(name: &'static str, kib: usize, where_from: &str) -> LatencyStep {
    const TIMES: usize = 1 << 12;
    let lines = circle(kib);
    let mut at = 0;
    let nanos = quickest(64 * TIMES, || {
        let (lines, mut here): (&[CacheLine], usize) = (&lines, at);
        macro_rules! step {
            ($at:expr) => {
                lines[$at].0
            };
        }
        for _ in 0..TIMES {
            here = sixty_four!(step, here);
        }
        at = black_box(here);
    });
    let how = format!("dependent loads from a random cycle of {kib} KiB, {where_from}");
    LatencyStep::new(name, Ok(nanos), how)
}

/// One page of a file, from disk and then from the page cache.
#[cfg(target_os = "linux")]
fn disk() -> Result<Vec<LatencyStep>> {
    use rustix::fs::{Advice, fadvise, fstatfs};
    use std::{io::Write as _, os::unix::fs::FileExt as _};
    const PAGE: usize = 4096;
    const PAGES: usize = 4096;
    const READS: usize = 200;
    /// `TMPFS_MAGIC` of statfs(2).
    const TMPFS: i64 = 0x0102_1994;
    let median = |mut times: Vec<std::time::Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64() * 1e9
    };

    let mut file = tempfile::tempfile_in(".")?;
    let mut random = StdRng::seed_from_u64(1);
    for _ in 0..PAGES {
        let mut page = [0; PAGE];
        random.fill_bytes(&mut page);
        file.write_all(&page)?;
    }
    file.sync_all()?;
    fadvise(&file, 0, None, Advice::Random)?;
    fadvise(&file, 0, None, Advice::DontNeed)?;
    let read_all = |places: &[usize]| -> Result<f64> {
        let mut page = [0; PAGE];
        let read = |place: &usize| {
            let start = Instant::now();
            file.read_exact_at(&mut page, (place * PAGE) as u64)?;
            Ok(start.elapsed())
        };
        Ok(median(places.iter().map(read).collect::<Result<_>>()?))
    };
    // Odd steps visit a power of two of pages once each.
    let places: Vec<usize> = (0..READS).map(|n| n * 1667 % PAGES).collect();
    let disk = read_all(&places)?;
    let cached = read_all(&places)?;
    let is_memory = fstatfs(&file)?.f_type as i64 == TMPFS;
    let how =
        format!("median of {READS} pages of 4 KiB, read a second time: a system call and a copy");
    let cache = LatencyStep::new("page cache", Ok(cached), how);
    let how = format!(
        "median of {READS} pages of 4 KiB of a file in this folder, put out of the page cache by \
         posix_fadvise; a cache of the device or of a host may still answer"
    );
    let nanos = if is_memory {
        Err("this folder is in memory (tmpfs)")
    } else {
        Ok(disk)
    };
    Ok(vec![cache, LatencyStep::new("disk", nanos, how)])
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "the signature is that on Linux")]
fn disk() -> Result<Vec<LatencyStep>> {
    let why = "dropping a file from the page cache is implemented for Linux only";
    Ok(vec![LatencyStep::new(
        "disk",
        Err(why),
        "not at all".into(),
    )])
}

/// Flags fetched sequentially over one connection: the median from request to last byte.
fn http(name: &'static str, url: &str, plan: &Workload) -> Result<LatencyStep> {
    let endpoint = url.parse::<Target>()?.resolve()?;
    let stats = strategy::by_name("sequential")?.run(&Run::new(plan, &endpoint))?;
    let median = stats.service_time.quantile(0.5).unwrap_or_default();
    let how = format!(
        "median of {} flags from {url}, from request to last byte, over one open connection",
        stats.ok
    );
    let nanos = if stats.ok == plan.downloads.len() as u64 {
        Ok(median.as_secs_f64() * 1e9)
    } else {
        Err("some flags could not be downloaded")
    };
    Ok(LatencyStep::new(name, nanos, how))
}

/// On a scale on which a cycle takes a second: `12 s`, `3.4 days`.
fn human(seconds: f64) -> String {
    const UNITS: [(f64, &str); 5] = [
        (365.25 * 86_400.0, "years"),
        (86_400.0, "days"),
        (3600.0, "hours"),
        (60.0, "minutes"),
        (1.0, "seconds"),
    ];
    let fits = |(size, _): &&(f64, &str)| seconds >= *size;
    let (size, unit) = UNITS.iter().find(fits).unwrap_or(&UNITS[4]);
    format!("{:.1} {unit}", seconds / size)
}

fn main() -> Result<()> {
    let cycle = cycle_time();
    let clean = BlockingServer::builder().start()?;
    let late = BlockingServer::builder().latency("50ms".parse()?).start()?;
    let all = Workload::flags(Catalog::embedded().codes());
    let twenty = Workload::flags(populous::TOP_20);
    let mut rows = vec![
        chase("L1 cache", 16, "which fits in the L1 cache"),
        chase("L2 cache", 256, "which fits in the L2 cache, not in L1"),
        chase(
            "L3 cache",
            4096,
            "which fits in the L3 cache, usually not in L2",
        ),
        chase(
            "memory",
            256 << 10,
            "which fits in no cache; includes the TLB miss",
        ),
    ];
    rows.extend(disk()?);
    rows.push(http("loopback HTTP", &clean.url(), &all)?);
    rows.push(http("HTTP, 50 ms injected", &late.url(), &twenty)?);
    if let Some(url) = env::args().nth(1) {
        rows.push(http("HTTP, the URL given", &url, &twenty)?);
    }

    println!(
        "{:<21}{:>14}{:>14}  at one cycle per second",
        "waiting for", "nanoseconds", "cycles"
    );
    for LatencyStep { name, nanos, .. } in &rows {
        match nanos {
            Ok(nanos) => {
                let cycles = nanos / cycle;
                println!("{name:<21}{nanos:>14.1}{cycles:>14.0}  {}", human(cycles));
            }
            Err(why) => println!("{name:<21}{:>14}{:>14}  {why}", "-", "-"),
        }
    }
    println!("\nhow it was measured");
    println!("a cycle: {cycle:.3} ns, dependent bit operations; fastest of {ROUNDS} rounds");
    for LatencyStep { name, how, .. } in &rows {
        println!("{name}: {how}");
    }
    if cfg!(debug_assertions) {
        println!("built without optimisation: with --release L1 and HTTP take less");
    }
    Ok(())
}
