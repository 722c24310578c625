#!/usr/bin/env python3
"""The golden vectors of `KeyedRng`, computed without it: `python3 keyed_rng.py > keyed_rng.txt`.

Columns: seed, rule, path, request number, purpose, the first three draws (hexadecimal).
SipHash-2-4 as in J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", 2012."""

MASK = (1 << 64) - 1
DOMAIN = int.from_bytes(b"flagpole", "little")
PURPOSES = {"delay": 0, "fault": 1, "fault detail": 2, "backoff": 3, "trial order": 4}
# Not in the vectors, which tests of the client hold.
CLIENT_PURPOSES = {"arrival": 5, "target order": 6, "think time": 7}


def rotate(word, bits):
    return (word << bits | word >> (64 - bits)) & MASK


def siphash(keys, message):
    v0 = keys[0] ^ 0x736F6D6570736575
    v1 = keys[1] ^ 0x646F72616E646F6D
    v2 = keys[0] ^ 0x6C7967656E657261
    v3 = keys[1] ^ 0x7465646279746573

    def rounds(count):
        nonlocal v0, v1, v2, v3
        for _ in range(count):
            v0, v2 = (v0 + v1) & MASK, (v2 + v3) & MASK
            v1, v3 = rotate(v1, 13) ^ v0, rotate(v3, 16) ^ v2
            v0 = rotate(v0, 32)
            v2, v0 = (v2 + v1) & MASK, (v0 + v3) & MASK
            v1, v3 = rotate(v1, 17) ^ v2, rotate(v3, 21) ^ v0
            v2 = rotate(v2, 32)

    padded = message + bytes(7 - len(message) % 8) + bytes([len(message) % 256])
    for at in range(0, len(padded), 8):
        word = int.from_bytes(padded[at : at + 8], "little")
        v3 ^= word
        rounds(2)
        v0 ^= word
    v2 ^= 0xFF
    rounds(4)
    return v0 ^ v1 ^ v2 ^ v3


def draws(seed, rule, path, number, purpose):
    """All draws for one purpose, one after the other."""
    count = 0
    while True:
        header = number.to_bytes(8, "little") + count.to_bytes(4, "little") + rule.to_bytes(2, "little")
        yield siphash((seed, DOMAIN), header + bytes([(PURPOSES | CLIENT_PURPOSES)[purpose]]) + path.encode())
        count += 1


def self_test():
    """The vector of the paper, appendix A: key 00..0f, message 00..0e."""
    key = bytes(range(16))
    keys = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    assert siphash(keys, bytes(range(15))) == 0xA129CA6149BE45E5


if __name__ == "__main__":
    self_test()
    print("# Computed by keyed_rng.py: seed, rule, path, request number, purpose, the first three draws.")
    for seed in (7, MASK):
        for rule in (0, 3):
            for path in ("/flags/br/br.gif", "/flags/us/metadata.json", "/", "/" + "é" * 40):
                for number in (1, MASK):
                    for purpose in PURPOSES:
                        source = draws(seed, rule, path, number, purpose)
                        words = " ".join(f"{next(source):016x}" for _ in range(3))
                        print(seed, rule, path, number, PURPOSES[purpose], words)
