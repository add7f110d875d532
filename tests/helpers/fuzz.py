"""Mutations of small files, for Hypothesis: what a bad line, a bad program and a bad person make of a picture.

`LESION_FUZZ_SECONDS=300` (`make fuzz`) makes each test go on for so long, from another seed each time.
"""

import os
import random
import struct
import time
from collections.abc import Callable, Sequence

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.strategies import DrawFn

SECONDS = float(os.environ.get("LESION_FUZZ_SECONDS") or 0)
NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)
BATCH = 500


@st.composite
def mutated(draw: DrawFn, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds, changed at one to six places."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 6))):
        # Headers decide most, so that half of the changes are made in the first 200 bytes.
        most = max(0, min(len(data), 200) if draw(st.booleans()) else len(data))
        at = draw(st.integers(0, most))
        length = draw(st.sampled_from((1, 2, 4, 8, 40, 1000)))
        match draw(st.sampled_from(("set", "number", "cut", "take out", "insert", "repeat", "splice"))):
            case "set":
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
            case "number":
                order, width = draw(st.sampled_from("<>")), draw(st.sampled_from("BHI"))
                size = struct.calcsize(width)
                value = draw(st.sampled_from(NUMBERS)) & (1 << 8 * size) - 1
                data[at : at + size] = struct.pack(order + width, value)
            case "cut":
                del data[at:]
            case "take out":
                del data[at : at + length]
            case "insert":
                data[at:at] = draw(st.binary(max_size=16))
            case "repeat":
                data[at:at] = data[at : at + length] * draw(st.sampled_from((1, 2, 50)))
            case "splice":
                other = draw(st.sampled_from(seeds))
                data[at:] = other[at:]
    return bytes(data)


def explore(strategy: st.SearchStrategy[bytes], check: Callable[[bytes], None], examples: int) -> int:
    """Calls `check` with `examples` draws, the same each time; with LESION_FUZZ_SECONDS with others until then.

    Returns:
        How many were tried.
    """
    tried = 0

    def run(count: int, start: int) -> None:
        @seed(start)
        @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(upload=strategy)
        def one(upload: bytes) -> None:
            nonlocal tried
            tried += 1
            check(upload)

        one()

    if not SECONDS:
        run(examples, 1)
        return tried
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        run(BATCH, random.SystemRandom().randrange(1 << 32))
    return tried
