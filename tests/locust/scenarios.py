"""What must hold between `flagpole worker` and a real master of Locust; one function each."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from processes import DEADLINE, ROOT, Setup, by_endpoint, error_kinds, failures, is_failure, is_ours, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

# Responses that take a while, so that requests are in flight at every moment.
LATENCY = ["--latency", "lognormal:p50=60ms,p99=300ms"]
FAULTS = ["--fault", "404@3%", "--fault", "500@2%", "--fault", "reset@1%"]
# The web API shows what it showed up to 2 seconds before.
CACHED = 3
# Locust's own worker reports what it did last up to this many seconds after it has stopped.
PYTHON_REPORT = 4
PATHS = ["/flags/br/br.gif", "/flags/us/metadata.json"]


def start(
    setup: Setup,
    *master: str,
    ours: int = 3,
    pythons: int = 0,
    worker: tuple[str, ...] = (),
    latency: str = LATENCY[1],
) -> None:
    """A server with faults, a master and its workers."""
    setup.serve("--latency", latency, *FAULTS)
    setup.master(*master)
    urls = [setup.url + path for path in PATHS]
    for number in range(1, ours + 1):
        setup.worker(f"worker{number}", *urls, *worker)
    for number in range(1, pythons + 1):
        setup.python_worker(f"python{number}")


def processes(setup: Setup, name: str) -> list[Any]:
    return [process for process in setup.started if process.name.startswith(name)]


def expect_exit(setup: Setup, name: str, code: int = 0) -> None:
    for process in processes(setup, name):
        ended = process.wait()
        assert ended == code, f"{process.name} ended with {ended}, not {code}:\n{process.text()[-2000:]}"


def totals(entries: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    return Counter({(one["method"], one["name"]): one["num_requests"] for one in entries if one["method"]})


def compare_with_journal(setup: Setup, entries: list[dict[str, Any]], errors: list[dict[str, Any]] | None) -> None:
    """The totals of the master are those of the server, for each endpoint and fault."""
    journal = setup.journal()
    assert journal, "no requests"
    ours = {path: f"{setup.url}{path}" for path in PATHS}
    shown = totals(entries)
    expected = by_endpoint(journal)
    renamed: Counter[tuple[str, str]] = Counter()
    for (method, name), count in shown.items():
        path = next((path for path, url in ours.items() if name in (path, url)), name)
        renamed[method, path] += count
    assert renamed == expected, f"the master counted {renamed}, the server {expected}"
    failed = sum(entry["num_failures"] for entry in entries if entry["method"])
    assert failed == sum(map(is_failure, journal)), (
        f"the master counted {failed} failures, the server {failures(journal)}"
    )
    if errors is not None:
        kinds = error_kinds(errors)
        assert kinds == failures(journal), f"the master counted {kinds}, the server {failures(journal)}"


def compare_merged(setup: Setup, processes: int, runs: int = 1, *, is_complete: bool = True) -> dict[str, Any]:
    """The log of the run that the master wrote has all requests of our workers."""
    logs = sorted((setup.folder / "runs").glob("*.hlog"))
    assert len(logs) == runs, f"{logs}"
    journal = [entry for entry in setup.journal() if is_ours(entry)]
    count = failed = unfinished = 0
    result: dict[str, Any] = {}
    for log in logs:
        code, result, messages = setup.merge(log)
        assert code in (0, 3), f"merge ended with {code}: {messages}"
        assert len(result["processes"]) == processes, result["processes"]
        labels = {reason["label"] for reason in result["verdict"]["reasons"]}
        missing = {label for label in labels if label.endswith("_missing")}
        assert not (is_complete and missing), f"{missing}"
        count += result["figures"]["requests"]
        failed += result["figures"]["failed"]
        unfinished += result["figures"]["unfinished"]
    assert count == len(journal), f"the log has {count} requests, the server {len(journal)}"
    # The server may have completed what a worker cancelled at the same moment.
    expected = sum(map(is_failure, journal))
    assert failed <= expected <= failed + unfinished, f"the log has {failed} failures, the server {failures(journal)}"
    return result


def compare_local_logs(setup: Setup) -> None:
    """The logs that the workers kept add up to the same."""
    local = sorted((setup.folder / "local").glob("*.hlog"))
    _, result, messages = setup.merge(*local)
    count = sum(map(is_ours, setup.journal()))
    assert result["figures"]["requests"] == count, f"{result['figures']['requests']} != {count}: {messages}"


class StarvedError(Exception):
    """Half a second was too short for a worker, which said so and kept its log: on a busy machine. The scenario is repeated."""


JSON = ["--json-file", "stats"]
LOGS = ["--hlog-folder", "runs"]
LOCAL = ("--hlog-folder", "local")


def autostart(setup: Setup) -> None:
    """A run that ends by itself, with a worker of Locust's own among ours: counts per endpoint and fault agree."""
    run = [
        "--autostart",
        "--autoquit",
        str(2 * PYTHON_REPORT),
        "--expect-workers",
        "4",
        "-u",
        "40",
        "-r",
        "20",
        "-t",
        "8s",
        "-s",
        "10",
    ]
    start(setup, *run, *JSON, *LOGS, "--exit-code-on-error", "0", ours=3, pythons=1, worker=LOCAL)
    wait_until("the test has stopped", lambda: setup.state().get("state") == "stopped")
    time.sleep(PYTHON_REPORT - 1)
    errors = setup.state()["errors"]
    expect_exit(setup, "master")
    expect_exit(setup, "worker")
    setup.stop_server()
    stats = json.loads((setup.folder / "stats.json").read_text())
    assert any(not is_ours(entry) for entry in setup.journal()), "Locust's own worker made no requests"
    compare_with_journal(setup, stats, errors)
    compare_merged(setup, 3)
    compare_local_logs(setup)


