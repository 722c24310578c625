"""For the tests with a real Locust: a class whose requests Locust's own worker makes too, and shapes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

# The locustfile that flagpole comes with: its arguments and listeners. Its class is not used.
import locustfile  # noqa: F401
import msgpack
from locust import HttpUser, LoadTestShape, constant, events, task


class FlagUser(HttpUser):
    """Requests what the tests give to `flagpole worker`."""

    wait_time = constant(0.02)

    @task
    def flag(self) -> None:
        self.client.get("/flags/br/br.gif")

    @task
    def metadata(self) -> None:
        self.client.get("/flags/us/metadata.json")


if os.environ.get("SHAPE"):

    class Steps(LoadTestShape):
        """Users over time: 5 s each."""

        def tick(self) -> tuple[int, float] | None:
            step = int(self.get_run_time() / 5)
            users = [10, 40, 5]
            return (users[step], 100.0) if step < len(users) else None


if os.environ.get("REPORT_SIZES"):

    @events.worker_report.add_listener
    def note_size(data: dict[str, Any], **_kwargs: Any) -> None:
        """Notes the bytes of a report, and those of them that are the interval log."""
        sizes = len(msgpack.packb(data, use_bin_type=True)), len(data.get("flagpole_log", ""))
        with Path(os.environ["REPORT_SIZES"]).open("a", encoding="utf-8") as file:
            print(*sizes, file=file)
