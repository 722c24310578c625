"""How cost grows with the number of workers. Usage: python tests/locust/scale.py FLAGPOLE LOCUST [WORKERS...]

A load of 1,000 requests per second in all, on two endpoints, for 30 seconds: what grows is the cost of steering and reporting. All
processes share the machine, so this says nothing about the rate that N machines reach.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from processes import Setup, wait_until
from scenarios import PATHS, totals

SECONDS = 30
RATE = 1000


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def merge(flagpole: Path, log: Path) -> tuple[float, float]:
    """The seconds that a merge takes, and its peak memory in MiB."""
    start = time.monotonic()
    child = subprocess.Popen([flagpole, "merge", log, "--format", "json"], stdout=subprocess.DEVNULL)
    _, _, usage = os.wait4(child.pid, 0)
    return time.monotonic() - start, usage.ru_maxrss / 1024


def measure(setup: Setup, workers: int) -> str:
    setup.serve("--latency", "lognormal:p50=5ms,p99=40ms")
    users = 4 * workers
    options = ["--hlog-folder", "runs", "-s", "5", "--flagpole-rate-per-user", str(RATE / users)]
    master = setup.master(*options, REPORT_SIZES="sizes")
    for number in range(1, workers + 1):
        setup.worker(f"worker{number}", *(setup.url + path for path in PATHS), "--no-hlog")
    wait_until("the web API answers", lambda: setup.state())
    setup.wait_for_workers(workers)
    idle = cpu_seconds(master.child.pid)
    time.sleep(10)
    idle = (cpu_seconds(master.child.pid) - idle) / 10
    setup.request("/swarm", user_count=users, spawn_rate=users)
    wait_until("all users run", lambda: setup.state().get("user_count") == users)
    busy = cpu_seconds(master.child.pid)
    time.sleep(SECONDS)
    busy = (cpu_seconds(master.child.pid) - busy) / SECONDS
    setup.post("/stop")
    setup.wait_for_state("stopped")
    counted = sum(totals(setup.state()["stats"]).values())
    master.kill()
    setup.stop_server()
    served = len(setup.journal())
    sizes = [[int(word) for word in line.split()] for line in (setup.folder / "sizes").read_text().splitlines()]
    full = [(size, log) for size, log in sizes if log]
    size, log_size = (sum(column) / len(full) for column in zip(*full, strict=True))
    log = next((setup.folder / "runs").glob("*.hlog"))
    seconds, memory = merge(setup.flagpole, log)
    equal = "equal" if counted == served else f"{counted} of {served}"
    return (
        f"| {workers} | {100 * idle:.1f}% | {100 * busy:.1f}% | {size / 1000:.1f} kB | {log_size / 1000:.1f} kB "
        f"| {log.stat().st_size / 1e6:.2f} MB | {seconds:.2f} s | {memory:.0f} MiB | {equal} ({served:,}) |"
    )


def main() -> None:
    flagpole, locust = (Path(word).absolute() for word in sys.argv[1:3])
    print("| workers | master idle | master | report | of it log | run.hlog | merge | memory | master and server |")
    print("|---|---|---|---|---|---|---|---|---|")
    for workers in [int(word) for word in sys.argv[3:]] or [1, 2, 4, 8, 16, 32]:
        with (
            tempfile.TemporaryDirectory(prefix="flagpole-scale-") as folder,
            Setup(Path(folder), flagpole, locust) as setup,
        ):
            print(measure(setup, workers), flush=True)


main()