def headless(setup: Setup) -> None:
    """`--headless -t` ends by `quit`, after which the master listens for half a second: nothing is lost."""
    run = ["--headless", "--expect-workers", "3", "-u", "30", "-r", "30", "-t", "6s", "--exit-code-on-error", "0"]
    # What is in flight at the end ends within the time that `quit` leaves.
    latency = "uniform:20ms..100ms"
    start(setup, *run, *JSON, *LOGS, "--flagpole-rate-per-user", "10", worker=LOCAL, latency=latency)
    expect_exit(setup, "master")
    codes = [process.wait() for process in processes(setup, "worker")]
    setup.stop_server()
    compare_local_logs(setup)
    if any(codes):
        lost = [process.text() for process, code in zip(processes(setup, "worker"), codes, strict=True) if code]
        assert all("has them all" in text or "lost the Locust master" in text for text in lost), lost
        raise StarvedError(lost)
    compare_with_journal(setup, json.loads((setup.folder / "stats.json").read_text()), None)
    compare_merged(setup, 3)


def web(setup: Setup) -> None:
    """Users are added and taken away by the web API, the test is stopped and started again, and the master quits."""
    start(setup, *LOGS, "-s", "10", ours=3, pythons=1, worker=LOCAL)
    wait_until("the web API answers", lambda: setup.state())
    setup.wait_for_workers(4)
    entries: Counter[tuple[str, str]] = Counter()
    errors: Counter[str] = Counter()
    for _ in range(2):
        for users in (8, 40, 12):
            answer = setup.request("/swarm", user_count=users, spawn_rate=20)
            assert answer["success"], answer
            # Locust may have a few more while a starved worker of its own comes back.
            wait_until(f"{users} users run", lambda users=users: abs(setup.state().get("user_count", 0) - users) <= 3)
            time.sleep(1)
        setup.post("/stop")
        setup.wait_for_state("stopped")
        time.sleep(PYTHON_REPORT)
        state = setup.state()
        entries += totals(state["stats"])
        errors += error_kinds(state["errors"])
        setup.wait_for_workers(4)
    setup.started[1].signal(signal.SIGTERM)
    setup.started[1].wait()
    expect_exit(setup, "worker")
    setup.stop_server()
    journal = setup.journal()
    assert sum(entries.values()) == len(journal), f"the master counted {entries}, the server {by_endpoint(journal)}"
    assert errors == failures(journal), f"the master counted {errors}, the server {failures(journal)}"
    compare_merged(setup, 3, runs=2)


def shape(setup: Setup) -> None:
    """A LoadTestShape of users shapes the rate: 10 requests per second of each user, whatever responses take."""
    run = ["--autostart", "--autoquit", "1", "--expect-workers", "2"]
    setup.serve(*LATENCY)
    setup.master(*run, *JSON, *LOGS, "--flagpole-rate-per-user", "10", "-s", "5", SHAPE="1")
    for number in (1, 2):
        setup.worker(f"worker{number}", *(setup.url + path for path in PATHS))
    expect_exit(setup, "master")
    expect_exit(setup, "worker")
    setup.stop_server()
    compare_with_journal(setup, json.loads((setup.folder / "stats.json").read_text()), [])
    result = compare_merged(setup, 2)
    # Each step has whole seconds with all of its users: by the schedule, whatever the machine is able to do.
    due = {second["due"] for second in result["seconds"]}
    for users in (10, 40, 5):
        assert any(abs(count - 10 * users) <= 2 for count in due), f"{users} users: {sorted(due)}"


