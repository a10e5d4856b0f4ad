"""What every test shares: how long Hypothesis may look, a time zone that is nobody's home, and bytecode."""

import gc
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Where the machine says that nothing be compiled ahead, every process that a test starts compiles Batuta again, which
# takes as long as the rest of it (0.9 s instead of 0.5 s), and every worker rewrites every test.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Sound laws do not depend on how fast the machine of the day is, hence no deadlines,
# neither for a law nor for the making of its data.
AT_ANY_SPEED = settings(
    deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("dev", AT_ANY_SPEED, max_examples=60)
# In CI the same examples every time: a failure there is news about the change, not about the dice.
settings.register_profile("ci", AT_ANY_SPEED, derandomize=True, max_examples=100)
# For a quiet night: HYPOTHESIS_PROFILE=long make test
settings.register_profile("long", AT_ANY_SPEED, max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))

# Who starts this in the background has Ctrl-C ignored, and so would every process that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Far from UTC and with a half hour in it: code that mixes local time into facts fails here.
os.environ["TZ"] = "Asia/Kolkata"
if hasattr(time, "tzset"):
    time.tzset()


# Folders and files that take longest, in this order.
LONG = (
    "test_mutants.py", "benchmarks", "contract", "docs", "examples", "patterns", "doors", "test_replanning.py",
    "capabilities", "client", "deploy", "evaluation", "knowledge", "planning",
)  # fmt: skip


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are processors: a test that waits for a process leaves its own to the others."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts processes comes first: files of one test that takes half a minute are no good end for many workers,
    as all but one of them wait for it. (`--no-loadscope-reorder` lets it be so.)
    """
    ranks = {name: rank for rank, name in enumerate(LONG)}
    here = Path(__file__).parent
    items.sort(key=lambda one: ranks.get(one.path.relative_to(here).parts[0], len(LONG)))


def pytest_collection_finish() -> None:
    """What was collected stays. A collection of garbage that walks over all of it takes a second, and falls into any
    test, also into one that measures.
    """
    gc.collect()
    gc.freeze()
