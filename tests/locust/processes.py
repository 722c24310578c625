"""Starts servers, masters and workers for the tests with a real Locust, and ends them."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Self

ROOT = Path(__file__).resolve().parents[2]

# Far longer than anything takes on the busiest machine: only a hang fails.
DEADLINE = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(what: str, condition: Callable[[], Any], deadline: float = DEADLINE) -> Any:
    """Waits for a condition, and gives its value."""
    end = time.monotonic() + deadline
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"waited {deadline:.0f} s until {what}")
        time.sleep(0.05)
    return value


class Process:
    """A process whose output goes to a file."""

    def __init__(self, folder: Path, name: str, command: list[str | Path], **variables: str) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self.output: IO[bytes] = self.log.open("wb")
        environment = os.environ | variables
        self.child = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            env=environment,
        )

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def wait(self, deadline: float = DEADLINE) -> int:
        try:
            return self.child.wait(deadline)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{self.name} has not ended after {deadline:.0f} s") from None

    def signal(self, number: signal.Signals) -> None:
        self.child.send_signal(number)

    def kill(self) -> None:
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        self.output.close()


class Setup:
    """A folder, a server and a port of a master, for one scenario. Everything ends with it."""

    def __init__(self, folder: Path, flagpole: Path, locust: Path) -> None:
        self.folder, self.flagpole, self.locust = folder, flagpole, locust
        self.started: list[Process] = []
        self.port, self.web_port = free_port(), free_port()
        self.url = ""
        (folder / "local").mkdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.started):
            process.kill()

    def start(self, name: str, command: list[str | Path], **variables: str) -> Process:
        process = Process(self.folder, name, command, **variables)
        self.started.append(process)
        return process

    def serve(self, *options: str, prefix: tuple[str, ...] = ()) -> Process:
        port = free_port()
        command = ["serve", "--addr", "127.0.0.1", "--port", str(port), "--seed", "7", "--journal", "journal"]
        fields = ["--journal-field", "user-agent"]
        server = self.start("server", [*prefix, self.flagpole, *command, *fields, *options])
        wait_until("the server listens", lambda: b"http://" in server.log.read_bytes())
        self.url = f"http://127.0.0.1:{port}"
        return server

    def master(self, *options: str, name: str = "master", **variables: str) -> Process:
        locustfile = ROOT / "tests/locust/flag_users.py"
        bind = ["--master-bind-host", "*", "--master-bind-port", str(self.port)]
        web = ["--web-host", "127.0.0.1", "--web-port", str(self.web_port)]
        return self.start(
            name,
            [self.locust, "-f", locustfile, "--master", *bind, *web, "--host", self.url, *options],
            PYTHONPATH=str(ROOT / "examples/locust"),
            **variables,
        )

    def worker(self, name: str, *options: str | Path, prefix: tuple[str, ...] = (), host: str = "127.0.0.1") -> Process:
        master = ["--master-host", host, "--master-port", str(self.port)]
        return self.start(name, [*prefix, self.flagpole, "worker", *options, *master])

    def python_worker(self, name: str) -> Process:
        master = ["--master-host", "127.0.0.1", "--master-port", str(self.port)]
        locustfile = ROOT / "tests/locust/flag_users.py"
        return self.start(
            name, [self.locust, "-f", locustfile, "--worker", *master], PYTHONPATH=str(ROOT / "examples/locust")
        )

    # The web API of the master.

    def request(self, path: str, **form: object) -> Any:
        data = urllib.parse.urlencode(form).encode() if form else None
        with urllib.request.urlopen(f"http://127.0.0.1:{self.web_port}{path}", data, 10) as response:
            return json.load(response)

    def post(self, path: str) -> Any:
        """Older versions of Locust stop a test by GET."""
        try:
            return self.request(path, _="")
        except urllib.error.HTTPError as error:
            if error.code != 405:
                raise
            return self.request(path)

    def state(self) -> dict[str, Any]:
        try:
            return dict(self.request("/stats/requests"))
        except (urllib.error.URLError, ConnectionError):
            return {}

    def workers(self) -> dict[str, dict[str, Any]]:
        return {worker["id"]: worker for worker in self.state().get("workers", [])}

    def wait_for_workers(self, count: int) -> None:
        def ready() -> bool:
            states = [worker["state"] for worker in self.workers().values()]
            return len(states) == count and "missing" not in states

        wait_until(f"{count} workers are ready", ready)

    def wait_for_state(self, *states: str) -> None:
        wait_until(f"the master is {' or '.join(states)}", lambda: self.state().get("state") in states)

    # What was counted.

    def journal(self) -> list[dict[str, Any]]:
        lines = (self.folder / "journal").read_text().splitlines()
        return [entry for line in lines if (entry := json.loads(line)).get("event") == "end"]

    def stop_server(self) -> None:
        """Ends the server, so that its journal is complete."""
        server = self.started[0]
        server.signal(signal.SIGTERM)
        server.wait()

    def merge(self, *files: Path) -> tuple[int, dict[str, Any], str]:
        """The exit code, result and messages of `flagpole merge`."""
        command = [str(self.flagpole), "merge", *map(str, files), "--format", "json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=False)
        return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr


def is_ours(entry: dict[str, Any]) -> bool:
    """Whether a request of the journal is one of `flagpole worker`; the others are of Locust's own worker."""
    return not str(entry.get("fields", {}).get("user-agent", "")).startswith("python")


def by_endpoint(entries: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    return Counter((entry["method"], entry["resource"]) for entry in entries)


def is_failure(entry: dict[str, Any]) -> bool:
    return entry["end"] != "completed" or (entry["status"] or 0) >= 400


def failures(entries: list[dict[str, Any]]) -> Counter[str]:
    """By what the client sees: a status, or a connection that ended early."""
    kinds = (
        str(entry["status"]) if entry["end"] == "completed" else "connection" for entry in entries if is_failure(entry)
    )
    return Counter(kinds)


def error_kinds(errors: list[dict[str, Any]]) -> Counter[str]:
    """The same of what the master shows."""
    counts: Counter[str] = Counter()
    for error in errors:
        text = error["error"].replace("not found", "404")
        status = re.search(r"\b([45]\d\d)\b", text)
        counts[status[1] if status else "connection"] += error["occurrences"]
    return counts
