"""Runs are kept going: those of callers in turn, and those that nobody drives."""

import asyncio
from pathlib import Path
from typing import Any

from batuta.app import App
from batuta.plans.build import plan_from_yaml
from batuta.serving import keeper as keeping
from batuta.serving.keeper import Keeper
from batuta.spec.run import Run

PLAN = plan_from_yaml(
    "name: one\nsteps: {a: {use: value, with: {value: 1}}}\nresult: ${steps.a}"
).plan


async def _nobody(_: str) -> str:
    return ""


def _said(run: str, error: Exception) -> None:
    raise AssertionError(run) from error


async def _idle(keeper: Keeper) -> None:
    while keeper.driving:  # noqa: ASYNC110 - what ends is a task of the keeper's own
        await asyncio.sleep(0)


async def test_what_nobody_drives_is_taken_up(tmp_path: Path) -> None:
    async with await App.open(tmp_path) as app:
        left = [await app.start(PLAN, {}) for _ in range(3)]
    async with await App.open(tmp_path) as app:
        keeper = Keeper(app, _said, _nobody)
        await keeper.begin()
        assert await keeper.close(10.0) == 0
        assert {(await app.show(run))["status"] for run in left} == {"succeeded"}


async def test_callers_take_turns_however_much_one_of_them_wants(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(keeping, "_AT_ONCE_MAX", 1)
    async with await App.open(tmp_path) as app:
        ended: list[str] = []
        drive = app.host.drive

        async def driven(run: str) -> Run:
            ended.append(owner[run])
            return await drive(run)

        monkeypatch.setattr(app.host, "drive", driven)
        keeper = Keeper(app, _said, _nobody)
        owner = {await app.start(PLAN, {}): "greedy" for _ in range(6)}
        owner |= {await app.start(PLAN, {}): "modest" for _ in range(2)}
        for run, caller in owner.items():
            keeper.drive(run, caller)
        assert (keeper.driving, keeper.queued, keeper.callers) == (1, 7, 2)
        await _idle(keeper)
        assert ended[:5] == ["greedy", "greedy", "modest", "greedy", "modest"]
        assert await keeper.close(1.0) == 0


async def test_the_run_that_takes_the_place_of_a_failed_one_goes_on(tmp_path: Path) -> None:
    broken = plan_from_yaml(
        'name: b\ninputs: {t: string}\nsteps: {a: {use: value, with: {value: "${1 / size(inputs.t)}"}}}'
    ).plan
    async with await App.open(tmp_path) as app:
        failed, by = await app.start(broken, {"t": ""}), await app.start(PLAN, {})
        asked: list[str] = []

        async def follow(run: str) -> str:
            asked.append(run)
            return by

        keeper = Keeper(app, _said, follow)
        keeper.drive(failed)
        await _idle(keeper)
        await keeper.close(10.0)
        assert asked == [failed]
        assert (await app.show(by))["status"] == "succeeded"


async def test_who_waits_for_a_run_is_told_when_it_rests_and_not_when_all_that_follows_is_done(
    tmp_path: Path,
) -> None:
    broken = plan_from_yaml(
        'name: b\ninputs: {t: string}\nsteps: {a: {use: value, with: {value: "${1 / size(inputs.t)}"}}}'
    ).plan
    async with await App.open(tmp_path) as app:
        run = await app.start(broken, {"t": ""})
        follows = asyncio.Event()

        async def follow(_: str) -> str:
            await follows.wait()
            return ""

        keeper = Keeper(app, _said, follow)
        assert await keeper.rested(run, 30.0), "nobody drives it"
        keeper.drive(run)
        assert not await keeper.rested(run, 0.0)
        assert await keeper.rested(run, 30.0)
        assert (keeper.driving, (await app.show(run))["status"]) == (1, "failed")
        follows.set()
        await keeper.close(10.0)
