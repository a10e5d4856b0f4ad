"""`gc`, `backup` and `restore`."""

from tests.doors.cli.command import Folder


def test_gc_erases_what_ended_long_ago_and_keeps_the_shape(folder: Folder) -> None:
    folder.batuta("run", "--plan", "hello.yaml", "--input", "name=Ada")
    run = folder.runs()[0]["run"]
    assert folder.batuta("gc", "--json").document["runs"] == 0
    said = folder.batuta("gc", "--older-than", "0", "--json")
    assert (said.code, said.document["runs"]) == (0, 1)
    document = folder.batuta("show", run, "--json").document
    assert (document["status"], document["result"]) == ("succeeded", None)
    assert "Ada" not in folder.batuta("show", run, "--facts", "--json").out


def test_a_backup_brings_back_what_was_lost(folder: Folder) -> None:
    run = folder.waiting()
    said = folder.batuta("backup", "copy.sqlite", "--json")
    assert (said.code, said.document["facts"] > 0) == (0, True)
    folder.batuta("answer", run, "approve", "--reject")
    later = folder.waiting()
    told = folder.batuta("restore", "copy.sqlite", "--yes", "--json")
    assert (told.code, told.document["kept"].startswith(str(folder.path))) == (0, True)
    assert [one["run"] for one in folder.runs()] == [run]
    assert folder.status(run) == "waiting"
    assert folder.batuta("show", later).code == 2


def test_a_restored_run_goes_on(folder: Folder) -> None:
    run = folder.waiting()
    folder.batuta("backup", "copy.sqlite")
    folder.batuta("restore", "copy.sqlite", "--yes")
    said = folder.batuta("answer", run, "approve", "--reject", "--json")
    assert (said.code, said.document["status"]) == (0, "succeeded")
