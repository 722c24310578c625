"""Workers in a network namespace whose link goes down: no packet arrives, and no end of a connection either."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import uuid
from typing import Any, Self

from processes import Setup, wait_until
from scenarios import (
    CACHED,
    FAULTS,
    LATENCY,
    LOCAL,
    LOGS,
    PATHS,
    compare_local_logs,
    compare_merged,
    compare_with_journal,
    expect_exit,
    processes,
)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Namespace:
    """A namespace with a link to this one; 198.18.0.0/15 is for tests (RFC 2544)."""

    def __init__(self) -> None:
        unique = uuid.uuid4().hex
        self.name, self.link = f"flagpole-{unique[:8]}", f"fp{unique[:8]}"
        third = int(unique[:2], 16)
        self.host, self.inside = f"198.18.{third}.1", f"198.18.{third}.2"

    def __enter__(self) -> Self:
        ip("netns", "add", self.name)
        ip("link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        ip("addr", "add", f"{self.host}/30", "dev", self.link)
        ip("link", "set", self.link, "up")
        ip("-n", self.name, "addr", "add", f"{self.inside}/30", "dev", "eth0")
        for link in ("eth0", "lo"):
            ip("-n", self.name, "link", "set", link, "up")
        return self

    def __exit__(self, *_: object) -> None:
        ip("netns", "del", self.name)
        subprocess.run(["ip", "link", "del", self.link], check=False, capture_output=True)

    def prefix(self) -> tuple[str, ...]:
        return ("ip", "netns", "exec", self.name)

    def set_link(self, state: str) -> None:
        ip("link", "set", self.link, state)


def is_possible() -> bool:
    if os.geteuid() != 0 or not shutil.which("ip"):
        return False
    try:
        with Namespace():
            return True
    except subprocess.CalledProcessError:
        return False


def begin(setup: Setup, space: Namespace) -> None:
    """A run of two workers beyond the link. The server is on their side of it: only the master is not reached."""
    setup.serve(*LATENCY, *FAULTS, prefix=space.prefix())
    setup.master(*LOGS, "-s", "10")
    urls = [setup.url + path for path in PATHS]
    for number in (1, 2):
        setup.worker(f"worker{number}", *urls, *LOCAL, prefix=space.prefix(), host=space.host)
    wait_until("the web API answers", lambda: setup.state())
    setup.wait_for_workers(2)
    swarm(setup)
    time.sleep(2)


def swarm(setup: Setup) -> None:
    setup.request("/swarm", user_count=20, spawn_rate=20)
    wait_until("20 users run", lambda: setup.state().get("user_count") == 20)


def be_silent(space: Namespace, seconds: float) -> None:
    space.set_link("down")
    time.sleep(seconds)
    space.set_link("up")


def finish(setup: Setup, runs: int = 1) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Stops the test and everything; gives what the master counted."""
    setup.post("/stop")
    # The master may have stopped the test when it missed the last worker, before the workers know it.
    workers = processes(setup, "worker")
    wait_until("both workers have stopped", lambda: all(one.text().count("has ended") >= runs for one in workers))
    time.sleep(CACHED)
    state = setup.state()
    setup.started[1].signal(signal.SIGTERM)
    expect_exit(setup, "worker")
    setup.stop_server()
    return state["stats"], state["errors"]


def silent_for_7_seconds(setup: Setup) -> None:
    """The master misses the workers and gets them back; nothing is lost."""
    with Namespace() as space:
        begin(setup, space)
        be_silent(space, 7)
        setup.wait_for_workers(2)
        stats, errors = finish(setup)
        compare_with_journal(setup, stats, errors)
        compare_merged(setup, 2)
        compare_local_logs(setup)


def silent_for_70_seconds(setup: Setup) -> None:
    """The workers give up the master, keep what they measured, and come back with new identities for another run."""
    with Namespace() as space:
        begin(setup, space)
        before = set(setup.workers())
        be_silent(space, 70)
        wait_until("both workers are back", lambda: len(set(setup.workers()) - before) == 2, 120)
        first_run = len(setup.journal())
        swarm(setup)
        time.sleep(2)
        finish(setup, runs=2)
        assert len(setup.journal()) > first_run, "the workers made no requests in the second run"
        compare_local_logs(setup)
