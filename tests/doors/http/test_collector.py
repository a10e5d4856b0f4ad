"""The collector of a process that serves looks often, and of one that does no longer as before."""

import subprocess
import sys

# In a process of its own: what it freezes and thaws is all that there is, and this one has much.
_PROGRAM = """
import gc
from batuta.doors.http.collector import short_pauses

before = gc.get_threshold()
with short_pauses():
    assert gc.get_threshold()[0] == 2_000
    assert gc.get_freeze_count() > 1_000
assert gc.get_threshold() == before
assert gc.get_freeze_count() == 0
"""


def test_pauses_are_short_while_somebody_serves_and_all_is_as_before_afterwards() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
