"""How far a journal was told: found at its end, and after a backup was put back."""

from pathlib import Path

import pytest

from batuta.app import App
from batuta.housekeeping import backup, restore
from batuta.journal.memory import MemoryJournal
from batuta.observe.otlp.position import Told
from batuta.spec.facts import CancelRequested
from batuta.testing.collector import Collector
from tests.observe.otlp.test_exporter import another_run, simple, workspace


@pytest.mark.parametrize("count", [0, 1, 2, 100])
async def test_where_nothing_was_told_what_is_there_already_is_not_news(
    tmp_path: Path, count: int
) -> None:
    journal = MemoryJournal()
    for number in range(count):
        journal.append(f"r{number}", [CancelRequested(at=1.0)], after=0)
    await journal.flush()
    told = Told(tmp_path, journal)
    await told.begin()
    assert await told.after() == count
    await journal.close()


async def test_what_is_no_position_is_none(tmp_path: Path) -> None:
    journal = MemoryJournal()
    (tmp_path / "traces.json").write_text('{"epoch": "x"}')
    assert await Told(tmp_path, journal).after() == 0
    await journal.close()


async def test_what_happens_after_a_backup_was_put_back_is_told(
    tmp_path: Path, collector: Collector
) -> None:
    folder = workspace(tmp_path / "desk", collector.url)
    async with await App.open(folder) as app:
        before = await simple(app)
        await backup(app, tmp_path / "copy")
        lost = [await simple(app) for _ in range(3)]
    restore(folder, tmp_path / "copy")
    after = await another_run(folder)

    told = [one for one in collector.spans if one.name == "invoke_workflow one"]
    assert [one.attributes["batuta.run"] for one in told] == [before, *lost, after]
