"""Journals of every release open, migrate and read as they were written."""

import json
import shutil
from pathlib import Path

import pytest

from batuta.journal.codec import FACTS, decode_fact, encode_fact
from batuta.journal.file.check import check_journal
from batuta.journal.file.connection import connect
from batuta.journal.file.statements import MIGRATIONS
from batuta.journal.sqlite import open_sqlite
from tests.journal.golden.make import expectation

GOLDEN = Path(__file__).parent / "golden"
JOURNALS = sorted(GOLDEN.glob("v*.sqlite"))


@pytest.mark.parametrize("golden", JOURNALS, ids=lambda path: path.stem)
async def test_a_golden_journal_reads_as_it_was_written(golden: Path, tmp_path: Path) -> None:
    path = tmp_path / "journal"
    shutil.copy(golden, path)
    expected = json.loads(golden.with_suffix(".json").read_text("utf-8"))
    # What is as it mostly is was written then, and is left out now.
    for row in expected["rows"]:
        row[3] = json.loads(encode_fact(decode_fact(json.dumps(row[3]))))
    journal = open_sqlite(path)
    assert await expectation(journal) == expected
    await journal.close()
    db = connect(path)
    assert check_journal(db, path) == len(expected["rows"])
    db.close()


def test_every_version_of_the_schema_has_a_golden_journal() -> None:
    assert [path.stem for path in JOURNALS] == [f"v{n + 1}" for n in range(len(MIGRATIONS))]


async def test_golden_journals_hold_every_kind_of_fact(tmp_path: Path) -> None:
    expected = json.loads(JOURNALS[-1].with_suffix(".json").read_text("utf-8"))
    tags = {row[3]["is"] for row in expected["rows"]}
    # What later versions added without another schema is in the runs that are replayed, and in those of words.
    for later in ("decisions", "words"):
        shutil.copy(GOLDEN / later / "journal.sqlite", tmp_path)
        journal = open_sqlite(tmp_path / "journal.sqlite", read_only=True)
        tags |= {row.fact.__struct_config__.tag for row in await journal.read_all(limit=10_000)}
        await journal.close()
    assert tags == {cls.__struct_config__.tag for cls in FACTS}
