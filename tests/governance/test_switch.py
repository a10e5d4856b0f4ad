"""Everything of a workspace is stopped, by whoever and from wherever."""

from pathlib import Path

import pytest

from batuta.app import App
from batuta.errors import InputError, Stopped
from batuta.governance.switch import STOP_FILE, Stop, Switch
from batuta.plans.build import plan_from_yaml

PLAN = "name: p\nsteps: {a: {use: value, with: {value: 1}}}\nresult: '${steps.a}'\n"


def test_who_stops_and_why_is_known_to_everybody_until_it_is_released(tmp_path: Path) -> None:
    ours, theirs = Switch(tmp_path), Switch(tmp_path)
    assert theirs.thrown() is None and theirs.why() == ""
    ours.throw("ada", "it writes nonsense", 12.0)
    assert theirs.thrown() == Stop(12.0, "ada", "it writes nonsense")
    assert theirs.why() == "everything was stopped here by ada: it writes nonsense"
    theirs.release()
    theirs.release()
    assert ours.thrown() is None


@pytest.mark.parametrize("text", ["", "{", '{"at": "late"}', "\x00"])
def test_a_file_that_says_nothing_counts_all_the_same(tmp_path: Path, text: str) -> None:
    (tmp_path / STOP_FILE).parent.mkdir()
    (tmp_path / STOP_FILE).write_text(text)
    assert Switch(tmp_path).why() == "everything was stopped here"


def test_a_place_that_is_nobodys_is_told(tmp_path: Path) -> None:
    (tmp_path / STOP_FILE.parent).write_text("no folder")
    with pytest.raises(InputError, match="cannot be changed"):
        Switch(tmp_path).throw("ada", "", 0.0)


async def test_while_it_is_thrown_nothing_begins_and_nothing_is_driven(tmp_path: Path) -> None:
    plan = plan_from_yaml(PLAN).plan
    async with await App.open(tmp_path, modules=False) as app:
        before = await app.start(plan, {})
        app.switch.throw("ada", "", 0.0)
        for work in (
            app.start(plan, {}),
            app.run(plan, {}),
            app.resume(before),
            app.result(before),
        ):
            with pytest.raises(Stopped, match="stopped here by ada"):
                await work
        assert [(row.run, row.status) for row in await app.runs()] == [(before, "running")]
        await app.cancel(before, who="ada")
        app.switch.release()
        assert (await app.resume(before))["status"] == "cancelled"
        assert (await app.run(plan, {}))["result"] == 1
