#!/usr/bin/env python3
"""What rand 0.10.4 makes of `KeyedRng`, computed without either: the golden values of backoff, flipped bits and the
order of trials, which are in the tests of those modules. `python3 rand_uses.py` prints them.

Ranges as in `UniformInt::sample_single_inclusive` (Canon's method), samples as in `sample_floyd`, shuffles as in
`IncreasingUniform`."""

import sys
from decimal import Decimal, getcontext
from itertools import islice

sys.dont_write_bytecode = True
from keyed_rng import draws, self_test


def random_range(source, low, high, bits):
    """From low to high, both included, of an integer type with this many bits."""
    mask = (1 << bits) - 1
    size = high - low + 1
    product = (next(source) & mask) * size
    result, rest = product >> bits, product & mask
    if rest > (1 << bits) - size:
        result += rest + ((next(source) & mask) * size >> bits) > mask
    return low + result


def sample_floyd(source, length, amount):
    indices = []
    for last in range(length - amount, length):
        index = random_range(source, 0, last, 32)
        if index in indices:
            indices[indices.index(index)] = last
        indices.append(index)
    return indices


def shuffle(source, items):
    chunk, remaining = 0, 1
    for place in range(len(items)):
        size = place + 1
        if remaining == 0:
            bound, remaining = size, 1
            while bound * (size + remaining) < 1 << 32:
                bound *= size + remaining
                remaining += 1
            chunk = random_range(source, 0, bound - 1, 32)
        remaining -= 1
        chunk, index = (0, chunk) if remaining == 0 else divmod(chunk, size)
        items[place], items[index] = items[index], items[place]
    return items


def poisson(seed):
    """The unit process of Poisson arrivals, in requests; rounded to 1 / (1.2 * 10^14) as the arrivals of the client are."""
    getcontext().prec = 40
    unit, total, number = Decimal(10) ** 14 * 12 / 10, Decimal(0), 0
    while True:
        number += 1
        draw = next(draws(seed, 0, "", number, "arrival"))
        u = (Decimal(draw >> 12) + Decimal("0.5")) / (1 << 52)
        total += (-(1 - u).ln() * unit).to_integral_value() / unit
        yield total


if __name__ == "__main__":
    self_test()
    longest = [100_000_000, 200_000_000, 400_000_000]
    waits = [random_range(draws(7, 0, "/flags/br/br.gif", n, "backoff"), 0, longest[n - 1], 64) for n in (1, 2, 3)]
    print("backoff in ns, seed 7, tries 1 to 3 of /flags/br/br.gif:", waits)
    print("3 of 128 bits, draw 7:", sorted(sample_floyd(draws(7, 0, "", 0, "fault detail"), 128, 3)))
    for number in (1, 2):
        print(f"order of 5, seed 7, round {number}:", shuffle(draws(7, 0, "", number, "trial order"), list(range(5))))
    arrivals = list(islice(poisson(7), 6))
    print("poisson arrivals, seed 7, 1000/s, in ns:", [int(time * 10**6) for time in arrivals])
    # The integral of 0..1000/s over 10 s is 50 t^2.
    print("poisson arrivals, seed 7, 10s:0..1000/s, in ns:", [int((time / 50).sqrt() * 10**9) for time in arrivals])
    passes = [shuffle(draws(7, 0, "", number, "target order"), list(range(5))) for number in (1, 2)]
    print("shuffled targets, 5, seed 7, 2 passes:", passes[0] + passes[1])
    weighted = [random_range(draws(7, 0, "", number, "target order"), 0, 3, 64) for number in range(1, 11)]
    print("weighted targets, 1 0 3, seed 7:", [0 if draw < 1 else 2 for draw in weighted])
