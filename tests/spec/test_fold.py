"""Laws of the fold: same facts, same run, whoever folds them, in however many parts; and nonsense changes nothing."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from batuta.engine.rules.decide import decide
from batuta.journal.retention import erased
from batuta.plans.build import plan_from_yaml
from batuta.spec import run as r
from batuta.spec.call import Call, Expand, Question, Waiting
from batuta.spec.facts import (
    Adopted,
    Answered,
    CancelRequested,
    Claimed,
    Dropped,
    Ended,
    Expanded,
    Fact,
    Failure,
    Finished,
    Lost,
    Purged,
    RunFact,
    Skipped,
    Spread,
    Started,
    Waited,
)
from batuta.spec.fold import apply, fold
from batuta.spec.run import Node, Run, Scope
from batuta.spec.value import inline
from tests.engine.builders import House, Tool
from tests.engine.logs import logs

Told = tuple[House, list[Fact]]

# A log takes a run, and these laws look at every prefix of it.
FEW = settings(max_examples=25)
# Of the driver, not of the fold.
CACHES = {"live", "items", "inputs_live", "shapes", "touched"}


def picture(run: Run) -> dict[str, Any]:
    """Everything a run is, in plain data: nodes by path, scopes and purses in them by what they hold."""
    return {name: _shown(value) for name, value in vars(run).items() if name not in CACHES}


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _slots(one) if isinstance(one, Node) else _shown(one) for key, one in value.items()
        }
    if isinstance(value, Node):
        return value.path
    if isinstance(value, Scope):
        return _slots(value) | {"nodes": list(value.nodes), "shape": value.shape.digest}
    if isinstance(value, list | tuple):
        return [_shown(one) for one in value]
    if hasattr(value, "limit_nusd"):
        return _slots(value)
    return repr(value) if hasattr(value, "uses") else value


def _slots(one: Any) -> dict[str, Any]:
    names = [name for name in one.__slots__ if name not in CACHES | {"shape", "nodes"}]
    return {name: _shown(getattr(one, name)) for name in names}


def assert_sound(run: Run) -> None:
    """Every count that the fold keeps is what counting would give."""
    nodes = run.nodes.values()
    assert run.running == sum(node.state == r.RUNNING for node in nodes)
    assert run.calls >= run.running
    for purse in {id(purse): purse for node in nodes for purse in node.purses}.values():
        inside = [node for node in nodes if any(own is purse for own in node.purses)]
        assert purse.reserved_nusd == sum(node.reserved_nusd for node in inside)
    for node in nodes:
        assert node.open_children == sum(not child.terminal for child in node.children), node.path
        scopes = [node.subscope] if node.subscope is not None else []
        for scope in scopes + ([run.root] if run.root is not None else []):
            assert scope.open_nodes == sum(not one.terminal for one in scope.nodes.values())
            for one in scope.nodes.values():
                counted = one.shape.joined if one.shape.quorum else one.shape.deps
                deps = [scope.nodes[name] for name in counted]
                assert one.blockers == sum(not dep.terminal for dep in deps), one.path
                assert one.wins == sum(dep.state == r.DONE for dep in deps), one.path


class TestRealLogs:
    @FEW
    @given(logs(), st.data())
    def test_a_log_may_be_folded_in_parts(self, told: Told, data: st.DataObject) -> None:
        house, facts = told
        cut = data.draw(st.integers(0, len(facts)))
        run = fold(facts[:cut], house.engine.shapes.of)
        for fact in facts[cut:]:
            apply(run, fact)
        assert picture(run) == picture(fold(facts, house.engine.shapes.of))

    @FEW
    @given(logs())
    def test_what_was_written_and_read_folds_to_the_same_run(self, told: Told) -> None:
        house, facts = told
        read = msgspec.json.decode(msgspec.json.encode(facts), type=list[RunFact])
        whole = fold(facts, house.engine.shapes.of)
        assert picture(fold(read, house.engine.shapes.of)) == picture(whole)
        assert_sound(whole)
        assert (whole.ignored, whole.running) == (0, 0)

    @FEW
    @given(logs())
    def test_a_fact_that_is_told_twice_changes_nothing_the_second_time(self, told: Told) -> None:
        house, facts = told
        run = Run(house.engine.shapes.of)
        for fact in facts:
            assert apply(run, fact)
            once = picture(run)
            apply(run, fact)
            assert {**picture(run), "head": 0, "ignored": 0} == {**once, "head": 0, "ignored": 0}
            run.head, run.ignored = once["head"], once["ignored"]

    @FEW
    @given(logs())
    def test_a_log_whose_payloads_were_erased_still_tells_what_happened(self, told: Told) -> None:
        house, facts = told
        adopted = Adopted(at=1, cards=inline({"fine": "x"}))
        facts = [*facts[:-1], adopted, facts[-1]]
        whole = fold(facts, house.engine.shapes.of)
        rest = fold([*map(erased, facts), Purged(at=1)], house.engine.shapes.of)
        assert rest.purged
        assert {p: n.state for p, n in rest.nodes.items()} == {
            p: n.state for p, n in whole.nodes.items()
        }


PATHS = st.sampled_from(["", "s0", "s1", "s0.0", "s1~0", "s0/undo", "s2/1/x", "nope", "/undo", "."])
NUMBERS = st.integers(0, 4)


@st.composite
def nonsense(draw: st.DrawFn, facts: list[Fact]) -> list[Fact]:
    """Facts of a real log: some twice, some never, in another order, with other numbers and paths."""
    chosen = draw(st.lists(st.sampled_from(facts), max_size=25))
    found: list[Fact] = list(facts[: draw(st.integers(0, len(facts)))])
    slot = inline({"approved": True})
    made = st.sampled_from(
        [
            Claimed(at=1, owner="x", term=2), CancelRequested(at=1), Purged(at=1),
            Spread(at=1, path="s0", term=1, count=2), Skipped(at=1, path="s0", term=1, why=""),
            Finished(at=1, path="s0", attempt=0, value=slot), Lost(at=1, path="s0", attempt=1),
            Dropped(at=1, path="s0", attempt=0, why=""), Ended(at=1, term=1, status="failed"),
            Failure(at=1, path="s0", attempt=1, code="x", message="", retry_at=2.0, alternative=0),
            Answered(at=1, path="s0", attempt=0, kind="answer", value=slot),
            Waited(at=1, path="s0", attempt=0, term=1, kind="answer", question=slot),
            Started(at=1, path="s0", attempt=1, term=1, capability="fine", effect="pure", key="k",
                    args_digest="d"),
        ]
    )  # fmt: skip
    for fact in [*chosen, *draw(st.lists(made, max_size=15))]:
        changes: dict[str, Any] = {}
        for field, other in (("path", PATHS), ("attempt", NUMBERS), ("term", NUMBERS)):
            if field in fact.__struct_fields__ and draw(st.booleans()):
                changes[field] = draw(other)
        found.append(msgspec.structs.replace(fact, **changes))
    return found


class TestNonsense:
    @FEW
    @given(logs(), st.data())
    def test_never_raises_and_what_does_not_count_is_counted(
        self, told: Told, data: st.DataObject
    ) -> None:
        house, facts = told
        told_facts = data.draw(nonsense(facts))
        run, counted = Run(house.engine.shapes.of), 0
        for fact in told_facts:
            counted += apply(run, fact)
        assert run.head == len(told_facts)
        assert run.ignored == len(told_facts) - counted
        assert picture(run) == picture(fold(told_facts, house.engine.shapes.of))

    @FEW
    @given(logs(), st.data())
    def test_leaves_every_count_right(self, told: Told, data: st.DataObject) -> None:
        house, facts = told
        run = Run(house.engine.shapes.of)
        for fact in data.draw(nonsense(facts)):
            apply(run, fact)
            assert_sound(run)

    @FEW
    @given(logs(), st.data())
    def test_can_still_be_decided_about(self, told: Told, data: st.DataObject) -> None:
        house, facts = told
        run = Run(house.engine.shapes.of)
        for fact in data.draw(nonsense(facts)):
            apply(run, fact)
            for target in [*run.open_work(), *run.touched]:
                decide(run, target, fact.at)


class TestCounting:
    async def test_a_call_that_goes_on_with_the_answer_is_the_call_that_asked(self) -> None:
        made = House(Tool("ask", _asks(1), waits=True))
        await made.run("steps: {a: {use: ask}}\nbudget: {calls: 1}\nresult: ${steps.a}")
        await made.answer("a", "yes")
        shown = await made.go_on()
        assert (shown["result"], shown["calls"], len(await made.of(Started))) == ("yes", 1, 2)

    async def test_what_asks_again_is_another_call_so_that_a_budget_ends_it(self) -> None:
        made = House(Tool("ask", _asks(9), waits=True))
        shown = await made.run("steps: {a: {use: ask}}\nbudget: {calls: 2}\n")
        while shown["status"] == "waiting":
            await made.answer("a", "yes")
            shown = await made.go_on()
        assert (shown["status"], shown["calls"], len(await made.of(Started))) == ("failed", 2, 4)


def _asks(times: int) -> Any:
    """A capability that asks so often before it gives the last answer."""

    def ask(call: Call) -> Any:
        asked = call.state or 0
        return call.answer if asked == times else Waiting(Question("Well?"), state=asked + 1)

    return ask


class TestDropping:
    async def test_an_expansion_of_which_nothing_has_begun_ends_with_the_fact_that_drops_it(
        self,
    ) -> None:
        inner = plan_from_yaml("{name: inner, steps: {deep: {use: fine}}, result: 1}").plan
        made = House(Tool("fine"), Tool("think", lambda _: Expand(inner, {})))
        await made.run(
            """
steps:
  fast: {use: fine, with: {n: 1}}
  think: {use: think}
  first: {use: fine, join: first, with: {n: "${steps.fast}", other: "${steps.think}"}}
result: ${steps.first}
"""
        )
        dropped = [fact.path for fact in await made.of(Dropped)]
        assert (dropped.count("think"), len(await made.of(Expanded))) == (1, 2)
