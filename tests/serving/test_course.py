"""What a turn goes on with."""

from batuta.serving.course import Course, Turn, course_of, marked, needs_mark, run_mark, yes_mark

APPROVAL = "0" * 32


def _turns(*texts: str) -> list[Turn]:
    """A user begins, and they take turns."""
    return [Turn("assistant" if at % 2 else "user", text) for at, text in enumerate(texts)]


def test_a_turn_alone_is_a_request() -> None:
    assert course_of(_turns("pay the bill")) == Course("pay the bill", {})
    assert course_of(_turns("hello", "good morning", "pay the bill")) == Course("pay the bill", {})


def test_what_was_given_since_belongs_to_the_request() -> None:
    turns = _turns(
        "pay the bill",
        f"pay needs bill.\n\n{needs_mark('bill')}",
        "17",
        f"pay needs cents.\n\n{needs_mark('cents')}",
        "many",
        f"That is none.\n\n{needs_mark('cents')}",
        "500",
    )
    assert course_of(turns) == Course("pay the bill", {"bill": "17", "cents": "500"}, needs="cents")
    mark = yes_mark(APPROVAL)
    assert mark != yes_mark(APPROVAL), "another proposal, and a yes of its own"
    turns += _turns("-", f"Shall it run?\n\n{mark}", "yes")[1:]
    given = {"bill": "17", "cents": "500"}
    assert course_of(turns) == Course("pay the bill", given, yes=APPROVAL, once=mark[-17:-1])
    turns[-2] = Turn("assistant", f"Shall it run?\n\n(batuta: yes {APPROVAL})")
    assert course_of(turns) == Course("pay the bill", given, yes=APPROVAL)


def test_a_run_is_no_part_of_what_is_asked_for_behind_it() -> None:
    turns = _turns("pay", run_mark("r12345678"), "yes", f"x {needs_mark('cents')}", "5")
    assert course_of(turns) == Course("yes", {"cents": "5"}, needs="cents")
    assert marked(turns[:3], "run") == "r12345678"


def test_a_mark_counts_at_the_end_of_a_reply_only() -> None:
    assert course_of(_turns("pay", f"{needs_mark('cents')} or not", "5")) == Course("5", {})
    assert course_of(_turns(needs_mark("cents"), "what?", "5")) == Course("5", {})
    assert course_of([Turn("assistant", needs_mark("cents")), Turn("user", "5")]) == Course("5", {})
    assert marked([], "run") == ""
