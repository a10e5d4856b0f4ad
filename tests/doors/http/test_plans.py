"""Plans, capabilities and knowledge over HTTP."""

from concurrent.futures import ThreadPoolExecutor

from tests.doors.http.conftest import Server

MADE = 'name: own\nsteps: {a: {use: value, with: {value: "x"}}}\nresult: ${steps.a}\n'


def test_registered_plans_are_listed_and_shown_as_data_and_text(server: Server) -> None:
    listed = server.http.get("/api/v1/plans").json()
    assert {"announce", "echo", "nap"} <= {one["name"] for one in listed["plans"]}
    shown = server.http.get("/api/v1/plans/echo").json()
    assert shown["plan"]["steps"]["said"]["use"] == "value"
    assert "use: value" in shown["text"]
    assert server.http.get("/api/v1/plans/ecco").json()["remedy"] == "did you mean 'echo'?"


def test_words_come_to_a_plan_and_a_yes_to_it_runs_it(server: Server) -> None:
    words = "publish the minutes"
    understood = server.http.post("/api/v1/plans/understand", json={"words": words}).json()
    assert understood["request"]["plan"] == "announce"
    asked = {"words": words, "approve": understood["approve"]}
    run = server.http.post("/api/v1/runs?wait=60", json=asked).json()
    assert run["routed"]["approved"] == understood["approve"]
    again = server.http.post("/api/v1/runs", json=asked)
    assert (again.status_code, again.json()["run"]) == (409, run["run"])
    meant = {"Idempotency-Key": "once more"}
    other = server.http.post("/api/v1/runs", json=asked, headers=meant).json()
    assert other["run"] != run["run"]
    stale = server.http.post("/api/v1/runs", json=asked | {"approve": "0" * 32})
    assert stale.status_code == 400


def test_a_yes_that_comes_twice_at_once_begins_one_run(server: Server) -> None:
    words = {"words": "publish the agenda"}
    shown = server.http.post("/api/v1/plans/understand", json=words).json()
    asked = words | {"approve": shown["approve"]}
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(server.http.post, "/api/v1/runs", json=asked) for _ in range(4)]
    answers = [one.result() for one in sent]
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert 200 in {answer.status_code for answer in answers}
    assert len({answer.json()["run"] for answer in answers}) == 1


def test_a_plan_is_checked_explained_and_edited_and_nothing_runs(server: Server) -> None:
    text = "name: x\nsteps: {a: {use: valu}}"
    checked = server.http.post("/api/v1/plans/check", json={"text": text}).json()
    assert (checked["sound"], checked["findings"][0]["code"]) == (False, "B101")
    sound = server.http.post("/api/v1/plans/check", json={"text": MADE}).json()
    assert sound["sound"]
    explained = server.http.post("/api/v1/plans/explain", json={"plan": "announce"}).json()
    assert [step["name"] for step in explained["steps"]] == ["approve", "publish"]
    edited = server.http.post(
        "/api/v1/plans/edit", json={"words": "publish the minutes", "text": MADE}
    ).json()
    assert (edited["request"]["plan"], edited["request"]["origin"]) == ("own", "edited by hand")


def test_a_plan_is_registered_and_then_asked_for_by_its_name(server: Server) -> None:
    kept = server.http.put("/api/v1/plans/kept", json={"text": MADE})
    assert kept.json() == {"name": "kept", "file": "kept.yaml"}
    assert server.http.put("/api/v1/plans/kept", json={"text": MADE}).status_code == 400
    assert server.run("kept")["result"] == "x"


def test_capabilities_have_cards_and_figures(server: Server) -> None:
    server.run("echo", text="counted")
    listed = server.http.get("/api/v1/capabilities", params={"like": "pub*"}).json()
    assert [one["name"] for one in listed["capabilities"]] == ["publish"]
    shown = server.http.get("/api/v1/capabilities/value").json()
    assert shown["statistics"]["calls"] >= 1
    assert server.http.get("/api/v1/capabilities/valu").status_code == 404


def test_what_a_run_may_spend_is_told(server: Server) -> None:
    told = server.http.get("/api/v1/budgets").json()
    assert told == {"run": {"usd": None, "calls": 100, "seconds": None}, "spent_usd": 0.0}


def test_documents_are_taken_in_searched_and_taken_out(server: Server) -> None:
    about = "/api/v1/knowledge/handbook"
    text = b"# Parking\n\nThe visitors' car park is behind the mill.\n"
    put = server.http.put(f"{about}/documents/handbook/parking.md", content=text)
    assert put.json()["added"] >= 1
    sources = [one["source"] for one in server.http.get(f"{about}/documents").json()["documents"]]
    assert "handbook/parking.md" in sources
    question = {"question": "where can visitors park"}
    hits = server.http.get(f"{about}/search", params=question).json()["hits"]
    assert hits[0]["source"] == "handbook/parking.md"
    gone = server.http.delete(f"{about}/documents/handbook/parking.md")
    assert gone.json()["removed"] == 1
    assert not (server.folder / "handbook" / "parking.md").exists()
    hits = server.http.get(f"{about}/search", params=question).json()["hits"]
    assert "handbook/parking.md" not in [hit["source"] for hit in hits]


def test_nothing_is_kept_outside_the_paths_of_a_collection(server: Server) -> None:
    about = "/api/v1/knowledge/handbook/documents"
    names = (
        "batuta.yaml", "tools.py", "handbook/x.exe", "handbook/..%2f..%2fx.md", ".batuta/keys.json",
        "handbook/.hidden.md", "%2Fetc/x.md", "plans/x.yaml", "handbook/a%00b.md", "handbook//x.md",
    )  # fmt: skip
    before = sorted(server.folder.rglob("*"))
    for name in names:
        answer = server.http.put(f"{about}/{name}", content=b"text")
        assert answer.status_code in (400, 404), name
    assert server.http.delete(f"{about}/tools.py").status_code == 404
    files = {one for one in server.folder.rglob("*") if ".batuta" not in str(one)}
    assert files == {one for one in before if ".batuta" not in str(one)}
