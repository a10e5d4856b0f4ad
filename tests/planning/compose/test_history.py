"""What was made for requests and worked is known with its capabilities in their order, out of the log alone."""

from pathlib import Path

from batuta import capability
from batuta.app import App
from batuta.planning.compose.history import History, Past, Successions
from batuta.plans.build import plan_from_yaml
from batuta.ports import WORKSPACE
from batuta.spec.facts import Made
from batuta.spec.value import inline

PLAN = """
name: look-and-tell
inputs: {order: string}
steps:
  say: {use: tell, with: {what: "${steps.found}"}}
  found: {use: look, with: {order: "${inputs.order}"}}
"""


@capability(effect="read", reach="local")
def look(order: str) -> str:
    """Look an order up."""
    if order == "none":
        raise ValueError("there is none")
    return order


@capability(effect="read", reach="local")
def tell(what: str) -> str:
    """Tell somebody."""
    return what


async def done(app: App, words: str, order: str) -> None:
    plan = plan_from_yaml(PLAN).plan
    document = await app.run(plan, {"order": order})
    fact = Made(
        at=1.0,
        words=inline(words),
        plan=plan.name,
        digest=plan.digest(),
        run=document["run"],
        planner="compose",
    )
    journal = app.engine.journal
    await journal.commit(journal.append(WORKSPACE, (fact,), after=None))


async def test_what_worked_is_known_as_it_comes_and_what_failed_is_not(tmp_path: Path) -> None:
    (tmp_path / "batuta.yaml").write_text("{}", encoding="utf-8")
    async with await App.open(tmp_path, functions=[look, tell]) as app:
        history = History(app.engine.journal, app.engine.read)
        assert await history.pasts() == []
        await done(app, "where is A-1?", "A-1")
        await done(app, "where is nothing?", "none")
        assert await history.pasts() == [Past("where is A-1?", ("look", "tell"))]
        await done(app, "where is A-2?", "A-2")
        assert [past.words for past in await history.pasts()] == ["where is A-1?", "where is A-2?"]


def test_what_always_followed_follows_and_what_did_both_does_neither() -> None:
    pasts = [Past("", ("a", "b"))] * 8 + [Past("", ("c", "d")), Past("", ("d", "c"))]
    follows = Successions(pasts).follows
    assert follows("a", "b") == -follows("b", "a") == 0.8
    assert follows("c", "d") == follows("a", "z") == 0.0
