"""`batuta stop`: everything stops, in all processes, until it is released."""

from tests.doors.cli.command import WAIT_S, Folder

LONG = ("run", "--plan", "nap.yaml", "--input", "seconds=3600")


def test_another_process_is_stopped_too_and_told_by_whom(folder: Folder) -> None:
    with folder.start(*LONG) as going:
        run = folder.until_reached()
        assert "everything stops now" in folder.batuta("stop", "--why", "enough").err
        _, told = going.communicate(timeout=WAIT_S)
    assert going.returncode == 1
    assert "everything was stopped here" in told and "enough" in told and "--release" in told
    assert ": enough" in folder.batuta("stop", "--look").err
    assert folder.batuta(*LONG).code == 1
    assert folder.batuta("stop", "--release", "--json").document == {"stopped": None}
    assert "nothing is stopped" in folder.batuta("stop", "--look").err
    assert [(one["run"], one["status"]) for one in folder.runs()] == [(run, "running")]
