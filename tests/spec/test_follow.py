"""What follows from a fact: who may begin, what ends, what is not needed any more."""

import pytest

from batuta.spec import run as r
from batuta.spec.budget import Budget
from batuta.spec.follow import close, drop_if_closing, is_closing, is_tolerated, tolerated
from batuta.spec.plan import Step, Undo
from tests.spec.logbook import Logbook, plan


def begun(**steps: Step) -> Logbook:
    book = Logbook(plan(**steps))
    book.claim()
    return book


def finish(book: Logbook, path: str) -> None:
    book.start(path)
    book.finish(path)


def touched(book: Logbook) -> list[str]:
    """The instances that are to be looked at since this was last asked; the root is ""."""
    found = [getattr(one, "path", "") for one in book.run.touched]
    book.run.touched.clear()
    return list(dict.fromkeys(found))


class TestOpening:
    def test_steps_that_wait_for_nothing_are_looked_at_first(self) -> None:
        book = begun(a=Step("tool"), b=Step("tool", after=("a",)), c=Step("tool"))
        assert touched(book) == ["a", "c"]
        assert book.node("b").blockers == 1

    def test_a_step_with_a_budget_pays_from_that_too(self) -> None:
        book = Logbook(
            plan(a=Step("tool", budget=Budget(calls=1)), b=Step("tool")), budget=Budget()
        )
        assert [len(book.node(name).purses) for name in "ab"] == [2, 1]
        assert book.node("a").purses[0] is book.node("b").purses[0]

    def test_an_empty_plan_is_over_at_once(self) -> None:
        assert touched(Logbook(plan())) == [""]


class TestEnding:
    def test_a_step_is_looked_at_when_the_last_it_waits_for_has_ended(self) -> None:
        book = begun(a=Step("tool"), b=Step("tool"), c=Step("tool", after=("a", "b")))
        touched(book)
        finish(book, "a")
        assert "c" not in touched(book)
        finish(book, "b")
        assert "c" in touched(book)

    def test_what_needs_the_value_of_a_skipped_step_is_looked_at_though_others_still_run(
        self,
    ) -> None:
        both = {"x": "${steps.a.x + steps.b.x}"}
        book = begun(a=Step("tool", when="false"), b=Step("tool"), c=Step("tool", with_=both))
        touched(book)
        book.skip("a")
        assert "c" in touched(book)

    def test_a_join_of_the_first_is_looked_at_when_one_has_succeeded(self) -> None:
        book = begun(a=Step("tool"), b=Step("tool"), c=Step("tool", after=("a", "b"), join="first"))
        touched(book)
        finish(book, "a")
        assert "c" in touched(book)

    def test_when_all_steps_have_ended_so_does_the_scope(self) -> None:
        book = begun(a=Step("tool"))
        touched(book)
        finish(book, "a")
        assert touched(book) == [""]

    def test_what_can_be_taken_back_is_remembered_in_order(self) -> None:
        undo = Undo("tool")
        book = begun(a=Step("tool", undo=undo), b=Step("tool", undo=undo), c=Step("tool"))
        for name in "bca":
            finish(book, name)
        assert [node.path for node in book.run.undos] == ["b", "a"]


