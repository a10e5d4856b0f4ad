"""A team that dies goes on where it was: what was said is not asked again."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from batuta import App
from batuta.patterns import Critic, critic_loop, critic_round
from batuta.testing.providers import Answer, Asked, Providers
from tests.patterns.team import as_json, write_workspace

ROUND = critic_round("fast", Critic("strong"))
LOOP = critic_loop(ROUND)
# What the process imports takes half a minute on a machine that much else is going on on.
WAIT_S = 180.0


def run_of(folder: Path) -> subprocess.Popen[bytes]:
    words = ["run", "--plan", "critic_loop", "--input", "task=write"]
    command = [sys.executable, "-m", "batuta", *words]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)


async def test_a_critic_loop_that_is_killed_in_its_third_draft_asks_for_no_other_again(
    tmp_path: Path,
) -> None:
    begun = threading.Event()
    victim: list[int] = []
    drafts = 0

    def says(asked: Asked) -> Answer:
        nonlocal drafts
        if asked.model == "strong":
            passed = "draft 4" in asked.text
            return Answer(as_json({"passed": passed, "flaws": [] if passed else ["too long"]}))
        drafts += 1
        if drafts == 3:
            assert begun.wait(WAIT_S)
            os.kill(victim[0], signal.SIGKILL)
        return Answer(f"draft {drafts}")

    with Providers(says) as providers:
        write_workspace(tmp_path, providers.url(), [LOOP, ROUND])
        with run_of(tmp_path) as process:
            victim.append(process.pid)
            begun.set()
            try:
                assert process.wait(WAIT_S) == -signal.SIGKILL
            finally:
                process.kill()
        async with await App.open(tmp_path) as app:
            (row,) = await app.runs()
            ended = await app.resume(row.run)
        asked = [one.model for one in providers.requests]
    assert (ended["status"], ended["error"]) == ("succeeded", None)
    assert ended["result"] == {"answer": "draft 4", "passed": True, "flaws": [], "rounds": 3}
    # The draft that was under way is asked for once more, and nothing else is.
    assert asked == ["fast", "strong", "fast", "strong", "fast", "fast", "strong"]
