"""What is said when a run waits: each question once, with what there is to see."""

from typing import Any

from batuta.doors.cli.driving.ending import ended_lines, question_lines


def asking(step: str, **more: Any) -> dict[str, Any]:
    return {"step": step, "kind": "answer", "question": f"{step}?", "schema": {}, **more}


def text(lines: list[Any]) -> list[str]:
    return ["".join(span.text for span in line) for line in lines]


def waiting(*questions: dict[str, Any]) -> dict[str, Any]:
    return {"run": "r1", "status": "waiting", "error": None, "waiting": list(questions)}


def test_a_question_that_was_open_before_is_only_named() -> None:
    said = text(ended_lines(waiting(asking("a"), asking("b")), "", known={"a"}))
    assert said == [
        "",
        "r1 waits for 2 answers",
        "",
        "? b asks: b?",
        "    batuta answer r1 b --approve",
        "    batuta answer r1 b --reject",
        "",
        "? a asks: a?",
        "how to answer them: batuta show r1",
        "",
    ]


def test_what_is_empty_is_not_shown() -> None:
    shown = asking("a", show={"why": "broken", "note": "", "tags": [], "cents": 0})
    assert text(question_lines("r1", shown, ""))[1:3] == ["    why: broken", "    cents: 0"]
