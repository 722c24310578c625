"""Tests of `flagpole worker` with a real Locust. Usage: python tests/locust FLAGPOLE LOCUST OLDER_LOCUST [SCENARIO...]

The scenarios run at the same time, as they mostly wait. `silent_for_70_seconds` runs only if it is named.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import network
import scenarios
from processes import Setup

if TYPE_CHECKING:
    from collections.abc import Callable

# How many scenarios run at a time: each has up to six processes.
PARALLEL = 4


# How often a scenario is repeated for which the machine was too busy.
REPEATS = 2


def carry_out(
    name: str, scenario: Callable[[Setup], None], flagpole: Path, locust: Path, repeats: int = REPEATS
) -> bool:
    start = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="flagpole-locust-") as folder,
        Setup(Path(folder), flagpole, locust) as setup,
    ):
        try:
            scenario(setup)
        except Exception as error:  # noqa: BLE001
            if isinstance(error, scenarios.StarvedError) and repeats > 0:
                print(f"locust: {name}: repeated, as the machine was too busy", flush=True)
                return carry_out(name, scenario, flagpole, locust, repeats - 1)
            logs = "".join(f"--- {one.log.name}\n{one.text()[-1500:]}" for one in setup.started if one.log.exists())
            print(f"locust: {name}: FAILED\n{traceback.format_exc()}{logs}", flush=True)
            return False
    print(f"locust: {name}: ok, {time.monotonic() - start:.0f} s", flush=True)
    return True


def main() -> int:
    flagpole, locust, older = (Path(word).absolute() for word in sys.argv[1:4])
    wanted = sys.argv[4:]
    jobs = [(one.__name__, one, locust) for one in scenarios.ALL]
    if network.is_possible():
        jobs.append(("silent_for_7_seconds", network.silent_for_7_seconds, locust))
        jobs += [("silent_for_70_seconds", network.silent_for_70_seconds, locust)] * ("silent_for_70_seconds" in wanted)
    else:
        print("locust: silent networks: skipped: network namespaces need root and `ip`", flush=True)
    if "CHROMIUM" in os.environ:
        jobs.append(("page", scenarios.page, locust))
    else:
        print("locust: page: skipped: Node or Chromium is missing", flush=True)
    jobs += [(f"{one.__name__} (version before)", one, older) for one in scenarios.OLDER]
    if wanted:
        jobs = [job for job in jobs if job[0].split()[0] in wanted]
    with ThreadPoolExecutor(PARALLEL) as pool:
        results = list(pool.map(lambda job: carry_out(job[0], job[1], flagpole, job[2]), jobs))
    return 0 if all(results) else 1


sys.exit(main())
