"""Keeping a workspace: what is erased, copied and put back."""

from pathlib import Path

import pytest

from batuta import App, Plan, capability, plan_from_yaml
from batuta.app import JOURNAL_FILE
from batuta.errors import NotFound
from batuta.housekeeping import backup, erase, restore


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
