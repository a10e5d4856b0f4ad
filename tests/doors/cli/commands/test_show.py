"""`runs` and `show`: what the log says, for people and for programs."""

from tests.doors.cli.command import WAIT_S, Folder


def test_runs_are_listed_newest_first_with_status_and_plan(folder: Folder) -> None:
    folder.batuta("run", "--plan", "hello.yaml", "--input", "name=A")
    folder.batuta("run", "--plan", "boom.yaml")
    folder.waiting()
    runs = folder.runs()
    assert [(run["plan"], run["status"]) for run in runs] == [
        ("ask", "waiting"),
        ("boom", "failed"),
        ("hello", "succeeded"),
    ]
    assert runs[0].keys() >= {"run", "status", "plan", "accepted_at", "updated_at", "owner"}


def test_runs_can_be_narrowed_by_status_and_number(folder: Folder) -> None:
    waiting = [folder.waiting() for _ in range(2)]
    folder.batuta("run", "--plan", "boom.yaml")
    said = folder.batuta("runs", "--status", "waiting", "--limit", "1", "--json")
    assert [run["run"] for run in said.document["runs"]] == [waiting[1]]
    none = folder.batuta("runs", "--status", "cancelled")
    assert (none.code, none.out, none.err) == (0, "", "no run is cancelled\n")


def test_the_list_for_people_is_aligned(folder: Folder) -> None:
    folder.waiting()
    folder.batuta("run", "--plan", "boom.yaml")
    head, *rows = folder.batuta("runs").out.splitlines()
    assert head.split() == ["run", "status", "plan", "accepted", "updated"]
    assert {row.index("20") for row in (line[26:] for line in rows)} == {
        head[26:].index("accepted")
    }


def test_a_run_that_is_driven_shows_as_running_and_owned(folder: Folder) -> None:
    with folder.start("run", "--plan", "gated.yaml", "--json") as process:
        run = folder.until_reached()
        listed = folder.runs()[0]
        assert (listed["run"], listed["status"], listed["owner"] != "") == (run, "running", True)
        process.kill()
        process.communicate(timeout=WAIT_S)
    assert folder.runs()[0]["owner"] == ""


def test_show_prints_the_tree_the_question_and_the_commands(folder: Folder) -> None:
    run = folder.waiting()
    said = folder.batuta("show", run)
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0].startswith(f"? ask  {run}")
    assert lines[1].split()[:4] == ["?", "approve", "Refund", "50?"]
    assert f"    batuta answer {run} approve --approve" in lines


def test_show_exits_0_whatever_became_of_the_run(folder: Folder) -> None:
    folder.batuta("run", "--plan", "boom.yaml")
    run = folder.runs()[0]["run"]
    said = folder.batuta("show", run, "--json")
    assert (said.code, said.document["status"]) == (0, "failed")
    assert "failed at boom" in folder.batuta("show", run).out


def test_facts_are_printed_one_a_line_in_order(folder: Folder) -> None:
    run = folder.waiting()
    folder.batuta("answer", run, "approve", "--approve")
    lines = folder.batuta("show", run, "--facts").out.splitlines()
    kinds = [line.split()[3] for line in lines]
    assert kinds[:2] == ["accepted", "expanded"]
    assert kinds[-1] == "ended"
    assert [int(line.split()[0]) for line in lines] == list(range(1, len(lines) + 1))
    assert "answered" in kinds


def test_facts_as_a_document_are_the_log_itself(folder: Folder) -> None:
    run = folder.waiting()
    document = folder.batuta("show", run, "--facts", "--json").document
    first = document["facts"][0]
    assert (document["run"], first["seq"], first["is"], first["run"]) == (run, 1, "accepted", run)
    assert first["gseq"] >= 1


def test_a_step_of_many_items_lists_them_and_what_they_wait_for(folder: Folder) -> None:
    steps = "  a: {use: greet, each: '${[\"A\", \"B\"]}', with: {name: '${item}'}}\n"
    (folder.path / "many.yaml").write_text(f"name: many\nsteps:\n{steps}", encoding="utf-8")
    run = folder.batuta("run", "--plan", "many.yaml", "--json").document["run"]
    shown = folder.batuta("show", run, "--step", "a").out
    words = [line.split() for line in shown.splitlines()]
    assert [w[1:3] for w in words if w[1:2] in (["a.0"], ["a.1"])] == [
        ["a.0", "done"],
        ["a.1", "done"],
    ]


CAREFUL = """name: careful
steps:
  news: {use: file.read, with: {file: news.txt}, may_fail: true}
  told: {use: value, with: {value: "${steps.news.text}"}}
  many: {use: file.read, each: "${['a.txt', 'b.txt']}", with: {file: "${item}"}, may_fail: true}
result: "${errors.news.code}"
"""


def test_a_failure_that_the_run_survives_says_so(folder: Folder) -> None:
    (folder.path / "careful.yaml").write_text(CAREFUL, encoding="utf-8")
    plan = folder.batuta("plan", "careful.yaml").out
    assert "may fail  news: the run goes on without told\n" in plan
    assert "          many: any item; the run goes on with null in its place\n" in plan
    document = folder.batuta("run", "--plan", "careful.yaml", "--json").document
    assert (document["status"], document["result"]) == ("succeeded", "not_found")
    shown = folder.batuta("show", document["run"]).out
    assert "the run goes on without it: not_found: there is no file 'news.txt'" in shown
    assert "0/2 done, 2 failed" in shown
    step = folder.batuta("show", document["run"], "--step", "news").out.splitlines()
    assert "  the run goes on without it" in step
