"""An example of each pattern: the plans that its function gives, with words on their steps, and what to ask of them."""

from collections.abc import Callable, Mapping

import msgspec

from batuta.patterns.cascade import cascade
from batuta.patterns.critic_loop import critic_loop, critic_round
from batuta.patterns.debate import debate, debate_round
from batuta.patterns.hand_off import hand_off
from batuta.patterns.manager import manager, manager_round
from batuta.patterns.map_reduce import map_reduce
from batuta.patterns.members import Member
from batuta.patterns.panel import judged_panel, panel
from batuta.patterns.verify import Check, Critic
from batuta.spec.plan import Plan

__all__ = ["PATTERNS", "Pattern"]

Inputs = Mapping[str, str]


class Pattern(msgspec.Struct, frozen=True):
    """One pattern.

    Attributes:
        says: what it does, in a line.
        plans: makes the plans: the one to run, and then those that it calls.
        comments: of steps, by their names.
        inputs: an example, as `--input` takes them.
        judge: a capability of the kind `judge` that the plans call, with its rubric, as `capabilities:` takes it.
    """

    says: str
    plans: Callable[[], tuple[Plan, ...]]
    comments: Mapping[str, str]
    inputs: Inputs
    judge: Mapping[str, str] = {}


_JUDGE = {"kind": "judge", "model": "strong", "rubric": "It is right, and says why."}
# Three that do not think alike, though two of them are the same model.
_JURY = (
    Member("fast", name="reader", role="one who takes words as they stand"),
    Member("fast", name="sceptic", role="one who asks what speaks against it"),
    Member("strong", name="expert"),
)


def _critic_loop() -> tuple[Plan, ...]:
    round_ = critic_round("fast", Critic("strong"))
    return critic_loop(round_), round_


def _debate() -> tuple[Plan, ...]:
    round_ = debate_round(_JURY, labels=["yes", "no"])
    return debate(round_), round_


def _manager() -> tuple[Plan, ...]:
    workers = (
        Member("fast", name="reader", role="one who reads closely, and quotes"),
        Member("fast", name="reckoner", role="one who calculates step by step"),
    )
    round_ = manager_round("strong", workers)
    return manager(round_, "strong"), round_


def _hand_off() -> tuple[Plan, ...]:
    specialists = (
        Member(
            "fast",
            name="clerk",
            role="the clerk, who answers what the opening hours answer: 9 to 5",
        ),
        Member("fast", name="billing", role="the one for invoices and refunds"),
        Member("strong", name="lead", role="the lead, who answers everything else"),
    )
    return (hand_off(specialists),)


PATTERNS: Mapping[str, Pattern] = {
    "panel": Pattern(
        "several answer, and more than half of them decide; who is not needed is not asked",
        lambda: (panel(_JURY, labels=["yes", "no"]),),
        {
            "reader": "As many as can decide it are asked at once. Who fails abstains.",
            "count_2": "Is it decided, whatever the others would say?",
            "expert": "Only while it is open.",
            "anybody": "If nobody has answered, the run fails: the join asks for one.",
            "vote": "More than half of those who answered; with less, the winner is null.",
        },
        {"task": "Is a whale a fish?"},
    ),
    "judged-panel": Pattern(
        "several answer, and a judge picks the best",
        lambda: (judged_panel(_JURY, "quality"),),
        {
            "reader": "All of them at once. Who fails has no candidate.",
            "answers": "One for each, null for who failed, so that places stay what they are.",
            "verdict": "The judge is asked once for each order of the answers, so that none is favoured.",
        },
        {"task": "Why is the sky blue? In one sentence."},
        _JUDGE,
    ),
    "debate": Pattern(
        "several answer in rounds, each knowing what the others said, until they agree",
        _debate,
        {
            "round": "Until all agree, or for so many rounds (at_most; until counts from 0).",
            "reader": "Everybody sees what all said last, as data. Who fails abstains for a round.",
            "count": "Have they all said the same? If not at the end, more than half of them decide.",
        },
        {"task": "Is a tomato a fruit?"},
    ),
    "manager": Pattern(
        "a manager keeps a ledger and gives tasks to workers, until it is done or nothing moves",
        _manager,
        {
            "round": "Until it has ended, or for so many rounds (at_most; until counts from 0).",
            "closing": "Only if it was not done: an answer from what there is.",
            "ledger": "The manager sees all rounds, and writes down facts, what is open, and tasks.",
            "reader": "One step for each worker: data never says what is called.",
            "state": "Rounds in a row in which nothing moved, and how often the plan was dropped.",
        },
        {"task": "A train leaves at 9:40 and takes 95 minutes. When does it arrive?"},
    ),
    "hand-off": Pattern(
        "specialists one after the other: each finishes, or hands on with a note",
        _hand_off,
        {
            "clerk": "Who fails hands on without a note.",
            "billing": "Only if nobody before has finished. The notes are data to whoever reads them.",
            "lead": "There is nobody left: the last one answers.",
        },
        {"task": "I was charged twice for invoice 1042."},
    ),
    "map-reduce": Pattern(
        "every part of a long text is read, and the notes are put together a few at a time",
        lambda: (map_reduce(Member("fast", retry=2), Member("strong", retry=2), at_most=16, together=4),),
        {
            "read": "Every part by itself, a few at once (limit). What cannot be read is left out, and seen to be.",
            "notes": "Each note gets its place, and the number of its part.",
            "write_1": "So many notes become one text, which names the parts it rests on.",
            "notes_1": "What it names as a part is dropped unless it is one of its own.",
            "write_2": "Only if the first texts were several.",
        },
        {"task": "What went wrong?", "parts": '["On Monday it rained.", "On Tuesday the roof fell in."]'},
    ),
    "critic-loop": Pattern(
        "a draft is looked at and written anew, until it passes; else the best one is kept",
        _critic_loop,
        {
            "round": "Until it passes, or for so many rounds (at_most; until counts from 0).",
            "draft": "The draft before, and what is wrong with it, are data to the writer.",
            "check": "Or a check without a model: use: check, with a schema, a pattern or conditions.",
        },
        {"task": "Explain a mortgage to a child, in three sentences."},
    ),
    "cascade": Pattern(
        "the cheap model first; what does not pass goes to the dear one",
        lambda: (
            cascade(["fast", "strong"], Check({"matches": "^[0-9]+$"})),
        ),
        {
            "fast": "Who fails has not passed.",
            "fast_check": "Costs nothing. `that:` takes conditions, `schema:` a JSON Schema.",
            "strong": "Only if nobody before has passed.",
        },
        {"task": "How many days has a leap year? Answer with the number alone."},
    ),
}  # fmt: skip
