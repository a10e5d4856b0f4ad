"""`runs`: the list, narrowed, for people and for programs."""

from tests.doors.cli.command import Folder
from tests.doors.cli.pseudo_terminal import Terminal, plain


def _plans(folder: Folder, *words: str) -> list[str]:
    said = folder.batuta("runs", *words, "--json")
    assert said.code == 0, said
    return [run["plan"] for run in said.document["runs"]]


def test_runs_are_narrowed_by_statuses_plan_and_time(folder: Folder) -> None:
    folder.batuta("run", "--plan", "hello.yaml", "--input", "name=A")
    folder.batuta("run", "--plan", "boom.yaml")
    folder.waiting()
    assert _plans(folder, "--status", "failed", "--status", "waiting") == ["ask", "boom"]
    assert _plans(folder, "--plan", "boom") == ["boom"]
    assert _plans(folder, "--plan", "boom", "--status", "waiting") == []
    assert _plans(folder, "--since", "1h") == ["ask", "boom", "hello"]
    assert _plans(folder, "--since", "2999-01-01") == []
    assert _plans(folder, "--since", "yesterday", "--limit", "1") == ["ask"]


def test_what_was_looked_for_in_vain_is_said(folder: Folder) -> None:
    assert folder.batuta("runs").err == "there are no runs yet\n"
    folder.waiting()
    looked = folder.batuta("runs", "--plan", "no\x1bpe", "--since", "2h", "--status", "failed")
    assert (looked.code, looked.out) == (0, "")
    assert looked.err == "no run of plan no\\x1bpe since 2h is failed\n"
    assert folder.batuta("runs", "--plan", "x").err == "there is no run of plan x\n"


def test_a_time_that_is_none_is_refused(folder: Folder) -> None:
    said = folder.batuta("runs", "--since", "soon")
    assert (said.code, said.out) == (2, "")
    assert "--since 'soon' is no time" in said.err
    assert "→ write how long ago" in said.err


def test_the_list_fits_a_narrow_terminal_and_uses_a_wide_one(folder: Folder) -> None:
    long = "the_plan_with_a_name_that_is_longer_than_others"
    text = (folder.path / "hello.yaml").read_text(encoding="utf-8").replace("hello", long, 1)
    (folder.path / "long.yaml").write_text(text, encoding="utf-8")
    folder.batuta("run", "--plan", "long.yaml", "--input", "name=A")
    folder.waiting()
    for width, shown in ((80, long[:12]), (200, long)):
        terminal = Terminal(folder, "runs", columns=width)
        assert terminal.end() == 0
        lines = plain(terminal.seen)
        head, *rows = lines[:3]
        assert [line for line in lines[:3] if len(line) > width] == []
        assert shown in rows[1]
        at = head.index("accepted")
        assert [row[at : at + 2] for row in rows] == ["20", "20"]
