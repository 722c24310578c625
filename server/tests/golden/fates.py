#!/usr/bin/env python3
"""The golden vectors of fates, computed without flagpole: `python3 fates.py > fates.txt`.

Columns: path, request number, delay in microseconds, fault; seed 7, latency uniform:500ms..5s, faults 404@5% and
500@10%."""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[3] / "protocol/tests/golden"))
from keyed_rng import draws, self_test

PATHS = ("/flags/ad/ad.gif", "/flags/br/br.gif", "/flags/br/metadata.json", "/flags/cn/cn.gif", "/flags/us/us.gif",
         "/flags/zw/metadata.json", "/", "/nowhere")


def fate(path, number):
    draw = lambda purpose: next(draws(7, 0, path, number, purpose))
    unit = ((draw("delay") >> 12) + 0.5) / 2**52
    share = draw("fault") / 2**64
    fault = "404" if share < 0.05 else "500" if share < 0.15 else "-"
    return round(500_000 + unit * 4_500_000), fault


if __name__ == "__main__":
    self_test()
    print("# Computed by fates.py: path, request number, delay in microseconds, fault.")
    for path in PATHS:
        for number in (1, 2, 3, 4, 1000, 2**64 - 1):
            print(path, number, *fate(path, number))
