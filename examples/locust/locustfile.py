"""The side of Locust's master in a load that `flagpole worker` makes; see docs/distributed.md of flagpole.

The master needs user classes with the names that the workers know. It never runs them, but says how many users of each there are.
It appends the interval logs that the workers send with their reports to `<run>.hlog`, for `flagpole merge`.
"""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from locust import User, constant, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import MasterRunner

RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Run(NamedTuple):
    """A run that this master has started."""

    given_name: str
    files: list[Path]


# By name. Reports name their run, and must not choose another file.
runs: dict[str, Run] = {}
# Where logs go: one folder or none. It is that of the command line, whatever the web page sends.
folders: list[Path] = []


class CarriedOutByFlagpole(User):
    """A user whose requests `flagpole worker` makes."""

    abstract = True
    wait_time = constant(1)

    @task
    def needs_flagpole(self) -> None:
        """Is reached only in a worker of Locust's own."""
        raise NotImplementedError(f"`flagpole worker` makes the requests of {type(self).__name__}, not this worker")


class FlagpoleUser(CarriedOutByFlagpole):
    """Requests the URLs of the workers, or those of `--flagpole-paths`."""


# With `flagpole worker classes.toml`, a class for each table of the file instead:
#
#     class Reader(CarriedOutByFlagpole):
#         weight = 3
#
#     class Buyer(CarriedOutByFlagpole):
#         weight = 1


def run_name(text: str) -> str:
    """Refuses what is no name of a file on every system."""
    if text and not RUN_NAME.fullmatch(text):
        raise ArgumentTypeError(f"expected letters, digits, `.`, `_` and `-`, got `{text}`")
    return text


@events.init_command_line_parser.add_listener
def add_arguments(parser: LocustArgumentParser, **_kwargs: Any) -> None:
    """Adds what workers get from the master: where a value is empty, they decide."""
    for name, help_text in {
        "rate-per-user": "Requests per second of each user, whatever responses take: `20`, `90/m` (open model)",
        "arrivals": "Arrivals of the open model: `constant` or `poisson`",
        "think": "Pause of a user between a response and the next request: `1s`, `100ms..2s` (closed model)",
        "paths": "Paths to request, with spaces between: `/ /about`",
        "timeout": "Time limit of a request: `2s`",
    }.items():
        variable = "FLAGPOLE_" + name.upper().replace("-", "_")
        parser.add_argument(f"--flagpole-{name}", type=str, default="", env_var=variable, help=help_text)
    parser.add_argument(
        "--flagpole-run",
        type=run_name,
        default="",
        include_in_web_ui=False,
        help="Name of the run, and of its file `<run>.hlog`; default: its time",
    )
    parser.add_argument(
        "--hlog-folder",
        type=str,
        default=".",
        include_in_web_ui=False,
        help="Folder for `<run>.hlog`; empty: no file",
    )


@events.init.add_listener
def make_folder(environment: Environment, **_kwargs: Any) -> None:
    """Makes the folder for logs."""
    options = environment.parsed_options
    if options is not None and options.hlog_folder and isinstance(environment.runner, MasterRunner):
        folders.append(Path(options.hlog_folder))
        folders[0].mkdir(parents=True, exist_ok=True)


@events.test_start.add_listener
def name_run(environment: Environment, **_kwargs: Any) -> None:
    """Gives the run a name, which the workers get with their first users."""
    options = environment.parsed_options
    if options is None or not isinstance(environment.runner, MasterRunner):
        return
    # A further run of this master has the options of the one before.
    before = runs.get(options.flagpole_run)
    given_name = before.given_name if before else options.flagpole_run
    # The web page can send any option.
    if not RUN_NAME.fullmatch(given_name):
        given_name = ""
    base = given_name or f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    name, number = base, 1
    while name in runs or any((folder / f"{name}.hlog").exists() for folder in folders):
        number += 1
        name = f"{base}-{number}"
    runs[name] = Run(given_name, [folder / f"{name}.hlog" for folder in folders])
    options.flagpole_run = name


@events.worker_report.add_listener
def append_log(data: dict[str, Any], **_kwargs: Any) -> None:
    """Appends what a worker has measured to the file of its run."""
    log, run = data.get("flagpole_log"), runs.get(str(data.get("flagpole_run")))
    for name in run.files if log and run else []:
        with name.open("a", encoding="utf-8") as file:
            file.write(log)
