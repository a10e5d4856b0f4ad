"""The picture of a run: what became of every step, and the timeline below."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from batuta import App, capability
from batuta.plans.build import plan_from_yaml
from batuta.plans.draw import run_svg
from batuta.plans.draw.of_run import picture_of_run
from batuta.plans.draw.tracks import tracks_of
from batuta.spec.card import Card
from batuta.spec.critical import critical_path
from batuta.spec.facts import Doubted, Dropped
from batuta.spec.fold import fold
from batuta.spec.plan import Repeat, Retry, Step, Undo
from batuta.spec.timeline import timeline
from tests.plans.draw.test_svg import HOSTILE, SVG, groups, outside
from tests.spec.logbook import failed, plan, waited
from tests.spec.test_timeline import Clocked


def story() -> Clocked:
    """Every state a step can be in."""
    book = Clocked(
        plan(
            done=Step("tool", undo=Undo("back")),
            many=Step("tool", each="[1]"),
            rounds=Step("tool", repeat=Repeat("false", 5, 1.0)),
            again=Step("tool", retry=Retry(3)),
            asked=Step("tool"),
            unsure=Step("mail"),
            skipped=Step("tool", when="false"),
            under_way=Step("tool"),
            pending=Step("tool", {"x": "${steps.under_way}"}),
        )
    )
    book.claim()
    book.at(1).start("done")
    book.at(2).finish("done", cost=2_000_000)
    book.spread("many", 3)
    for item in range(3):
        book.start(f"many.{item}")
    book.at(3).finish("many.0")
    book.spread("rounds", 1)
    book.start("rounds~0")
    book.at(4).finish("rounds~0")
    book.start("again")
    book.at(5).add(failed("again", code="timeout", message="slow", retry_at=1_020.0))
    book.at(6).add(waited("asked", 0, "approval"))
    book.start("unsure", capability="mail", effect="write")
    book.at(7).add(Doubted(at=0, path="unsure", attempt=1, why="gone", resolve="ask"))
    book.skip("skipped")
    book.start("under_way")
    return book


def drawn(book: Clocked, now: float = 1_010.0, cards: dict[str, Card] | None = None) -> str:
    return run_svg(book.run, timeline(book.facts), now, cards)


def words(document: str) -> set[str]:
    return {text.text or "" for text in ET.fromstring(document).iter(f"{SVG}text")}


def test_every_state_is_said_in_words_and_explained() -> None:
    document = drawn(story())
    assert all(book_word in words(document) for book_word in (
        "done", "running", "retrying", "waiting", "in doubt", "skipped", "pending",
    ))  # fmt: skip
    assert {"each 1 of 3", "1 round", "$0.002 · 1.0 s", "Timeline", "a person is asked"} <= words(
        document
    )
    assert outside(document) == []


def test_boxes_and_rows_are_read_aloud() -> None:
    labels = [group.get("aria-label") or "" for group in groups(ET.fromstring(drawn(story())))]
    assert "done: done; called tool, which reads; 1.0 s; cost $0.002." in labels
    assert any(label.startswith("many: 8.0 s, ×3") for label in labels)


def test_what_a_card_says_of_the_world_counts() -> None:
    cards = {"tool": Card("tool", effect="write", reach="irreversible")}
    assert "cannot be undone" in words(drawn(story(), cards=cards))
    assert "cannot be undone" not in words(drawn(story()))


def test_a_run_is_painted_alike_every_time_and_anew_from_its_log() -> None:
    book = story()
    again = fold(book.facts, book.shapes.__getitem__)
    lines = timeline(book.facts)
    assert run_svg(again, lines, 1_010.0) == drawn(book)


def test_a_failed_run_says_what_failed() -> None:
    book = Clocked(plan(pay=Step("tool"), tell=Step("tool", {"x": "${steps.pay}"})))
    book.claim()
    book.at(1).start("pay")
    book.at(2).add(failed("pay", code="denied", message="no money left"))
    book.at(2).add(Dropped(at=0, path="tell", attempt=0, why="not needed any more"))
    book.end("failed")
    document = drawn(book)
    assert {"1.0 s · failed", "cancelled", "failed"} <= words(document)
    assert (
        "pay: failed; called tool, which reads; 1.0 s; no money left; on the critical path."
        in document
    )


def test_a_failure_that_the_run_survives_is_told_from_one_that_ends_it() -> None:
    needs = Step("tool", {"x": "${steps.news}"})
    asks = Step("tool", {"x": "${errors.news}"})
    book = Clocked(plan(news=Step("tool", may_fail=True), told=needs, sorry=asks))
    book.claim()
    assert "may fail" in words(drawn(book))
    book.at(1).start("news")
    book.at(2).add(failed("news", code="gone", message="no news"))
    book.at(2).skip("told")
    document = drawn(book)
    assert {"1.0 s · failed, run goes on", "skipped", "data if there is any"} <= words(document)
    assert "may fail" not in words(document)
    assert outside(document) == []


def test_what_was_undone_is_taken_back_and_not_done() -> None:
    book = Clocked(plan(pay=Step("tool", undo=Undo("back")), boom=Step("tool", after=("pay",))))
    book.claim()
    book.start("pay")
    book.at(2).finish("pay")
    book.start("boom")
    book.at(3).fail("boom")
    book.at(4).start("pay/undo")
    assert "taken back" not in words(drawn(book))
    book.at(6).finish("pay/undo")
    assert {"taken back", "failed"} <= words(drawn(book))
    assert "can be undone" not in words(drawn(book))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_messages_of_strangers_are_inert_and_bounded(text: str) -> None:
    book = Clocked(plan(pay=Step("tool")))
    book.claim()
    book.at(1).start("pay", capability=text[:1_000])
    book.at(2).add(failed("pay", code="no", message=text))
    document = drawn(book)
    ET.fromstring(document)
    document.encode("utf-8")
    assert len(document) < 40_000
    assert "<script" not in document


def test_ten_thousand_items_are_one_row_of_bounded_size() -> None:
    book = Clocked(plan(many=Step("tool", each="[1]", at_most=10_000)))
    book.claim()
    book.at(0).spread("many", 10_000)
    for item in range(10_000):
        book.at(item * 0.01).start(f"many.{item}")
        book.at(item * 0.01 + 0.05).finish(f"many.{item}")
    book.end()
    document = drawn(book)
    assert len(document) < 60_000
    assert "×10,000 · 1 min 40 s" in words(document)


def test_a_step_of_a_plan_inside_a_step_stands_below_it() -> None:
    book = Clocked(plan(think=Step("tool"), end=Step("tool", {"x": "${steps.think}"})))
    book.claim()
    book.at(1).start("think")
    book.at(2).expand("think", plan(look=Step("tool")))
    book.at(3).start("think/1/look")
    book.at(4).finish("think/1/look")
    lines = timeline(book.facts)
    legs = critical_path(book.run, lines, 1_005.0)
    rows, more = tracks_of(book.run, lines, legs, 10)
    assert ([(row.label, row.depth) for row in rows], more) == ([("think", 0), ("look", 1)], 0)
    assert tracks_of(book.run, lines, legs, 1)[1] == 1


def test_a_run_that_has_no_plan_yet_is_a_document_too() -> None:
    book = story()
    run = fold(book.facts[:1], book.shapes.__getitem__)
    assert "it has no plan yet" in run_svg(run, timeline(book.facts[:1]), 1_000.0)


async def test_what_carries_out_a_plan_does_what_the_plan_does(tmp_path: Path) -> None:
    @capability(effect="write", reach="local")
    def pay(cents: int) -> int:
        return cents

    inner = "name: settle\nsteps: {look: {use: value, with: {value: 1}}, pay: {use: pay, with: {cents: 1}}}"
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "settle.yaml").write_text(inner)
    outer = plan_from_yaml("name: all\nsteps: {one: {use: plan.settle}}").plan
    async with await App.open(tmp_path, functions=[pay]) as app:
        document = await app.run(outer, {})
        rows = await app.engine.journal.read(document["run"])
        run = await app.engine.read(document["run"])
    lines = timeline([row.fact for row in rows])
    (box,) = picture_of_run(
        run, lines, critical_path(run, lines, run.updated_at), run.updated_at, app.cards
    ).boxes
    assert box.effect == "write"
