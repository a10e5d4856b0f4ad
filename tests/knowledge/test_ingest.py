"""A collection follows its files: what changed is read, what is gone is forgotten, what is broken is told of."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from batuta.errors import NotDone
from batuta.knowledge.capability import KNOWLEDGE_FILE
from batuta.knowledge.ingest import FILE_BYTES_MAX, Ingested, Step
from batuta.knowledge.store import Store
from tests.knowledge.pages import pdf
from tests.knowledge.rooms import EMBEDDER, Shelf

RETURNS = "# Returns\n\nYou may return goods within 30 days.\n"
FEES = "# Fees\n\nExpress delivery costs nine euros.\n"


def counted(told: Ingested) -> dict[str, int]:
    kinds = ("added", "changed", "unchanged", "removed", "failed", "waiting", "chunks", "embedded")
    return {kind: getattr(told, kind) for kind in kinds if getattr(told, kind)}


async def test_only_what_changed_is_read_again(shelf: Shelf) -> None:
    shelf.write("a.md", RETURNS)
    shelf.write("b.md", FEES)
    assert counted(await shelf.ingest()) == {"added": 2, "chunks": 2, "embedded": 2}
    assert counted(await shelf.ingest()) == {"unchanged": 2}
    shelf.write("a.md", RETURNS.replace("30", "60"))
    assert counted(await shelf.ingest()) == {
        "changed": 1, "unchanged": 1, "chunks": 1, "embedded": 1
    }  # fmt: skip
    assert "60 days" in (await shelf.search("return goods"))[0].hit.text


async def test_a_change_within_the_same_tick_and_size_is_seen(shelf: Shelf) -> None:
    shelf.write("a.md", RETURNS)
    before = (shelf.root / "a.md").stat()
    await shelf.ingest()
    shelf.write("a.md", RETURNS.replace("30", "60"))
    os.utime(shelf.root / "a.md", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert counted(await shelf.ingest())["changed"] == 1


async def test_a_deleted_file_is_not_found_any_more(shelf: Shelf) -> None:
    shelf.write("a.md", RETURNS)
    shelf.write("b.md", FEES)
    await shelf.ingest()
    assert await shelf.sources("how much is express delivery") == ["b.md"]
    (shelf.root / "b.md").unlink()
    assert counted(await shelf.ingest()) == {"unchanged": 1, "removed": 1}
    assert await shelf.sources("how much is express delivery") == []


async def test_the_same_words_are_embedded_once_though_their_file_moves(shelf: Shelf) -> None:
    shelf.write("a.md", RETURNS)
    await shelf.ingest()
    (shelf.root / "a.md").rename(shelf.root / "b.md")
    assert counted(await shelf.ingest()) == {"added": 1, "removed": 1, "chunks": 1}


async def test_broken_files_are_told_of_and_the_others_go_on(shelf: Shelf) -> None:
    shelf.write("a.md", RETURNS)
    shelf.write("bad.pdf", pdf("Words")[:200])
    shelf.write("old.txt", "Grüße".encode("cp1252"))
    shelf.write("data.txt", bytes(range(256)))
    shelf.write("page.html", b"<p " + b"a " * 300_000)
    shelf.write("letter.docx", b"PK")
    with (shelf.root / "huge.csv").open("wb") as file:
        file.truncate(2 * 1_024**3)  # two gigabytes, of which the disk knows nothing
    (shelf.root / "link.md").symlink_to("/etc/hostname")
    told = await shelf.ingest()
    assert [(one.source, one.code) for one in sorted(told.findings, key=lambda it: it.source)] == [
        ("bad.pdf", "damaged"),
        ("data.txt", "binary"),
        ("huge.csv", "too_large"),
        ("letter.docx", "damaged"),
        ("link.md", "outside"),
        ("old.txt", "assumed"),
        ("page.html", "damaged"),
    ]
    assert f"{FILE_BYTES_MAX:,}" in next(
        one.message for one in told.findings if one.source == "huge.csv"
    )
    assert counted(told) == {"added": 2, "failed": 6, "chunks": 2, "embedded": 2}
    again = await shelf.ingest()
    assert (again.unchanged, again.failed, again.chunks) == (2, 6, 0)
    assert shelf.store.counts(shelf.number)["unreadable"] == 6


async def test_a_file_that_is_broken_now_is_not_found_as_it_was(shelf: Shelf) -> None:
    shelf.write("a.md", RETURNS)
    await shelf.ingest()
    shelf.write("a.md", bytes(range(256)))
    assert counted(await shelf.ingest()) == {"failed": 1}
    assert await shelf.search("return goods") == []
    shelf.write("a.md", RETURNS)
    assert counted(await shelf.ingest())["changed"] == 1


async def test_progress_names_every_file_and_ends_with_all_of_them(shelf: Shelf) -> None:
    for at in range(3):
        shelf.write(f"{at}.md", RETURNS)
    steps: list[Step] = []
    await shelf.ingest(report=steps.append)
    assert [one.source for one in steps if one.source] == ["0.md", "1.md", "2.md"]
    assert (steps[-1].done, steps[-1].files, steps[-1].chunks) == (3, 3, 3)


class Down:
    """An embedder that answers `calls` times, and then no more."""

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self.name, self.dim, self.even = EMBEDDER.name, EMBEDDER.dim, EMBEDDER.even

    async def embed(self, texts: Sequence[str], *, question: bool = False) -> Any:
        self.calls -= 1
        if self.calls < 0:
            raise NotDone("connection refused")
        return await EMBEDDER.embed(texts)


async def test_files_wait_for_an_embedder_that_is_down_and_the_rest_goes_on(shelf: Shelf) -> None:
    shelf.write("a.md", RETURNS)
    shelf.write("b.md", "# Holidays\n\nHolidays are asked for by mail.")
    shelf.write("gone.md", "# Gone\n\nThis file will be removed.")
    await shelf.ingest()
    shelf.embedder = Down(0)
    shelf.write("b.md", "# Holidays\n\nHolidays are asked for by telephone now.")
    shelf.write("new.md", "# New\n\nNobody has seen this.")
    shelf.write("same.md", RETURNS)
    (shelf.root / "gone.md").unlink()
    told = await shelf.ingest()
    assert counted(told) == {"added": 1, "unchanged": 1, "waiting": 2, "removed": 1, "chunks": 1}
    assert "connection refused" in told.trouble
    assert await shelf.sources("how are holidays asked for") == ["b.md"]
    shelf.embedder = EMBEDDER
    assert counted(await shelf.ingest()) == {
        "added": 1, "changed": 1, "unchanged": 2, "chunks": 2, "embedded": 2
    }  # fmt: skip


async def test_another_embedder_embeds_everything_anew(shelf: Shelf) -> None:
    shelf.write("a.md", RETURNS)
    await shelf.ingest()
    other = Down(5)
    other.name = "other"
    shelf.embedder = other
    assert counted(await shelf.ingest()) == {"changed": 1, "chunks": 1, "embedded": 1}


INGEST = """
import asyncio, sys
from pathlib import Path
from tests.knowledge.rooms import Shelf
shelf = Shelf(Path(sys.argv[1]))
def report(step):
    print(step.done, flush=True)
asyncio.run(shelf.ingest(report=report))
"""


def test_a_killed_ingest_leaves_whole_files_and_goes_on(tmp_path: Path) -> None:
    for at in range(600):
        parts = "\n\n".join(f"## Part {part} of {at}\n\nWords {at} {part}." for part in range(5))
        (tmp_path / f"{at:03}.md").write_text(f"# File {at}\n\n{parts}\n")
    child = subprocess.Popen(
        [sys.executable, "-c", INGEST, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    for line in child.stdout:
        if int(line) >= 250:
            break
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    store = Store(tmp_path / KNOWLEDGE_FILE)
    number = store.find("shelf")
    assert number is not None
    before = store.counts(number)
    assert (0 < before["documents"] < 600, before["chunks"]) == (True, before["documents"] * 5)
    store.close()
    shelf = Shelf(tmp_path)
    told = asyncio.run(shelf.ingest())
    assert (told.added, told.unchanged) == (600 - before["documents"], before["documents"])
    assert shelf.store.counts(number)["chunks"] == 3_000
    assert asyncio.run(shelf.sources('"Words 599 3"', limit=1)) == ["599.md"]
    shelf.store.close()
