"""The disk is full, or the journal damaged: one clear refusal, and the runs go on when that is put right."""

import contextlib
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from batuta.errors import JournalBroken
from batuta.housekeeping import backup, restore
from batuta.testing.ledger import Ledger
from tests.contract.world import Driver, World, steps_of

COUNT = 20
PLAN = (
    "steps:\n"
    f"  text: {{use: text, each: '{[*range(60)]}', with: {{words: '${{8000 + item}}'}}}}\n"
    f"  pay:\n"
    f"    use: pay_reconciled\n"
    f"    each: '{[*range(COUNT)]}'\n"
    f"    limit: 2\n"
    '    with: {reference: "${inputs.token}-pay${item}"}\n'
    "result: ${size(steps.text)}\n"
)
# The texts alone, packed, take three times as much: the log and what waits to be written into it have each so much.
ROOM_BYTES = 300 * 1024


def paid(world: World) -> dict[str, int]:
    return {name: count for name, count in world.counts().items() if name.startswith("pay")}


ALL_PAID = {f"pay{index}": 1 for index in range(COUNT)}


def refusal_of(driver: Driver) -> dict[str, Any]:
    """What a process says that cannot go on; it ends with exit code 1 and no traceback."""
    line = driver.line()
    while line is not None and "refused" not in line:
        assert "document" not in line, "it did go on"
        line = driver.line()
    assert driver.wait() == 1
    assert line is not None
    assert driver.said_wrong() == ""
    return line


class TestAFullDisk:
    def limit(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM_BYTES, resource.RLIM_INFINITY))

    async def test_refuses_cleanly_and_the_run_goes_on_when_there_is_room(
        self, world: World
    ) -> None:
        world.plan(PLAN)
        with world.run(preexec=self.limit) as driver:
            run = driver.says("run")
            refused = refusal_of(driver)
        assert refused["refused"] == "JournalFull", refused
        assert "make room" in refused["message"] and "resume --all" in refused["message"]
        async with await world.open() as app:
            shown = await app.show(run)
        assert shown["status"] == "running"
        assert set(paid(world).values()) <= {1}

        document = await world.resumed(run)

        assert (document["status"], document["result"]) == ("succeeded", 60)
        assert paid(world) == ALL_PAID

    async def test_killed_and_refused_again_and_again_it_still_pays_once(
        self, world: World
    ) -> None:
        world.plan(PLAN)
        with world.run(preexec=self.limit) as driver:
            run = driver.says("run")
            refusal_of(driver)
        for _ in range(2):
            with world.resume(run, preexec=self.limit) as driver:
                driver.says("resuming")
                refusal_of(driver)

        document = await world.resumed(run)

        assert document["status"] == "succeeded"
        assert paid(world) == ALL_PAID

    async def test_a_run_that_cannot_be_written_is_not_accepted(self, world: World) -> None:
        world.plan(PLAN)
        async with await world.open():
            pass

        def no_room() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

        with world.run(preexec=no_room) as driver:
            refused = refusal_of(driver)

        assert refused["refused"] == "JournalFull", refused
        async with await world.open() as app:
            assert await app.runs() == []
        assert world.counts() == {}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 6 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = None
    if sys.platform == "linux" and os.geteuid() == 0:
        command = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)]
        with contextlib.suppress(FileNotFoundError):
            mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    if not mounted:
        pytest.skip("only root can mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


class TestARealFullDisk:
    async def test_with_another_file_in_the_way_the_run_goes_on_once_that_is_gone(
        self, small_disk: Path, ledger: Ledger
    ) -> None:
        world = World(small_disk / "workspace", ledger)
        world.plan(PLAN)
        async with await world.open():
            pass
        room = shutil.disk_usage(small_disk).free
        (small_disk / "film").write_bytes(b"\0" * (room - ROOM_BYTES))
        with world.run() as driver:
            run = driver.says("run")
            refused = refusal_of(driver)
        assert refused["refused"] == "JournalFull", refused

        # Looking needs no room.
        async with await world.open() as app:
            assert (await app.show(run))["status"] == "running"
        with world.resume(run) as driver:
            driver.says("resuming")
            assert refusal_of(driver)["refused"] == "JournalFull"
        (small_disk / "film").unlink()
        document = await world.resumed(run)

        assert document["status"] == "succeeded"
        assert paid(world) == ALL_PAID


def flip(path: Path, offset: int, count: int = 512) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        piece = file.read(count)
        file.seek(offset)
        file.write(bytes(byte ^ 0xFF for byte in piece))


class TestADamagedJournal:
    @pytest.mark.parametrize("damage", ["a page", "the header", "cut off", "another file", "empty"])
    async def test_is_one_clear_error_and_a_backup_puts_it_right(
        self, world: World, tmp_path: Path, damage: str
    ) -> None:
        world.plan(
            'steps:\n  pay: {use: pay, with: {reference: "${inputs.token}-pay"}}\nresult: ok\n'
        )
        async with await world.open() as app:
            run = (await app.run(world.read_plan(), {"token": world.token}))["run"]
            await backup(app, tmp_path / "backup")
        size = world.journal.stat().st_size
        match damage:
            case "a page":
                for offset in range(4096, size, 4096):
                    flip(world.journal, offset)
            case "the header":
                flip(world.journal, 0, 64)
            case "cut off":
                os.truncate(world.journal, size // 2)
            case "another file":
                world.journal.write_text("dear diary\n" * 1_000)
            case _:
                world.journal.write_bytes(b"")

        with world.resume(run) as driver:
            line = driver.line()
            assert line is not None and line["refused"] == "JournalBroken", line
            assert driver.wait() == JournalBroken.exit_code
            assert str(world.journal) in line["message"]
            assert driver.said_wrong() == ""

        restore(world.folder, tmp_path / "backup")
        document = await world.resumed(run)
        assert (document["status"], steps_of(document)["pay"]["state"]) == ("succeeded", "done")
        assert world.counts() == {"pay": 1}
