"""Power fails at any moment: what was acknowledged is there, and the file is whole."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from batuta.journal.file import connection
from batuta.journal.file.check import check_journal
from batuta.journal.file.connection import connect, create
from batuta.journal.sqlite import open_sqlite
from batuta.spec.facts import Accepted, Fact, Skipped
from batuta.spec.request import Request
from batuta.spec.value import encode
from tests.journal.disks import RecordingDisk

IMAGES = 200
TORTURE_IMAGES = int(os.environ.get("BATUTA_TORTURE_ROUNDS", "10000"))
BATCHES = 40
# Pages in the write-ahead log that bring about a checkpoint: so few that there are many checkpoints in a run.
CHECKPOINT_PAGES = 50


def _checkpoint_often(db: apsw.Connection) -> None:
    db.wal_autocheckpoint(CHECKPOINT_PAGES)


@pytest.fixture
def disk() -> Iterator[RecordingDisk]:
    disk = RecordingDisk("recording")
    apsw.connection_hooks.append(_checkpoint_often)
    yield disk
    apsw.connection_hooks.remove(_checkpoint_often)
    disk.unregister()


def _facts(rng: random.Random, batch: int) -> list[Fact]:
    if batch == 0:
        return [Accepted(at=0.0, run="run", request=Request(plan="p"), salt="00")]
    size = rng.randint(1, 6)
    return [Skipped(at=float(batch), path=f"s{batch}", term=n, why="x" * 300) for n in range(size)]


async def _images(
    disk: RecordingDisk, folder: Path, seed: int
) -> tuple[list[tuple[int, dict[str, bytes]]], Path]:
    """Append under `seed`; images of what a power loss would leave, each with the head acknowledged by then.

    They are taken right after each acknowledgement, and now and then before a write or sync of the file.
    """
    rng = random.Random(seed)
    disk.forget()
    path = folder / f"journal{seed}"
    create(path)  # by the plain file system: what is there before is on the plate
    journal = open_sqlite(path, vfs=disk.name)
    images: list[tuple[int, dict[str, bytes]]] = []
    acknowledged = head = 0
    timing = random.Random(seed)

    def perhaps() -> None:
        if timing.random() < 0.02:
            images.append((acknowledged, disk.after_power_loss(timing)))

    disk.before_each = perhaps
    for batch in range(BATCHES):
        journal.put(encode([seed, batch, "v" * rng.randint(1, 9_000)]))
        receipt = journal.append("run", _facts(rng, batch), after=head)
        if rng.random() < 0.7:
            await journal.commit(receipt)
            acknowledged = receipt.head
            images.append((acknowledged, disk.after_power_loss(rng)))
        head = receipt.head
    await journal.close()
    disk.before_each = lambda: None
    return images, path


def _head_after(image: dict[str, bytes], folder: Path) -> int:
    """Write the image as files, open them as after a reboot, read everything; the head of the run."""
    here = folder / "after"
    here.mkdir(exist_ok=True)
    for file in here.iterdir():
        file.unlink()
    for name, content in image.items():
        if not name.endswith("-shm"):
            end = "-wal" if name.endswith("-wal") else ""
            (here / f"journal{end}").write_bytes(content)
    path = here / "journal"
    db = connect(path)
    try:
        return check_journal(db, path)
    finally:
        db.close()


@pytest.mark.parametrize("count", [IMAGES, pytest.param(TORTURE_IMAGES, marks=pytest.mark.torture)])
async def test_no_power_loss_takes_an_acknowledged_fact_or_harms_the_file(
    disk: RecordingDisk, tmp_path: Path, count: int
) -> None:
    seen, seed, lost = 0, 0, 0
    while seen < count:
        for head, image in (await _images(disk, tmp_path, seed))[0]:
            lost += _head_after(image, tmp_path) < head
            seen += 1
        seed += 1
    assert lost == 0


async def test_the_same_images_without_syncing_every_commit_do_lose_some(
    disk: RecordingDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_SYNCHRONOUS", "NORMAL")
    images, _ = await _images(disk, tmp_path, seed=0)
    assert sum(_head_after(image, tmp_path) < head for head, image in images) > 0
