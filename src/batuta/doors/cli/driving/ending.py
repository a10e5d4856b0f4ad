"""What is said of a run when nobody drives it any more: its result, its questions, or what went wrong."""

import shlex
from collections.abc import Collection
from typing import Any, cast

from batuta.doors.cli.terminal.schema_text import example
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.table import Span
from batuta.doors.cli.terminal.text import escaped, json_text, one_line
from batuta.spec.figures import plural

__all__ = ["ended_lines", "finish", "question_lines", "result_text"]

_SHOWN_LINES_MAX = 24
_REMEDIES = {
    "denied": "`policy` and `network` in batuta.yaml decide that",
    "timeout": "give the step a longer `timeout`, or a `retry`",
    "budget": "raise the `budget` of the step, the plan or the workspace",
    "expired": "give the question a longer `expires`, or a default",
}

Line = list[Span]


def finish(
    document: dict[str, Any], screen: Screen, where: str, known: Collection[str] = ()
) -> None:
    """Print the document, or its essence: the result on standard output, everything else beside it.

    `where`: how the workspace was named on the command line, so that printed commands can be copied. `known`: steps
    whose questions were open before; they are only named.
    """
    if screen.json:
        screen.document(document)
        return
    lines = ended_lines(document, where, known)
    if lines:
        screen.say(*lines)
    text = result_text(document, safe=screen.out_is_terminal)
    if text:
        screen.out(text)


def result_text(document: dict[str, Any], *, safe: bool) -> str:
    """The result of a run that succeeded; a text as it is, anything else as JSON. `safe`: for a terminal."""
    result = document["result"]
    if document["status"] != "succeeded" or result is None:
        return ""
    text = result if isinstance(result, str) else json_text(result, indent=2)
    return escaped(text) if safe else text


def ended_lines(document: dict[str, Any], where: str, known: Collection[str] = ()) -> list[Line]:
    """Why the run failed or was cancelled, or what it asks and how that is answered; `known` as in `finish`."""
    run, status = document["run"], document["status"]
    error = document["error"]
    if error and status != "succeeded":
        return [*_error_lines(run, status, error, where), *_not_again(document)]
    waiting = document["waiting"]
    if not waiting:
        return []
    lines: list[Line] = [[], [Span(f"{run} waits for {plural(len(waiting), 'answer')}", "bold")]]
    new = [one for one in waiting if one["step"] not in known]
    for question in new[:_SHOWN_LINES_MAX]:
        lines += [[], *question_lines(run, question, where)]
    old = [one for one in waiting if one["step"] in known]
    lines += [[]] if old else []
    lines += [_asking(one) for one in old[:_SHOWN_LINES_MAX]]
    more = sum(max(len(some) - _SHOWN_LINES_MAX, 0) for some in (new, old))
    if more or old:
        how = f"… and {more:,} more" if more else "how to answer them"
        lines += [[Span(f"{how}: batuta show {run}{where}", "dim")]]
    return [*lines, []]


def question_lines(run: str, question: dict[str, Any], where: str) -> list[Line]:
    """One open question: who is asked what, what to look at, and the commands that answer it."""
    lines: list[Line] = [_asking(question)]
    lines += [[Span("    " + line, "dim")] for line in _shown(question.get("show"))]
    return lines + [[Span("    " + command)] for command in _commands(run, question, where)]


def _asking(question: dict[str, Any]) -> Line:
    step = question["step"]
    who = ", ".join(question.get("who") or ())
    to = f" ({one_line(who, 60)})" if who else ""
    asks = f"{one_line(step)} asks{to}: " if step else "the engine asks: "
    return [Span("? ", "ask"), Span(asks, "bold"), Span(one_line(str(question["question"]), 1_000))]


def _error_lines(run: str, status: str, error: dict[str, Any], where: str) -> list[Line]:
    path, code = error.get("path") or "", error.get("code") or ""
    message = one_line(error.get("message") or "", 2_000)
    if status == "cancelled":
        said = message if message.startswith("cancelled") else f"cancelled: {message}"
        return [[Span(said)]]
    place = error.get("place")
    at = f" ({escaped(place['file'])}:{place['line']}:{place['column']})" if place else ""
    head = [Span(f"{status}", "bad"), Span(f" at {one_line(path)}{at}" if path else "", "bold")]
    lines: list[Line] = [[*head, Span(f": {one_line(code)}: {message}")]]
    return [*lines, [Span(f"  → {remedy_for(run, code, where)}", "dim")]]


def remedy_for(run: str, code: str, where: str) -> str:
    """What to do about a failure of kind `code`."""
    shows = f"`batuta show {run}{where}` has the steps, their inputs and outputs"
    return f"{_REMEDIES[code]}; {shows}" if code in _REMEDIES else shows


def _not_again(document: dict[str, Any]) -> list[Line]:
    """Why the rest was not planned again, where that was looked at."""
    again = document.get("replanned") or {"by": "", "why": ""}
    why = "" if again["by"] else again["why"]
    return [[Span(f"  nothing goes on: {one_line(why, 600)}", "dim")]] if why else []


def _shown(show: Any) -> list[str]:
    """What the question shows, in few lines: a line per key of a map that says something, JSON otherwise."""
    if show is None:
        return []
    if isinstance(show, str):
        lines = [escaped(line) for line in show.splitlines()]
    elif isinstance(show, dict):
        items = cast("dict[str, Any]", show).items()
        said = ((key, value) for key, value in items if value not in (None, "", [], {}))
        lines = [f"{one_line(str(key), 40)}: {_short(value)}" for key, value in said]
    else:
        lines = escaped(json_text(show, indent=2)).splitlines()
    more = len(lines) - _SHOWN_LINES_MAX
    return [*lines[:_SHOWN_LINES_MAX], f"… {more:,} more lines"] if more > 0 else lines


def _short(value: Any) -> str:
    return one_line(value if isinstance(value, str) else json_text(value), 400)


def _commands(run: str, question: dict[str, Any], where: str) -> list[str]:
    if question["kind"] == "drift":
        return [f"batuta resume {run} --accept{where}", f"batuta cancel {run}{where}"]
    begin = f"batuta answer {run} {shlex.quote(question['step'])}"
    if question["kind"] == "resolve":
        ways = ["--resolve done --value JSON", "--resolve retry", "--resolve fail"]
    elif _yes_or_no(question.get("schema") or {}):
        ways = ["--approve", "--reject"]
    else:
        ways = [f"--value {shlex.quote(json_text(one))}" for one in _examples(question["schema"])]
    return [f"{begin} {way}{where}" for way in ways]


def _yes_or_no(schema: dict[str, Any]) -> bool:
    properties = schema.get("properties", {})
    return not schema or (
        isinstance(properties, dict) and "approved" in properties and schema.get("type") == "object"
    )


def _examples(schema: dict[str, Any]) -> list[Any]:
    """Answers of the right shape: every choice, or one example to fill in."""
    choices = schema.get("enum")
    if isinstance(choices, list) and choices:
        return cast("list[Any]", choices)[:8]
    return [example(schema)]
