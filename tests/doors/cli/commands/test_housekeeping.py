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


def test_what_is_remembered_goes_with_the_journal(folder: Folder) -> None:
    plan = "name: p\nsteps: {a: {use: thread.add, with: {thread: t, messages: [{role: user, text: hi}]}}}\n"
    (folder.path / "say.yaml").write_text(plan + "result: ok\n")
    folder.batuta("run", "--plan", "say.yaml")
    said = folder.batuta("backup", "copy.sqlite")
    assert "copy.sqlite.memory: the memory, " in said.out
    again = folder.batuta("backup", "copy.sqlite", "--json")
    assert again.code == 2
    folder.batuta("threads", "forget", "t", "--yes")
    told = folder.batuta("restore", "copy.sqlite", "--yes")
    assert "its memory is restored, too" in told.err
    assert len(folder.batuta("threads", "show", "t", "--json").document["messages"]) == 1
    (folder.path / "copy.sqlite.memory").unlink()
    told = folder.batuta("restore", "copy.sqlite", "--yes")
    assert "the memory of the workspace stays as it is" in told.err


def test_gc_says_what_it_has_forgotten(folder: Folder) -> None:
    (folder.path / "batuta.yaml").write_text("retention: {threads: 0}\n")
    plan = "name: p\nsteps: {a: {use: thread.add, with: {thread: t, messages: [{role: user, text: hi}]}}}\n"
    (folder.path / "say.yaml").write_text(plan + "result: ok\n")
    folder.batuta("run", "--plan", "say.yaml")
    assert "forgot 0 memories and 1 thread whose time was over" in folder.batuta("gc").out