def killed_worker(setup: Setup) -> None:
    """A worker is killed: the others go on, its own log has what it measured, and the merge names it."""
    start(setup, *LOGS, "-s", "10", worker=LOCAL)
    wait_until("the web API answers", lambda: setup.state())
    setup.wait_for_workers(3)
    setup.request("/swarm", user_count=30, spawn_rate=30)
    wait_until("30 users run", lambda: setup.state().get("user_count") == 30)
    time.sleep(4)
    killed = processes(setup, "worker1")[0]
    killed.kill()
    # The master notices after three missed heartbeats.
    wait_until("the master misses the worker", lambda: "missing" in {one["state"] for one in setup.workers().values()})
    setup.post("/stop")
    # The master waits a minute for the killed one.
    others = processes(setup, "worker2") + processes(setup, "worker3")
    wait_until("the others have stopped", lambda: all("has ended" in one.text() for one in others))
    time.sleep(CACHED)
    counted = sum(totals(setup.state()["stats"]).values())
    setup.started[1].signal(signal.SIGTERM)
    expect_exit(setup, "worker2")
    expect_exit(setup, "worker3")
    setup.stop_server()
    code, result, _ = setup.merge(*sorted((setup.folder / "runs").glob("*.hlog")))
    # A report counts what a worker did up to now, its log the seconds that are over.
    logged = result["figures"]["requests"]
    assert 0.8 * counted < logged <= counted <= len(setup.journal()), f"{logged} in the log, {counted} at the master"
    reasons = json.dumps(result["verdict"])
    names = [one["process"] for one in result["processes"]]
    assert len(names) == 3, names
    assert code in (0, 3), code
    assert any(name in reasons for name in names), f"no reason names the killed worker: {reasons}"
    # The log that it kept itself has at least what it sent.
    _, local, _ = setup.merge(*sorted((setup.folder / "local").glob("*.hlog")))
    assert logged <= local["figures"]["requests"] <= len(setup.journal())


def killed_master(setup: Setup) -> None:
    """The master is killed in a run, and another one takes its port: workers say what was lost, and serve it."""
    start(setup, *LOGS, "-s", "10", worker=LOCAL)
    wait_until("the web API answers", lambda: setup.state())
    setup.wait_for_workers(3)
    before = set(setup.workers())
    setup.request("/swarm", user_count=30, spawn_rate=30)
    wait_until("30 users run", lambda: setup.state().get("user_count") == 30)
    time.sleep(4)
    setup.started[1].kill()
    wait_until("all workers have noticed", lambda: all("hlog" in one.text() for one in processes(setup, "worker")))
    first_run = len(setup.journal())
    master = setup.master(*LOGS, "-s", "10", name="second")
    wait_until("the web API answers", lambda: setup.state())
    setup.wait_for_workers(3)
    assert not before & set(setup.workers()), "an identity was used again"
    first_run = len(setup.journal())
    setup.request("/swarm", user_count=30, spawn_rate=30)
    wait_until("30 users run", lambda: setup.state().get("user_count") == 30)
    time.sleep(2)
    setup.post("/stop")
    setup.wait_for_state("stopped")
    counted = sum(totals(setup.state()["stats"]).values())
    master.signal(signal.SIGTERM)
    expect_exit(setup, "worker")
    setup.stop_server()
    journal = setup.journal()
    assert counted == len(journal) - first_run, (
        f"the second master counted {counted}, the server {len(journal) - first_run}"
    )
    # Nothing that was measured is lost: the workers kept it.
    compare_local_logs(setup)


def leaving_worker(setup: Setup) -> None:
    """A worker ends by SIGTERM in a run: its last report counts, and the others go on."""
    start(setup, *LOGS, "-s", "10", worker=LOCAL)
    wait_until("the web API answers", lambda: setup.state())
    setup.wait_for_workers(3)
    setup.request("/swarm", user_count=30, spawn_rate=30)
    wait_until("30 users run", lambda: setup.state().get("user_count") == 30)
    time.sleep(2)
    leaving = processes(setup, "worker1")[0]
    leaving.signal(signal.SIGTERM)
    assert leaving.wait() == 0, leaving.text()
    wait_until("two workers run 30 users", lambda: setup.state().get("user_count") == 30)
    setup.post("/stop")
    setup.wait_for_state("stopped")
    state = setup.state()
    setup.started[1].signal(signal.SIGTERM)
    expect_exit(setup, "worker")
    setup.stop_server()
    compare_with_journal(setup, state["stats"], state["errors"])
    compare_merged(setup, 3)


def page(setup: Setup) -> None:
    """The page of the master, in Chromium: starts a test, shows its statistics and workers, and stops it."""
    picture = os.environ.get("PICTURE")
    faults = [] if picture else FAULTS
    setup.serve(*LATENCY, *faults)
    setup.master(*LOGS, "-s", "10", "--flagpole-rate-per-user", "20")
    for number in (1, 2, 3):
        setup.worker(f"worker{number}", *(setup.url + path for path in PATHS))
    wait_until("the web API answers", lambda: setup.state())
    setup.wait_for_workers(3)
    command = ["node", ROOT / "tests/locust/page.mjs", f"http://127.0.0.1:{setup.web_port}/", *filter(None, [picture])]
    ended = setup.start("page", command, HOME=str(setup.folder)).wait(2 * DEADLINE)
    assert ended == 0, processes(setup, "page")[0].text()
    setup.wait_for_state("stopped")
    time.sleep(CACHED)
    state = setup.state()
    setup.started[1].signal(signal.SIGTERM)
    expect_exit(setup, "worker")
    setup.stop_server()
    compare_with_journal(setup, state["stats"], state["errors"])


ALL: list[Callable[[Setup], None]] = [
    autostart,
    headless,
    web,
    shape,
    killed_worker,
    killed_master,
    leaving_worker,
]
# With the version before.
OLDER: list[Callable[[Setup], None]] = [autostart, web]