class TestFailing:
    def test_a_failure_ends_what_has_not_begun_and_names_its_cause(self) -> None:
        book = begun(a=Step("tool"), b=Step("tool", after=("a",)), c=Step("tool"))
        book.start("a")
        book.start("c")
        book.fail("a")
        assert book.states() == {"a": r.FAILED, "b": r.DROPPED, "c": r.RUNNING}
        assert book.node("b").message == "not needed any more"
        assert book.run.root is not None
        assert book.run.root.cause is book.node("a")

    def test_what_runs_is_left_to_be_stopped(self) -> None:
        book = begun(a=Step("tool"), c=Step("tool"))
        book.start("a")
        book.start("c")
        touched(book)
        book.fail("a")
        assert "c" in touched(book)
        assert is_closing(book.node("c"))

    def test_is_tolerated_where_everything_that_uses_the_step_can_do_without(self) -> None:
        book = begun(a=Step("tool"), b=Step("tool"), c=Step("tool", after=("a", "b"), join="first"))
        assert book.run.root is not None
        assert tolerated(book.run.root, book.node("a"))
        assert not tolerated(book.run.root, book.node("c"))
        book.start("a")
        book.fail("a")
        assert (book.node("b").state, book.node("c").state) == (r.PENDING, r.PENDING)

    def test_is_tolerated_of_what_may_fail_and_skips_what_needs_it(self) -> None:
        needs = Step("tool", {"x": "${steps.a}"})
        asks = Step("tool", {"x": "${errors.a}"})
        shown = Logbook(plan(result="${steps.a}", a=Step("tool", may_fail=True), b=needs, c=asks))
        shown.claim()
        touched(shown)
        shown.start("a")
        shown.fail("a")
        assert shown.run.root is not None
        assert not shown.run.root.closing
        assert touched(shown) == ["b", "c"]
        assert [shown.node("a").is_skipped, is_tolerated(shown.node("a"))] == [True, True]

    def test_is_tolerated_though_somebody_asks_why(self) -> None:
        join = Step("tool", after=("a", "b"), join="first")
        asks = Step("tool", {"x": "${errors.a}"})
        book = begun(a=Step("tool"), b=Step("tool"), c=join, d=asks)
        assert book.run.root is not None
        assert tolerated(book.run.root, book.node("a"))

    def test_is_not_tolerated_where_somebody_only_asks_why(self) -> None:
        book = begun(a=Step("tool"), b=Step("tool", {"x": "${errors.a}"}))
        assert book.run.root is not None
        assert not tolerated(book.run.root, book.node("a"))

    def test_is_not_tolerated_where_the_result_uses_the_step(self) -> None:
        join = Step("tool", after=("a", "b"), join="first")
        book = Logbook(plan(result="${steps.a}", a=Step("tool"), b=Step("tool"), c=join))
        assert book.run.root is not None
        assert not tolerated(book.run.root, book.node("a"))


class TestItems:
    def opened(self, limit: int) -> Logbook:
        book = begun(a=Step("tool", each="[1, 2, 3]", limit=limit))
        book.spread("a", 3)
        touched(book)
        return book

    def test_the_next_item_is_looked_at_when_one_has_ended(self) -> None:
        book = self.opened(limit=1)
        finish(book, "a.0")
        assert "a.1" in touched(book)

    def test_the_list_has_ended_with_its_last_item(self) -> None:
        book = self.opened(limit=3)
        for item in (2, 0, 1):
            assert book.node("a").state == r.OPEN
            finish(book, f"a.{item}")
        assert book.node("a").state == r.DONE

    def test_an_item_that_may_fail_ends_nothing_but_itself(self) -> None:
        book = begun(a=Step("tool", each="[1, 2]", may_fail=True))
        book.spread("a", 2)
        book.start("a.0")
        book.fail("a.0")
        assert book.node("a").state == r.OPEN
        finish(book, "a.1")
        assert (book.node("a").state, book.node("a").code) == (r.DONE, "")

    def test_an_item_that_fails_ends_the_list_with_its_code(self) -> None:
        book = self.opened(limit=1)
        book.start("a.0")
        book.fail("a.0", code="broken")
        assert (book.node("a").state, book.node("a").code) == (r.FAILED, "broken")
        assert book.node("a.2").state == r.DROPPED


class TestClosing:
    def test_a_compensation_is_always_needed(self) -> None:
        book = begun(a=Step("tool", undo=Undo("tool")), b=Step("tool"))
        finish(book, "a")
        book.start("b")
        book.fail("b")
        assert is_closing(book.node("b"))
        (effect,) = book.run.undos
        assert effect.path == "a"

    @pytest.mark.parametrize(("closes", "state"), [(True, r.DROPPED), (False, r.RUNNING)])
    def test_what_is_known_not_to_have_happened_ends_only_if_nobody_needs_it(
        self, closes: bool, state: str
    ) -> None:
        book = begun(a=Step("tool"), b=Step("tool"))
        book.start("a")
        assert book.run.root is not None
        if closes:
            close(book.run, book.run.root, book.now)
        drop_if_closing(book.run, book.node("a"), book.now)
        assert book.node("a").state == state

    def test_twice_is_once(self) -> None:
        book = begun(a=Step("tool"), b=Step("tool"))
        assert book.run.root is not None
        close(book.run, book.run.root, book.now)
        ended = book.states()
        close(book.run, book.run.root, book.now + 1)
        assert book.states() == ended == {"a": r.DROPPED, "b": r.DROPPED}
        assert book.run.root.open_nodes == 0
