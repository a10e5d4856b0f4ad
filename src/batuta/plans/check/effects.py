"""What a plan does to the world: what stays when it fails, what is done for nothing, what nobody has to be granted.

B136  an effect without a scope                  B143  a use that fails if the step was skipped
B137  an effect that stays when a later one fails  B146  a question asked again without a pause
B142  a write that may lose a join               B147  rounds in which nothing changes
"""

from collections.abc import Iterable

from batuta.plans.check.seen import Link, Seen, Walk
from batuta.plans.graph import users_of
from batuta.spec.card import Card

__all__ = ["check_effects"]

# What is another thing in each round.
_OF_ROUNDS = frozenset({"index", "previous", "rounds"})
# So many rounds without a pause are polling, not trying again.
_ROUNDS_MIN = 10


def check_effects(walk: Walk) -> None:
    """Warn of effects. The plan has no flaws in its names, and no circles."""
    scoped: set[str] = set()
    writes: list[Seen] = []
    unsure = False
    for seen in walk.steps.values():
        step, card = seen.step, seen.card
        assert step is not None
        if card is None:
            continue
        if card.effect != "pure" and card.declared and card.name not in scoped:
            scoped.add(card.name)
            _check_scope(walk, seen, card)
        if card.effect == "write":
            writes.append(seen)
        if step.join != "all":
            _check_join(walk, seen)
        if step.repeat is not None:
            _check_rounds(walk, seen, card)
        unsure = unsure or step.when is not None or step.may_fail
    if len(writes) > 1:
        _check_chain(walk, writes)
    if unsure:
        for link in _blind(walk.result.links, walk.often_skipped):
            _tell_blind(walk, link, "may have been skipped")
    if walk.asked_steps:
        _check_errors(walk)


def _check_scope(walk: Walk, seen: Seen, card: Card) -> None:
    if card.scopes:
        return
    if card.reach == "irreversible":
        why = "does what cannot be taken back"
    elif card.metered and card.effect in ("write", "idempotent"):
        why = "costs money and changes the world"
    else:
        return
    walk.flaws.at(
        "B136",
        f"{card.name!r} {why}, and names no scope that a caller must be granted",
        (*seen.path, "use"),
        "declare scopes where it is defined: scopes: [payments]",
    )


def _check_chain(walk: Walk, writes: list[Seen]) -> None:
    """A write without `undo` in front of another effect: if that fails, the first one stays."""
    users = users_of(walk.deps)
    for seen in writes:
        step, card = seen.step, seen.card
        assert step is not None and card is not None
        if step.undo is None and card.declared and card.reach == "egress":
            later = _later_effect(walk, seen.name, users)
            if later is not None:
                walk.flaws.key(
                    "B137",
                    f"if {later!r} fails, what {seen.name!r} has done stays: nothing takes it back",
                    seen.path,
                    f"add `undo: {{use: …}}` to {seen.name!r}, or do it after {later!r}",
                )
        if walk.flaws.tired:
            return


def _later_effect(walk: Walk, name: str, users: dict[str, list[str]]) -> str | None:
    pending, met = [*users[name]], {name}
    for user in pending:  # grows while it is walked through
        if user in met:
            continue
        met.add(user)
        step, card = walk.steps[user].step, walk.steps[user].card
        assert step is not None
        if card is not None and card.declared and not step.may_fail:
            if card.effect == "write" or card.reach == "irreversible":
                return user
        pending += users[user]
    return None


def _check_join(walk: Walk, seen: Seen) -> None:
    step = seen.step
    assert step is not None
    joined = seen.joined
    if step.quorum >= len(joined):
        return
    for name in joined:
        card = walk.steps[name].card
        if card is not None and card.declared and card.effect == "write":
            walk.flaws.at(
                "B142",
                f"{seen.name!r} does not wait for {name!r} if others are first, "
                f"and {card.name!r} writes: it may happen all the same",
                (*seen.path, "join"),
                "let only reads race, or wait for all: join: all",
            )
            return
    for link in _blind(seen.links, seen.deps):
        _tell_blind(walk, link, "may not be among the first")
        return


def _blind(links: Iterable[Link], names: Iterable[str]) -> list[Link]:
    """Uses that need a value of one of `names` and do not ask whether it is there."""
    wanted = frozenset(names)
    return [
        link
        for link in links
        if link.form != "whole"
        and link.root == "steps"
        and not link.optional
        and str(link.path[0]) in wanted
    ]


def _tell_blind(walk: Walk, link: Link, why: str) -> None:
    step = link.path[0]
    walk.flaws.inside(
        "B143",
        f"{step!r} {why}; then it is null, and this fails",
        link.where,
        (link.words, link.at),
        f"ask first: steps.{step} != null ? {link} : …",
    )


def _check_errors(walk: Walk) -> None:
    """Texts with an error in them that need not be there."""
    for seen in walk.everything:
        when = (*seen.path, "when")
        asked = {
            link.path[0] for link in seen.links if link.where == when and link.root == "errors"
        }
        for link in seen.links:
            if link.root == "errors" and link.form == "text" and link.path[0] not in asked:
                walk.flaws.inside(
                    "B143",
                    f"if {link.path[0]!r} has not failed, this is null, and fails",
                    link.where,
                    (link.words, link.at),
                    f"ask first: when: errors.{link.path[0]} != null",
                )


def _check_rounds(walk: Walk, seen: Seen, card: Card) -> None:
    step = seen.step
    assert step is not None and step.repeat is not None
    if step.repeat.until in ("true", "false"):
        return
    until = (*seen.path, "repeat", "until")
    asked = {_subject(link) for link in seen.links if link.where == until}
    given = {_subject(link) for link in seen.links if link.where[2] == "with"}
    changes = bool(given & _OF_ROUNDS)
    if not asked & {*_OF_ROUNDS, seen.name}:
        walk.flaws.at(
            "B147",
            "nothing in this changes from round to round: it is true at once, or never",
            until,
            f"look at the value of the round: steps.{seen.name}, previous or rounds",
        )
    elif card.effect == "pure" and not changes and "index" not in asked:
        walk.flaws.at(
            "B147",
            f"{card.name!r} is pure and gets the same arguments in every round, so its value is the same",
            until,
            "give it `previous`, `rounds` or `index`, or take `repeat` out",
        )
    elif (
        card.effect == "read"
        and not (card.waits or changes or step.repeat.wait_s)
        and step.repeat.at_most >= _ROUNDS_MIN
    ):
        walk.flaws.key(
            "B146",
            f"{card.name!r} is asked the same up to {step.repeat.at_most:,} times without a pause",
            (*seen.path, "repeat"),
            "add `wait`: repeat: {until: …, at_most: …, wait: 5s}",
        )


def _subject(link: Link) -> str:
    return str(link.path[0]) if link.root == "steps" else link.root
