"""Keeping a workspace: what is erased, copied and put back."""

from pathlib import Path

import pytest

from batuta import App, Plan, capability, plan_from_yaml
from batuta.app import JOURNAL_FILE
from batuta.errors import JournalError, MemoryFileError, NotFound
from batuta.housekeeping import backup, erase, memory_beside, restore
from batuta.memory.database import MEMORY, By
from batuta.memory.workspace import MEMORY_FILE
from batuta.storage.copies import copy_file, put_back


@capability(effect="pure", reach="local")
def double(n: int) -> int:
    return 2 * n


@capability(effect="write", reach="local")
def pay(amount: int) -> dict[str, int]:
    return {"paid": amount}


FUNCTIONS = [double, pay]


def plan(text: str) -> Plan:
    return plan_from_yaml(f"name: test\n{text}").plan


async def test_erasing_takes_payloads_and_keeps_what_happened(tmp_path: Path) -> None:
    doubled = plan("inputs: {n: integer}\nsteps: {a: {use: double, with: {n: '${inputs.n}'}}}")
    async with await App.open(tmp_path, functions=FUNCTIONS) as app:
        run = (await app.run(doubled, {"n": 21}))["run"]
        assert (await erase(app))["runs"] == 0
        assert (await erase(app, older_than_days=-1))["runs"] == 1
        shown = await app.show(run)
    assert (shown["status"], shown["result"]) == ("succeeded", None)
    assert [one["state"] for one in shown["steps"]] == ["done"]


async def test_a_restored_run_asks_before_its_effects(tmp_path: Path) -> None:
    work, copy = tmp_path / "work", tmp_path / "copy.sqlite"
    work.mkdir()
    paying = plan("steps: {a: {use: pay, with: {amount: 1}}}")
    async with await App.open(work, functions=FUNCTIONS) as app:
        run = await app.start(paying, {})
        assert await backup(app, copy) > 0
        assert (await app.resume(run))["status"] == "succeeded"
    restore(work, copy)
    async with await App.open(work, functions=FUNCTIONS) as app:
        shown = await app.resume(run)
        assert [one["kind"] for one in shown["waiting"]] == ["approval"]
        await app.answer(run, "a", {"approved": True})
        assert (await app.resume(run))["status"] == "succeeded"
        assert (await app.run(paying, {}))["status"] == "succeeded"


def test_restoring_what_is_no_backup_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        restore(tmp_path, tmp_path / "nope")
    assert not (tmp_path / JOURNAL_FILE).exists()


def said(app: App) -> list[str]:
    return [one["text"] for one in app.memory.threads().read("t", 100)["messages"]]


def say(app: App, text: str, at: float = 1.0) -> None:
    message = {"role": "user", "text": text}
    app.memory.threads(create=True).add("t", [message], By(at))


async def test_the_memory_is_copied_and_put_back_with_the_journal(tmp_path: Path) -> None:
    work, copy = tmp_path / "work", tmp_path / "copy.sqlite"
    work.mkdir()
    async with await App.open(work, functions=FUNCTIONS) as app:
        await backup(app, tmp_path / "without.sqlite")
        assert not memory_beside(tmp_path / "without.sqlite").exists()
        say(app, "before")
        await backup(app, copy)
        say(app, "after")
        with pytest.raises(JournalError, match="exists"):
            await backup(app, copy)
    restore(work, copy)
    async with await App.open(work) as app:
        assert said(app) == ["before"]
        say(app, "later")
        assert said(app) == ["before", "later"]
    (kept,) = (work / ".batuta").glob("memory.sqlite.before-restore-*")
    kept.rename(work / MEMORY_FILE)
    async with await App.open(work) as app:
        assert said(app) == ["before", "after"]


async def test_without_a_copy_of_it_the_memory_stays_and_a_damaged_copy_changes_nothing(
    tmp_path: Path,
) -> None:
    work, copy = tmp_path / "work", tmp_path / "copy.sqlite"
    work.mkdir()
    async with await App.open(work, functions=FUNCTIONS) as app:
        await backup(app, copy)
        say(app, "here")
    restore(work, copy)
    memory_beside(copy).write_bytes(b"SQLite format 3\0" + b"x" * 8_000)
    before = (work / JOURNAL_FILE).read_bytes()
    with pytest.raises(MemoryFileError, match="damaged"):
        restore(work, copy)
    assert (work / JOURNAL_FILE).read_bytes() == before
    async with await App.open(work) as app:
        assert said(app) == ["here"]


async def test_a_restored_memory_is_that_of_who_has_it_open(tmp_path: Path) -> None:
    async with await App.open(tmp_path) as app:
        say(app, "before")
        path, copy = tmp_path / MEMORY_FILE, tmp_path / "copy"
        copy_file(path, copy, MEMORY)
        say(app, "after")
        put_back(copy, path, MEMORY, at=0.0)
        assert said(app) == ["before"]
        say(app, "on")
        assert said(app) == ["before", "on"]


async def test_gc_forgets_what_was_quiet_for_too_long(tmp_path: Path) -> None:
    (tmp_path / "batuta.yaml").write_text(
        "memory: {customers: {keep: 1d}}\nretention: {threads: 2}\n"
    )
    async with await App.open(tmp_path) as app:
        now = app.engine.clock.now()
        say(app, "old", at=now - 3 * 86_400)
        customers = app.memory.collection("customers")
        customers.remember("old", By(now - 2 * 86_400))
        customers.remember("young", By(now))
        told = await erase(app)
        assert (told["threads"], told["memories"], said(app)) == (1, 1, [])
        assert [one["text"] for one in customers.listed()] == ["young"]
